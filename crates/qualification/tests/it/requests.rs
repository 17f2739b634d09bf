//! Request ids (AIP-155): the same request again gets the first answer and has no second effect; the same id with
//! another body is refused.

use handoff_domain::actor::Side;
use handoff_proto::event::v1::GetLogHeadRequest;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use tonic::Code;

use crate::harness::{World, assigned, by_name, capture, lead, request_id, told};

async fn head(world: &World) -> i64 {
    let mut log = world.log(Caller::user("acme", "mia", Side::Marketing));
    log.get_log_head(GetLogHeadRequest::default()).await.expect("the head").into_inner().position
}

#[tokio::test]
async fn a_repeated_capture_gets_the_same_answer_and_writes_one_event() {
    let world = World::new().await;
    let mut client = world.marketing();
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(lead("ada")),
        ..pb::CaptureLeadRequest::default()
    };
    let before = head(&world).await;
    let first = client.capture_lead(request.clone()).await.expect("captured").into_inner();
    let second = client.capture_lead(request).await.expect("the same").into_inner();
    assert_eq!(first, second);
    assert!(second.created, "what was told is told again");
    assert_eq!(head(&world).await, before + 1);
    world.stop().await;
}

#[tokio::test]
async fn a_repeat_gets_names_and_positions_again() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lead = capture(&mut client, "ada").await;
    let activity = pb::RecordActivityRequest {
        request_id: request_id(),
        lead: by_name(&lead),
        r#type: "DEMO_REQUESTED".into(),
        ..pb::RecordActivityRequest::default()
    };
    let outcome = pb::RecordOutcomeRequest {
        request_id: request_id(),
        lead: by_name(&lead),
        outcome: pb::Outcome::OpportunityOpened.into(),
        ..pb::RecordOutcomeRequest::default()
    };
    let contact = pb::RecordContactRequest {
        request_id: request_id(),
        lead: by_name(&lead),
        outcome: pb::ContactOutcome::Attempted.into(),
        direction: pb::ContactDirection::Outbound.into(),
        human: true,
        medium: "PHONE".into(),
        ..pb::RecordContactRequest::default()
    };
    let first = client.record_activity(activity.clone()).await.expect("recorded").into_inner();
    let opened = client.record_outcome(outcome.clone()).await.expect("opened").into_inner();
    let called = client.record_contact(contact.clone()).await.expect("called").into_inner();
    assert_eq!(client.record_activity(activity).await.expect("again").into_inner(), first);
    assert_eq!(client.record_outcome(outcome).await.expect("again").into_inner(), opened);
    assert_eq!(client.record_contact(contact).await.expect("again").into_inner(), called);
    world.stop().await;
}

#[tokio::test]
async fn every_answer_of_the_directory_and_the_hand_over_can_be_told_again() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let tenant =
        pb::CreateTenantRequest { request_id: request_id(), tenant: Some(crate::harness::tenant("other")) };
    let mut system = world.system();
    let first = system.create_tenant(tenant.clone()).await.expect("created").into_inner();
    assert_eq!(system.create_tenant(tenant).await.expect("again").into_inner(), first);

    let side = handoff_proto::common::v1::Side::Sales;
    let team = pb::PutTeamRequest {
        request_id: request_id(),
        team: Some(pb::Team { name: "teams/south".into(), side: side.into(), ..pb::Team::default() }),
    };
    let first = marketing.put_team(team.clone()).await.expect("put").into_inner();
    assert_eq!(marketing.put_team(team).await.expect("again").into_inner(), first);

    let user = crate::harness::user("zoe", side, "teams/south");
    let user = pb::PutUserRequest { request_id: request_id(), user: Some(user) };
    let first = marketing.put_user(user.clone()).await.expect("put").into_inner();
    assert_eq!(marketing.put_user(user).await.expect("again").into_inner(), first);

    let (_, handoff) = assigned(&world, "ada").await;
    let accept =
        pb::AcceptHandoffRequest { request_id: request_id(), name: handoff.name, etag: handoff.etag };
    let mut sales = world.sales();
    let first = sales.accept_handoff(accept.clone()).await.expect("accepted").into_inner();
    assert_eq!(sales.accept_handoff(accept).await.expect("again").into_inner(), first);
    world.stop().await;
}

#[tokio::test]
async fn a_refusal_is_remembered_too() {
    let world = World::new().await;
    let mut client = world.marketing();
    let request = pb::QualifyLeadRequest {
        request_id: request_id(),
        lead: Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Email("ada@lead.example".into())) }),
        ..pb::QualifyLeadRequest::default()
    };
    let first = client.qualify_lead(request.clone()).await.expect_err("not there");
    capture(&mut client, "ada").await;
    let second = client.qualify_lead(request).await.expect_err("told once, told always");
    assert_eq!(told(&first), told(&second));
    world.stop().await;
}

#[tokio::test]
async fn the_same_id_with_another_body_is_refused() {
    let world = World::new().await;
    let mut client = world.marketing();
    let mut request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(lead("ada")),
        ..pb::CaptureLeadRequest::default()
    };
    client.capture_lead(request.clone()).await.expect("captured");
    request.lead = Some(lead("eve"));
    let refusal = client.capture_lead(request).await.expect_err("another body");
    assert_eq!(refusal.code(), Code::AlreadyExists);
    insta::assert_snapshot!(told(&refusal));
    world.stop().await;
}

#[tokio::test]
async fn ids_of_two_callers_do_not_meet() {
    let world = World::new().await;
    let request = |name: &str, id: &str| pb::CaptureLeadRequest {
        request_id: id.to_owned(),
        lead: Some(lead(name)),
        ..pb::CaptureLeadRequest::default()
    };
    let id = request_id();
    let first = world.marketing().capture_lead(request("ada", &id)).await.expect("captured");
    let second = world.sales().capture_lead(request("eve", &id)).await.expect("captured");
    assert_ne!(first.into_inner().lead.map(|lead| lead.name), second.into_inner().lead.map(|lead| lead.name));
    world.stop().await;
}
