//! RecordActivity, RecordContact and RecordOutcome.

use handoff_proto::common::v1::Money;
use handoff_proto::qualification::v1 as pb;
use tonic::Code;

use crate::harness::{World, accept, assigned, by_name, capture, read, request_id};

fn activity(lead: &str) -> pb::RecordActivityRequest {
    pb::RecordActivityRequest {
        request_id: request_id(),
        lead: by_name(lead),
        r#type: "EBOOK_DOWNLOADED".into(),
        properties: [("title".to_owned(), "A guide".to_owned())].into(),
        ..pb::RecordActivityRequest::default()
    }
}

fn contact(lead: &str, outcome: pb::ContactOutcome) -> pb::RecordContactRequest {
    pb::RecordContactRequest {
        request_id: request_id(),
        lead: by_name(lead),
        outcome: outcome.into(),
        direction: pb::ContactDirection::Outbound.into(),
        human: true,
        medium: "PHONE".into(),
        ..pb::RecordContactRequest::default()
    }
}

fn outcome(lead: &str, outcome: pb::Outcome) -> pb::RecordOutcomeRequest {
    pb::RecordOutcomeRequest {
        request_id: request_id(),
        lead: by_name(lead),
        outcome: outcome.into(),
        ..pb::RecordOutcomeRequest::default()
    }
}

#[tokio::test]
async fn an_activity_gets_a_name_and_the_next_position() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lead = capture(&mut client, "ada").await;
    let first = client.record_activity(activity(&lead)).await.expect("recorded").into_inner();
    let second = client.record_activity(activity(&lead)).await.expect("recorded").into_inner();
    assert!(first.activity.starts_with("activities/") && first.activity != second.activity);
    assert_eq!(second.position, first.position + 1);
    world.stop().await;
}

#[tokio::test]
async fn contacts_set_the_first_times_of_the_handoff() {
    let world = World::new().await;
    let (lead, handoff) = assigned(&world, "ada").await;
    let mut client = world.sales();
    let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    for (kind, seconds) in [
        (pb::ContactOutcome::Attempted, 1_700_000_200),
        // Told late and happened earlier: it is the first one.
        (pb::ContactOutcome::Attempted, 1_700_000_100),
        (pb::ContactOutcome::Connected, 1_700_000_300),
        (pb::ContactOutcome::MeetingHeld, 1_700_000_400),
    ] {
        let request = pb::RecordContactRequest { occur_time: at(seconds), ..contact(&lead, kind) };
        client.record_contact(request).await.expect("recorded");
    }
    let request = pb::GetHandoffRequest { name: handoff.name };
    let handoff = client.get_handoff(request).await.expect("read").into_inner().handoff.expect("it");
    assert_eq!(handoff.first_attempt_time, at(1_700_000_100));
    assert_eq!(handoff.first_connect_time, at(1_700_000_300));
    assert_eq!(handoff.first_meeting_time, at(1_700_000_400));
    world.stop().await;
}

#[tokio::test]
async fn an_automatic_reply_is_no_attempt() {
    let world = World::new().await;
    let (lead, handoff) = assigned(&world, "ada").await;
    let mut client = world.sales();
    let request = pb::RecordContactRequest { human: false, ..contact(&lead, pb::ContactOutcome::Attempted) };
    client.record_contact(request).await.expect("recorded");
    let request = pb::GetHandoffRequest { name: handoff.name };
    let handoff = client.get_handoff(request).await.expect("read").into_inner().handoff.expect("it");
    assert_eq!(handoff.first_attempt_time, None);
    world.stop().await;
}

#[tokio::test]
async fn an_accepted_lead_becomes_an_opportunity_and_a_customer() {
    let world = World::new().await;
    let (lead, handoff) = assigned(&world, "ada").await;
    let mut client = world.sales();
    accept(&mut client, &handoff.name).await.expect("accepted");
    let opened = outcome(&lead, pb::Outcome::OpportunityOpened);
    let opened = client.record_outcome(opened).await.expect("opened").into_inner();
    assert_eq!(opened.lead.expect("the lead").stage(), pb::Stage::Opportunity);
    let amount = Money { currency_code: "EUR".into(), units: 50_000, nanos: 500_000_000 };
    let won = pb::RecordOutcomeRequest { amount: Some(amount), ..outcome(&lead, pb::Outcome::Won) };
    let won = client.record_outcome(won).await.expect("won").into_inner();
    assert_eq!(won.lead.expect("the lead").stage(), pb::Stage::Customer);
    assert_eq!(won.opportunity, opened.opportunity);
    world.stop().await;
}

