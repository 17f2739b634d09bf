//! AcceptHandoff, RejectHandoff and WithdrawHandoff.

use handoff_proto::qualification::v1 as pb;
use tonic::Code;

use crate::harness::{Client, World, accept, assigned, capture, qualify, read, reject, request_id};

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

async fn withdraw(
    client: &mut Client,
    request: pb::WithdrawHandoffRequest,
) -> Result<pb::Handoff, tonic::Status> {
    let answer = client.withdraw_handoff(request).await?;
    Ok(answer.into_inner().handoff.expect("the handoff"))
}

fn mistake(handoff: &pb::Handoff) -> pb::WithdrawHandoffRequest {
    pb::WithdrawHandoffRequest {
        request_id: request_id(),
        name: handoff.name.clone(),
        note: "the list was wrong".into(),
        etag: handoff.etag.clone(),
        cooldown: None,
    }
}

#[tokio::test]
async fn marketing_takes_a_handoff_back_and_the_lead_cools_down() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let (lead, handoff) = assigned(&world, "ada").await;
    let request = mistake(&handoff);
    let withdrawn = withdraw(&mut marketing, request.clone()).await.expect("withdrawn");
    assert_eq!(withdrawn.state(), pb::HandoffState::Withdrawn);
    assert_eq!(withdrawn.withdrawal_reason, "RECALLED");
    assert_eq!(withdraw(&mut marketing, request).await.expect("the same again"), withdrawn);
    let found = read(&mut marketing, &lead).await.lead.expect("the lead");
    assert_eq!(found.stage(), pb::Stage::Nurture);
    assert!(found.cooldown_until_time.is_some());
    assert_eq!(
        qualify(&mut marketing, &lead).await.expect_err("it cools down").code(),
        Code::FailedPrecondition
    );

    let (lead, handoff) = assigned(&world, "grace").await;
    let cooldown = Some(prost_types::Duration::default());
    withdraw(&mut marketing, pb::WithdrawHandoffRequest { cooldown, ..mistake(&handoff) })
        .await
        .expect("withdrawn");
    qualify(&mut marketing, &lead).await.expect("at once");
    world.stop().await;
}

#[tokio::test]
async fn a_cool_down_is_of_366_days_and_not_one_more() {
    let world = World::new().await;
    let mut marketing = world.marketing();
    let (_, handoff) = assigned(&world, "ada").await;
    let days = |days: i64| {
        let cooldown = Some(prost_types::Duration { seconds: days * 86_400, nanos: 0 });
        pb::WithdrawHandoffRequest { cooldown, ..mistake(&handoff) }
    };
    let refused = withdraw(&mut marketing, days(367)).await.expect_err("too long");
    assert_eq!(refused.code(), Code::InvalidArgument);
    withdraw(&mut marketing, days(366)).await.expect("withdrawn");
    world.stop().await;
}
