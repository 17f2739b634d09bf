//! AcceptHandoff and RejectHandoff.

use handoff_proto::qualification::v1 as pb;
use tonic::Code;

use crate::harness::{World, accept, assigned, capture, qualify, read, reject, request_id};

#[tokio::test]
async fn an_accepted_lead_is_an_sql() {
    let world = World::new().await;
    let (lead, handoff) = assigned(&world, "ada").await;
    let accepted = accept(&mut world.sales(), &handoff.name).await.expect("accepted");
    assert_eq!(accepted.state(), pb::HandoffState::Accepted);
    assert_eq!(accepted.decided_by, "users/sara");
    assert!(accepted.decide_time.is_some() && !accepted.implied && !accepted.implied_assignment);

    let found = read(&mut world.sales(), &lead).await;
    assert_eq!(found.lead.expect("the lead").stage(), pb::Stage::Sql);
    assert_eq!(found.stage_history.last().map(pb::StageChange::to_stage), Some(pb::Stage::Sql));
    world.stop().await;
}

#[tokio::test]
async fn whoever_accepts_what_nobody_owns_owns_it() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let lead = capture(&mut marketing, "ada").await;
    let handoff = qualify(&mut marketing, &lead).await.expect("qualified");
    let accepted = accept(&mut world.sales(), &handoff.name).await.expect("accepted");
    assert_eq!((accepted.owner.as_str(), accepted.team.as_str()), ("users/sara", "teams/north"));
    assert!(accepted.implied_assignment);
    world.stop().await;
}

#[tokio::test]
async fn a_rejection_says_why_and_sends_the_lead_to_nurture_with_a_cool_down() {
    let world = World::new().await;
    let (lead, handoff) = assigned(&world, "ada").await;
    let request = pb::RejectHandoffRequest {
        request_id: request_id(),
        name: handoff.name.clone(),
        reason: "OTHER".into(),
        note: "they moved to the moon".into(),
        segment: "moon".into(),
        ..pb::RejectHandoffRequest::default()
    };
    let rejected = world.sales().reject_handoff(request).await.expect("rejected").into_inner().handoff;
    let rejected = rejected.expect("the handoff");
    assert_eq!(rejected.state(), pb::HandoffState::Rejected);
    assert_eq!(rejected.rejection_reason, "OTHER");
    assert_eq!(rejected.rejection_attribution(), pb::RejectionAttribution::Criteria);
    assert_eq!(rejected.rejection_disposition(), pb::RejectionDisposition::Recycle);

    let found = read(&mut world.sales(), &lead).await;
    let found_lead = found.lead.expect("the lead");
    assert_eq!(found_lead.stage(), pb::Stage::Nurture);
    assert!(found_lead.cooldown_until_time.is_some());
    assert_eq!(found.stage_history.last().map(|change| change.reason.as_str()), Some("OTHER"));
    world.stop().await;
}

#[tokio::test]
async fn every_reason_has_its_disposition() {
    let world = World::new().await;
    for (reason, stage) in [
        ("WRONG_SIZE", pb::Stage::Nurture),
        ("NO_NEED_NOW", pb::Stage::Nurture),
        ("COMPETITOR", pb::Stage::Disqualified),
        ("EXISTING_CUSTOMER", pb::Stage::Disqualified),
        ("WRONG_OWNER", pb::Stage::Mql),
    ] {
        let (lead, handoff) = assigned(&world, &reason.to_lowercase()).await;
        reject(&mut world.sales(), &handoff.name, reason).await.expect("rejected");
        let found = read(&mut world.sales(), &lead).await.lead.expect("the lead");
        assert_eq!(found.stage(), stage, "{reason}");
    }
    world.stop().await;
}

#[tokio::test]
async fn the_wrong_owner_returns_the_handoff_to_routing_which_is_no_rejection() {
    let world = World::new().await;
    let (_, handoff) = assigned(&world, "ada").await;
    let returned = reject(&mut world.sales(), &handoff.name, "WRONG_OWNER").await.expect("returned");
    assert_eq!(returned.state(), pb::HandoffState::PendingRoute);
    assert!(
        returned.owner.is_empty() && returned.rejection_reason.is_empty() && returned.decided_by.is_empty()
    );
    world.stop().await;
}

#[tokio::test]
async fn marketing_can_neither_accept_nor_reject() {
    let world = World::new().await;
    let (_, handoff) = assigned(&world, "ada").await;
    let refusal = accept(&mut world.marketing(), &handoff.name).await.expect_err("the wrong side");
    assert_eq!(refusal.code(), Code::PermissionDenied);
    let refusal =
        reject(&mut world.marketing(), &handoff.name, "WRONG_SIZE").await.expect_err("the wrong side");
    assert_eq!(refusal.code(), Code::PermissionDenied);
    world.stop().await;
}

#[tokio::test]
async fn accepting_twice_is_refused() {
    let world = World::new().await;
    let (_, handoff) = assigned(&world, "ada").await;
    accept(&mut world.sales(), &handoff.name).await.expect("accepted");
    let refusal = accept(&mut world.sales(), &handoff.name).await.expect_err("decided already");
    assert_eq!(refusal.code(), Code::FailedPrecondition);
    world.stop().await;
}

#[tokio::test]
async fn a_recycled_lead_that_qualifies_again_is_in_its_second_cycle() {
    let world = World::empty().await;
    let at_once = pb::Defaults {
        cooldown: Some(prost_types::Duration { seconds: 0, nanos: 0 }),
        ..pb::Defaults::default()
    };
    let tenant = pb::Tenant { defaults: Some(at_once), ..crate::harness::tenant("acme") };
    let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
    world.system().create_tenant(request).await.expect("a tenant");
    let user = crate::harness::user("sara", handoff_proto::common::v1::Side::Sales, "");
    let request = pb::PutUserRequest { request_id: request_id(), user: Some(user) };
    world.marketing().put_user(request).await.expect("a user");

    let (lead, first) = assigned(&world, "ada").await;
    reject(&mut world.sales(), &first.name, "NO_BUDGET_NOW").await.expect("rejected");
    let second = qualify(&mut world.marketing(), &lead).await.expect("qualified again");
    assert_eq!(second.cycle, 2);
    assert_ne!(second.name, first.name);
    world.stop().await;
}