#[tokio::test]
async fn stages_that_nobody_saw_are_noted_as_skipped_and_close_the_open_handoff() {
    let world = World::new().await;
    let (lead, handoff) = assigned(&world, "ada").await;
    let mut client = world.sales();
    client.record_outcome(outcome(&lead, pb::Outcome::Won)).await.expect("won");
    let found = read(&mut client, &lead).await;
    let last = found.stage_history.last().expect("a row");
    assert_eq!((last.from_stage(), last.to_stage()), (pb::Stage::Mql, pb::Stage::Customer));
    assert_eq!(last.skipped_stages().collect::<Vec<_>>(), [pb::Stage::Sql, pb::Stage::Opportunity]);
    let request = pb::GetHandoffRequest { name: handoff.name };
    let handoff = client.get_handoff(request).await.expect("read").into_inner().handoff.expect("it");
    assert_eq!(handoff.state(), pb::HandoffState::Accepted);
    assert!(handoff.implied);
    world.stop().await;
}

#[tokio::test]
async fn a_lost_deal_says_why_and_the_lead_goes_to_nurture() {
    let world = World::new().await;
    let (lead, handoff) = assigned(&world, "ada").await;
    let mut client = world.sales();
    accept(&mut client, &handoff.name).await.expect("accepted");
    client.record_outcome(outcome(&lead, pb::Outcome::OpportunityOpened)).await.expect("opened");
    let lost = pb::RecordOutcomeRequest { reason: "PRICE".into(), ..outcome(&lead, pb::Outcome::Lost) };
    let lost = client.record_outcome(lost).await.expect("lost").into_inner();
    assert_eq!(lost.lead.expect("the lead").stage(), pb::Stage::Nurture);
    let found = read(&mut client, &lead).await;
    assert_eq!(found.stage_history.last().map(|change| change.reason.as_str()), Some("PRICE"));
    world.stop().await;
}

#[tokio::test]
async fn a_deal_lost_unseen_is_taken_from_nurture_too_and_told_again_it_changes_nothing() {
    let world = World::new().await;
    let (lead, handoff) = assigned(&world, "ada").await;
    let mut client = world.sales();
    let rejected = pb::RejectHandoffRequest {
        request_id: request_id(),
        name: handoff.name,
        reason: "NO_BUDGET_NOW".into(),
        ..pb::RejectHandoffRequest::default()
    };
    client.reject_handoff(rejected).await.expect("rejected");
    let lost = outcome(&lead, pb::Outcome::Lost);
    let first = client.record_outcome(lost.clone()).await.expect("lost").into_inner();
    let found = read(&mut client, &lead).await;
    let last = found.stage_history.last().expect("a move");
    assert_eq!((last.from_stage(), last.to_stage()), (pb::Stage::Nurture, pb::Stage::Nurture));
    assert_eq!(last.skipped_stages().count(), 3, "MQL, SQL and OPPORTUNITY");

    assert_eq!(client.record_outcome(lost).await.expect("the same again").into_inner(), first);
    let refusal = client.record_outcome(outcome(&lead, pb::Outcome::Lost)).await.expect_err("it is lost");
    assert_eq!(refusal.code(), Code::FailedPrecondition);
    world.stop().await;
}

#[tokio::test]
async fn the_future_is_refused_beyond_five_minutes() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lead = capture(&mut client, "ada").await;
    let now = handoff_runtime::clock::now().timestamp();
    for (ahead, holds) in [(240, true), (420, false)] {
        let at = prost_types::Timestamp { seconds: now + ahead, nanos: 0 };
        let request = pb::RecordActivityRequest { occur_time: Some(at), ..activity(&lead) };
        let answer = client.record_activity(request).await;
        assert_eq!(answer.is_ok(), holds, "{ahead} seconds");
        if let Err(refusal) = answer {
            assert_eq!(refusal.code(), Code::InvalidArgument);
        }
    }
    world.stop().await;
}
