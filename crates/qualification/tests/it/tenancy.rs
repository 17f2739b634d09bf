//! What belongs to another tenant is answered exactly like what is not there at all.

use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use tonic::{Code, Status};

use crate::harness::{World, accept, assign, assigned, by_name, reject, request_id, told};

const NOBODYS: &str = "0190aaaa-0000-7000-8000-000000000000";

/// Every way to name a lead or a handoff, as `users/eve` of sales of another tenant.
async fn ask(world: &World, lead: &str, handoff: &str) -> Vec<Status> {
    let mut client = world.caller(Caller::user("other", "eve", Side::Sales));
    let activity = pb::RecordActivityRequest {
        request_id: request_id(),
        lead: by_name(lead),
        r#type: "VISIT".into(),
        ..pb::RecordActivityRequest::default()
    };
    let contact = pb::RecordContactRequest {
        request_id: request_id(),
        lead: by_name(lead),
        outcome: pb::ContactOutcome::Attempted.into(),
        direction: pb::ContactDirection::Outbound.into(),
        human: true,
        medium: "PHONE".into(),
        ..pb::RecordContactRequest::default()
    };
    let outcome = pb::RecordOutcomeRequest {
        request_id: request_id(),
        lead: by_name(lead),
        outcome: pb::Outcome::Won.into(),
        ..pb::RecordOutcomeRequest::default()
    };
    vec![
        client.get_lead(pb::GetLeadRequest { lead: by_name(lead) }).await.expect_err("get"),
        client.record_activity(activity).await.expect_err("activity"),
        client.record_contact(contact).await.expect_err("contact"),
        client.record_outcome(outcome).await.expect_err("outcome"),
        crate::harness::qualify(&mut client, lead).await.expect_err("qualify"),
        client.get_handoff(pb::GetHandoffRequest { name: handoff.into() }).await.expect_err("get"),
        assign(&mut client, handoff, "users/eve").await.expect_err("assign"),
        accept(&mut client, handoff).await.expect_err("accept"),
        reject(&mut client, handoff, "WRONG_SIZE").await.expect_err("reject"),
    ]
}

#[tokio::test]
async fn a_foreign_tenants_record_answers_like_a_random_id() {
    let world = World::new().await;
    world.create_tenant("other").await;
    let (lead, handoff) = assigned(&world, "ada").await;
    let foreign = ask(&world, &lead, &handoff.name).await;
    let random = ask(&world, &format!("leads/{NOBODYS}"), &format!("handoffs/{NOBODYS}")).await;
    for (foreign, random) in foreign.iter().zip(&random) {
        assert_eq!(foreign.code(), Code::NotFound, "{foreign:?}");
        assert_eq!(told(foreign), told(random));
    }
    world.stop().await;
}

#[tokio::test]
async fn lists_hold_the_callers_tenant_only() {
    let world = World::new().await;
    world.create_tenant("other").await;
    assigned(&world, "ada").await;
    let mut client = world.caller(Caller::user("other", "eve", Side::Sales));
    let handoffs = client.list_handoffs(pb::ListHandoffsRequest::default()).await.expect("a page");
    assert!(handoffs.into_inner().handoffs.is_empty());
    let users = client.list_users(pb::ListUsersRequest::default()).await.expect("a page");
    assert!(users.into_inner().users.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn two_tenants_may_know_the_same_person() {
    let world = World::new().await;
    world.create_tenant("other").await;
    let ours = crate::harness::capture(&mut world.marketing(), "ada").await;
    let mut other = world.caller(Caller::user("other", "eve", Side::Marketing));
    let theirs = crate::harness::capture(&mut other, "ada").await;
    assert_ne!(ours, theirs);
    world.stop().await;
}

#[tokio::test]
async fn a_principal_without_a_tenant_owns_no_records() {
    let world = World::new().await;
    let refusal = world.system().get_tenant(pb::GetTenantRequest {}).await.expect_err("no tenant");
    assert_eq!(refusal.code(), Code::PermissionDenied);
    world.stop().await;
}
