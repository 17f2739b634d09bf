//! The log: every event once, in order, with every fact and no personal value.

use std::time::Duration;

use handoff_domain::actor::Side;
use handoff_proto::common::v1::Money;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{Event, GetLogHeadRequest, SubscribeEventsRequest};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use prost::Message;

use crate::harness::{World, accept, assign, by_name, capture, qualify, reject, request_id};

/// Occurs in every personal value that these tests write, and in nothing else.
const CANARY: &str = "canary";

/// All events of `acme` so far.
pub(crate) async fn events(world: &World) -> Vec<Event> {
    let mut log = world.log(Caller::user("acme", "mia", Side::Marketing));
    let head = log.get_log_head(GetLogHeadRequest::default()).await.expect("the head").into_inner();
    let stream = log.subscribe_events(SubscribeEventsRequest::default()).await.expect("a stream");
    let mut stream = stream.into_inner();
    let mut events: Vec<Event> = Vec::new();
    while events.last().is_none_or(|event| event.position < head.position) {
        let message = tokio::time::timeout(Duration::from_secs(10), stream.message()).await;
        events.extend(message.expect("in time").expect("a message").expect("more to come").events);
    }
    events
}

/// A lead's life with every kind of personal value in it.
async fn a_life(world: &World) {
    let (mut marketing, mut sales) = (world.marketing(), world.sales());
    let canary = || format!("{CANARY}-value");
    let person = pb::Person {
        external_id: canary(),
        email: format!("{CANARY}@lead.example"),
        phone: canary(),
        given_name: canary(),
        family_name: canary(),
        organisation: canary(),
        attributes: [(canary(), canary())].into(),
        verify_times: [(canary(), prost_types::Timestamp::default())].into(),
        record_ids: [("billing".to_owned(), canary())].into(),
    };
    let lead = pb::Lead { person: Some(person), ..pb::Lead::default() };
    let mut request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(lead),
        ..pb::CaptureLeadRequest::default()
    };
    let name = marketing.capture_lead(request.clone()).await.expect("captured").into_inner().lead;
    let name = name.expect("the lead").name;
    request.request_id = request_id();
    if let Some(person) = request.lead.as_mut().and_then(|lead| lead.person.as_mut()) {
        person.phone = format!("{CANARY}-other");
    }
    marketing.capture_lead(request).await.expect("changed");
    let activity = pb::RecordActivityRequest {
        request_id: request_id(),
        lead: by_name(&name),
        r#type: "EBOOK_DOWNLOADED".into(),
        properties: [(canary(), canary())].into(),
        ..pb::RecordActivityRequest::default()
    };
    marketing.record_activity(activity).await.expect("recorded");

    let handoff = qualify(&mut marketing, &name).await.expect("qualified").name;
    assign(&mut marketing, &handoff, "users/sara").await.expect("assigned");
    assign(&mut marketing, &handoff, "users/sam").await.expect("reassigned");
    let returned = pb::RejectHandoffRequest {
        request_id: request_id(),
        name: handoff.clone(),
        reason: "WRONG_OWNER".into(),
        note: canary(),
        ..pb::RejectHandoffRequest::default()
    };
    sales.reject_handoff(returned).await.expect("returned");
    for outcome in
        [pb::ContactOutcome::Attempted, pb::ContactOutcome::Connected, pb::ContactOutcome::MeetingHeld]
    {
        let request = pb::RecordContactRequest {
            request_id: request_id(),
            lead: by_name(&name),
            outcome: outcome.into(),
            direction: pb::ContactDirection::Outbound.into(),
            human: true,
            medium: "PHONE".into(),
            ..pb::RecordContactRequest::default()
        };
        sales.record_contact(request).await.expect("recorded");
    }
    accept(&mut sales, &handoff).await.expect("accepted");
    let outcome = |outcome: pb::Outcome| pb::RecordOutcomeRequest {
        request_id: request_id(),
        lead: by_name(&name),
        outcome: outcome.into(),
        ..pb::RecordOutcomeRequest::default()
    };
    sales.record_outcome(outcome(pb::Outcome::OpportunityOpened)).await.expect("opened");
    let amount = Money { currency_code: "EUR".into(), units: 10, nanos: 0 };
    let won = pb::RecordOutcomeRequest { amount: Some(amount), ..outcome(pb::Outcome::Won) };
    sales.record_outcome(won).await.expect("won");
    qualify(&mut marketing, &name).await.expect("interested anew");
    sales.record_outcome(outcome(pb::Outcome::Lost)).await.expect("lost");

    let second = capture(&mut marketing, "second").await;
    let handoff = qualify(&mut marketing, &second).await.expect("qualified").name;
    assign(&mut marketing, &handoff, "users/sara").await.expect("assigned");
    let rejected = pb::RejectHandoffRequest {
        request_id: request_id(),
        name: handoff,
        reason: "OTHER".into(),
        note: canary(),
        ..pb::RejectHandoffRequest::default()
    };
    sales.reject_handoff(rejected).await.expect("rejected");
    let third = capture(&mut marketing, "third").await;
    qualify(&mut marketing, &third).await.expect("qualified");
    let gone = pb::Lead { suppression: pb::Suppression::Test.into(), ..crate::harness::lead("third") };
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(gone),
        ..pb::CaptureLeadRequest::default()
    };
    marketing.capture_lead(request).await.expect("suppressed");
}

