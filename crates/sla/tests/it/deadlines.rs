//! Deadlines that pass: exactly, whatever was down, and never while a decision is on its way.

use chrono::TimeDelta;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::name::Collection;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::clock::now;

use crate::feed::{accepted, handoff, imported, qualified};
use crate::harness::{World, clocks, fact, instant, kinds, occurred_at, utc, within};

#[tokio::test]
async fn a_deadline_that_passes_is_a_breach_at_the_deadline() {
    let world = World::new("1s calendar").await;
    let (sla, mut tail) = world.ready().await;
    let mql_at = world.feed.say("acme", qualified(1)).await;
    let due_at = mql_at + TimeDelta::seconds(1);
    let breached = tail.nth("ClockBreached", 1).await;
    assert_eq!(occurred_at(&breached), due_at);
    assert!(instant(breached.record_time) > due_at, "it is known only afterwards");
    let Fact::ClockBreached(said) = fact(&breached) else { panic!("a breach") };
    assert!(said.notify && said.handoff_id == handoff(1).to_string());

    let [clock] = clocks(&mut sla.client()).await.try_into().unwrap();
    assert_eq!((clock.state(), clock.overdue), (pb::ClockState::Running, true));
    assert_eq!(instant(clock.breach_time), due_at);
    // It keeps measuring the overrun, and the breach stays.
    let decided_at = world.feed.say("acme", accepted(1)).await;
    tail.nth("ClockMet", 1).await;
    let [clock] = clocks(&mut sla.client()).await.try_into().unwrap();
    assert_eq!((clock.state(), clock.overdue), (pb::ClockState::MetLate, false));
    assert_eq!((instant(clock.breach_time), instant(clock.stop_time)), (due_at, decided_at));
}

#[tokio::test]
async fn a_service_that_was_down_at_the_deadline_breaches_at_the_deadline() {
    let world = World::new("1s calendar").await;
    let (sla, mut tail) = world.ready().await;
    let mql_at = world.feed.say("acme", [qualified(1), qualified(2)]).await;
    tail.nth("ClockStarted", 2).await;
    sla.stop().await;
    world.feed.past("acme", mql_at + TimeDelta::seconds(1)).await;
    world.feed.say("acme", accepted(2)).await;
    let sla = world.start().await;
    let mut tail = sla.tail("acme").await;
    tail.until(|seen| kinds(seen).iter().filter(|kind| **kind == "ClockBreached").count() == 2).await;
    let breaches = tail.seen().iter().filter(|event| event.r#type == "ClockBreached");
    for breached in breaches {
        assert_eq!(occurred_at(breached), mql_at + TimeDelta::seconds(1));
    }
}

#[tokio::test]
async fn a_decision_in_flight_at_the_deadline_is_never_a_breach() {
    let world = World::new("2s calendar").await;
    let (sla, mut tail) = world.ready().await;
    let mql_at = world.feed.say("acme", qualified(1)).await;
    let due_at = mql_at + TimeDelta::seconds(2);
    // The batch of the decision holds the log row from before the deadline until after it.
    let decision = world.feed.say_held("acme", accepted(1)).await;
    let mut heads_asked = world.feed.heads_asked.clone();
    heads_asked.mark_unchanged();
    within(heads_asked.wait_for(|count| *count > 0)).await.unwrap();
    assert!(now() > due_at, "the worker asks for the head because the deadline has passed");
    let [clock] = clocks(&mut sla.client()).await.try_into().unwrap();
    assert_eq!((clock.state(), clock.breach_time), (pb::ClockState::Running, None), "and it waits");

    let decided_at = decision.land().await;
    assert!(decided_at < due_at, "what holds the log row has its time");
    let met = tail.nth("ClockMet", 1).await;
    assert_eq!(occurred_at(&met), decided_at);
    // The worker has gone through once more when the next clock breaches.
    world.feed.say("acme", qualified(2)).await;
    tail.nth("ClockBreached", 1).await;
    assert_eq!(kinds(&tail.seen()[2..]), ["ClockStarted", "ClockMet", "ClockStarted", "ClockBreached"]);
    let request = pb::ListClocksRequest {
        handoff: Collection::Handoffs.name(handoff(1).0),
        ..pb::ListClocksRequest::default()
    };
    let [clock] = sla.client().list_clocks(request).await.unwrap().into_inner().clocks.try_into().unwrap();
    assert_eq!((clock.state(), clock.breach_time), (pb::ClockState::Met, None));
}

#[tokio::test]
async fn an_imported_open_handoff_past_due_breaches_at_its_deadline_and_tells_nobody() {
    let world = World::new("2bd").await;
    let (sla, mut tail) = world.ready().await;
    let (past, future) = (utc("2026-03-27T16:00:00Z"), now());
    world.feed.say("acme", [imported(1).at(past), imported(2).at(future)]).await;
    let breached = tail.nth("ClockBreached", 1).await;
    assert_eq!(occurred_at(&breached), utc("2026-03-31T16:00:00Z"));
    let Fact::ClockBreached(said) = fact(&breached) else { panic!("a breach") };
    assert!(!said.notify && said.handoff_id == handoff(1).to_string());
    let request = pb::ListBreachesRequest { overdue_only: true, ..pb::ListBreachesRequest::default() };
    let [clock] = sla.client().list_breaches(request).await.unwrap().into_inner().clocks.try_into().unwrap();
    assert!(clock.overdue && clock.imported);
    assert_eq!(clocks(&mut sla.client()).await.len(), 2, "the other one has its time still");
}

#[tokio::test]
async fn a_breach_that_a_late_record_disproves_is_retracted() {
    let world = World::new("1s calendar").await;
    let (sla, mut tail) = world.ready().await;
    let mql_at = world.feed.say("acme", qualified(1)).await;
    tail.nth("ClockBreached", 1).await;
    world.feed.say("acme", accepted(1).at(mql_at + TimeDelta::milliseconds(400))).await;
    tail.nth("ClockMet", 1).await;
    assert_eq!(
        kinds(&tail.seen()[2..]),
        ["ClockStarted", "ClockBreached", "ClockBreachRetracted", "ClockMet"]
    );
    let [clock] = clocks(&mut sla.client()).await.try_into().unwrap();
    assert_eq!((clock.state(), clock.breach_time), (pb::ClockState::Met, None));
    let breaches = sla.client().list_breaches(pb::ListBreachesRequest::default()).await.unwrap().into_inner();
    assert!(breaches.clocks.is_empty());
}

#[tokio::test]
async fn more_deadlines_than_one_batch_takes_all_pass() {
    let world = World::new("1s calendar").await;
    let (_sla, mut tail) = world.ready().await;
    let many: Vec<_> = (0..1_200).map(qualified).collect();
    world.feed.say("acme", many).await;
    tail.nth("ClockBreached", 1_200).await;
    let deadlines: Vec<_> =
        tail.seen().iter().filter(|event| event.r#type == "ClockBreached").map(occurred_at).collect();
    assert!(deadlines.is_sorted());
    assert_eq!(kinds(tail.seen()).iter().filter(|kind| **kind == "ClockStarted").count(), 1_200);
}
