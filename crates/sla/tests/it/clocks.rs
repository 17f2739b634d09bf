//! What the fate of a handoff does to its clock.

use chrono::TimeDelta;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::name::Collection;
use handoff_proto::sla::v1 as pb;

use crate::feed::{accepted, handoff, implied, imported, lead, noise, qualified, rejected, withdrawn};
use crate::harness::{Sla, World, clocks, fact, instant, kinds, occurred_at, utc};

#[tokio::test]
async fn a_decision_before_the_deadline_meets_the_clock_exactly() {
    let world = World::new("2h calendar").await;
    let (sla, mut tail) = world.ready().await;
    let mql_at = world.feed.say("acme", qualified(1)).await;
    let started = tail.nth("ClockStarted", 1).await;
    assert_eq!(occurred_at(&started), mql_at);
    let Fact::ClockStarted(started) = fact(&started) else { panic!("a clock") };
    assert_eq!(instant(started.due_time), mql_at + TimeDelta::hours(2));
    assert_eq!(instant(started.handoff_record_time), mql_at);

    let decided_at = world.feed.say("acme", [noise(), accepted(1)]).await;
    let met = tail.nth("ClockMet", 1).await;
    assert_eq!(occurred_at(&met), decided_at);
    let [clock] = clocks(&mut sla.client()).await.try_into().unwrap();
    assert_eq!((clock.state(), clock.kind()), (pb::ClockState::Met, pb::ClockKind::Decide));
    assert_eq!(clock.handoff, Collection::Handoffs.name(handoff(1).0));
    assert_eq!(clock.lead, Collection::Leads.name(lead(1).0));
    assert_eq!((instant(clock.start_time), instant(clock.stop_time)), (mql_at, decided_at));
    let elapsed = clock.elapsed_calendar_time.unwrap();
    assert_eq!(
        elapsed.seconds * 1_000_000_000 + i64::from(elapsed.nanos),
        (decided_at - mql_at).num_nanoseconds().unwrap()
    );
    assert_eq!((clock.breach_time, clock.overdue), (None, false));
    assert_eq!(clock.contract_signature_state(), pb::SignatureState::Unsigned);
}

#[tokio::test]
async fn what_is_heard_in_one_message_counts_in_its_order() {
    let world = World::new("2bd").await;
    let (sla, mut tail) = world.ready().await;
    let everything = [
        qualified(1),
        rejected(1),
        qualified(2),
        withdrawn(2),
        qualified(3),
        implied(3),
        qualified(4),
        accepted(4),
        accepted(4),
        qualified(4),
    ];
    world.feed.say("acme", everything).await;
    world.feed.say("acme", qualified(5)).await;
    tail.nth("ClockStarted", 5).await;
    assert_eq!(
        kinds(&tail.seen()[2..]),
        [
            "ClockStarted",
            "ClockMet",
            "ClockStarted",
            "ClockCancelled",
            "ClockStarted",
            "ClockCancelled",
            "ClockStarted",
            "ClockMet",
            "ClockStarted",
        ]
    );
    let positions: Vec<_> = tail.seen().iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=11).collect::<Vec<_>>(), "without a gap");
    let mut found = Vec::new();
    for number in 1..=5 {
        found.push(state_of(&sla, number).await);
    }
    use pb::ClockState::{Cancelled, Met, Running};
    assert_eq!(found, [Met, Cancelled, Cancelled, Met, Running]);
}

async fn state_of(sla: &Sla, number: u128) -> pb::ClockState {
    let handoff = Collection::Handoffs.name(handoff(number).0);
    let request = pb::ListClocksRequest { handoff, ..pb::ListClocksRequest::default() };
    let [clock] = sla.client().list_clocks(request).await.unwrap().into_inner().clocks.try_into().unwrap();
    clock.state()
}

#[tokio::test]
async fn history_makes_closed_clocks_that_tell_nobody() {
    let world = World::new("2bd").await;
    let (sla, mut tail) = world.ready().await;
    // Friday 17:00 in Rome; due on Tuesday at 18:00, decided on Wednesday, and told today.
    let (mql_at, decided_at) = (utc("2026-03-27T16:00:00Z"), utc("2026-04-01T08:00:00Z"));
    world.feed.say("acme", [imported(1).at(mql_at), rejected(1).at(decided_at)]).await;
    tail.nth("ClockMet", 1).await;
    assert_eq!(kinds(&tail.seen()[2..]), ["ClockStarted", "ClockBreached", "ClockMet"]);
    let Fact::ClockBreached(breached) = fact(&tail.seen()[3]) else { panic!("a breach") };
    assert!(!breached.notify);
    let [clock] = clocks(&mut sla.client()).await.try_into().unwrap();
    assert_eq!((clock.state(), clock.imported), (pb::ClockState::MetLate, true));
    assert_eq!(instant(clock.breach_time), utc("2026-03-31T16:00:00Z"));
    assert_eq!(clock.elapsed_business_days, 3);
}

#[tokio::test]
async fn a_clock_outside_of_hours_runs_and_nothing_elapses() {
    let world = World::new("2bd").await;
    let (sla, mut tail) = world.ready().await;
    // A Saturday and the Sunday after it.
    let (mql_at, decided_at) = (utc("2026-03-28T15:00:00Z"), utc("2026-03-29T15:00:00Z"));
    world.feed.say("acme", [qualified(1).at(mql_at), accepted(1).at(decided_at)]).await;
    tail.nth("ClockMet", 1).await;
    let [clock] = clocks(&mut sla.client()).await.try_into().unwrap();
    assert_eq!(clock.elapsed_business_time.unwrap().seconds, 0);
    assert_eq!(clock.elapsed_calendar_time.unwrap().seconds, 24 * 3_600);
    assert_eq!(clock.state(), pb::ClockState::Met);
}