#[tokio::test]
async fn a_life_is_told_once_in_order_and_without_gaps() {
    let world = World::new().await;
    a_life(&world).await;
    let events = events(&world).await;
    let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
    let expected: Vec<i64> = (1..).take(positions.len()).collect();
    assert_eq!(positions, expected);
    for pair in events.windows(2) {
        let at = |event: &Event| event.record_time.map(|time| (time.seconds, time.nanos));
        assert!(at(&pair[0]) <= at(&pair[1]), "time never goes back");
    }
    let kinds: Vec<&str> = events.iter().map(|event| event.r#type.as_str()).collect();
    insta::assert_debug_snapshot!(kinds);
    world.stop().await;
}

#[tokio::test]
async fn every_event_says_who_did_it_and_by_which_request() {
    let world = World::new().await;
    a_life(&world).await;
    for event in events(&world).await {
        let who = (event.actor.as_str(), event.actor_side());
        let expected = match event.r#type.as_str() {
            "TenantChanged" => ("services/tests", handoff_proto::common::v1::Side::System),
            _ if event.actor == "users/sara" => ("users/sara", handoff_proto::common::v1::Side::Sales),
            _ => ("users/mia", handoff_proto::common::v1::Side::Marketing),
        };
        assert_eq!(who, expected, "{}", event.r#type);
        assert!(!event.request_id.is_empty() && !event.event_id.is_empty());
    }
    world.stop().await;
}

#[tokio::test]
async fn no_event_carries_a_personal_value() {
    let world = World::new().await;
    a_life(&world).await;
    let events = events(&world).await;
    assert!(events.len() > 20, "the life is told: {}", events.len());
    for event in events {
        let bytes = event.encode_to_vec();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for personal in [CANARY, "@lead.example", "@acme.example", "of the tests"] {
            assert!(!text.contains(personal), "{} carries {personal}", event.r#type);
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn decisions_carry_what_reports_and_clocks_need() {
    let world = World::new().await;
    a_life(&world).await;
    let events = events(&world).await;
    let fact = |kind: &str| {
        let event = events.iter().find(|event| event.r#type == kind).expect(kind);
        event.payload.as_ref().and_then(|payload| payload.fact.clone()).expect("a fact")
    };
    let Fact::LeadQualified(qualified) = fact("LeadQualified") else { panic!("another fact") };
    let moved = qualified.r#move.expect("a move");
    assert_eq!((moved.from_stage(), moved.to_stage()), (pb::Stage::Lead, pb::Stage::Mql));
    let Fact::HandoffReassigned(reassigned) = fact("HandoffReassigned") else { panic!("another fact") };
    assert_eq!((reassigned.previous_owner.as_str(), reassigned.owner.as_str()), ("users/sara", "users/sam"));
    assert_eq!(reassigned.team, "teams/north");
    let Fact::HandoffReturned(returned) = fact("HandoffReturned") else { panic!("another fact") };
    assert_eq!(
        (returned.previous_owner.as_str(), returned.returned_by.as_str()),
        ("users/sam", "users/sara")
    );
    let Fact::HandoffAccepted(accepted) = fact("HandoffAccepted") else { panic!("another fact") };
    assert_eq!((accepted.owner.as_str(), accepted.implied_assignment), ("users/sara", true));
    assert!(accepted.mql_time.is_some() && accepted.handoff_id == qualified.handoff_id);
    let Fact::MeetingHeld(met) = fact("MeetingHeld") else { panic!("another fact") };
    let contact = met.contact.expect("a contact");
    assert_eq!(contact.handoff_ids, [qualified.handoff_id.as_str()]);
    assert!(contact.first_attempt_time.is_some() && contact.first_meeting_time.is_some());
    let Fact::OpportunityWon(won) = fact("OpportunityWon") else { panic!("another fact") };
    assert!(won.new_customer && won.amount.is_some() && won.snapshot.is_some());
    let Fact::HandoffRejected(rejected) = fact("HandoffRejected") else { panic!("another fact") };
    assert_eq!(rejected.disposition(), pb::RejectionDisposition::Recycle);
    assert!(rejected.cooldown_until_time.is_some());
    let Fact::HandoffWithdrawn(withdrawn) = fact("HandoffWithdrawn") else { panic!("another fact") };
    assert_eq!(withdrawn.reason, "TEST");
    world.stop().await;
}

#[tokio::test]
async fn a_subscriber_hears_what_happens_after_it_came() {
    let world = World::new().await;
    let mut log = world.log(Caller::service("sla"));
    let stream = log.subscribe_events(SubscribeEventsRequest::default()).await.expect("a stream");
    let mut stream = stream.into_inner();
    let mut client = world.marketing();
    let name = capture(&mut client, "ada").await;
    let handoff = qualify(&mut client, &name).await.expect("qualified");
    assign(&mut client, &handoff.name, "users/sara").await.expect("assigned");
    reject(&mut world.sales(), &handoff.name, "WRONG_SIZE").await.expect("rejected");
    let mut heard = Vec::new();
    while !heard.iter().any(|kind| kind == "HandoffRejected") {
        let message = tokio::time::timeout(Duration::from_secs(10), stream.message()).await;
        let message = message.expect("in time").expect("a message").expect("more to come");
        heard.extend(message.events.into_iter().map(|event| event.r#type));
    }
    assert_eq!(heard.iter().filter(|kind| *kind == "HandoffRejected").count(), 1);
    world.stop().await;
}
