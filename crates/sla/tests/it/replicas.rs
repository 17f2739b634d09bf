//! Restarts, and several replicas at once: every effect exactly once.

use std::collections::BTreeMap;

use handoff_proto::event::v1::Event;
use handoff_proto::event::v1::payload::Fact;

use crate::feed::{accepted, founded, handoff, noise, qualified};
use crate::harness::{World, fact, kinds};

/// How often each kind of event came for each handoff.
fn by_handoff(events: &[Event]) -> BTreeMap<(String, &str), usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        let handoff = match fact(event) {
            Fact::ClockStarted(fact) => &fact.handoff_id,
            Fact::ClockMet(fact) => &fact.handoff_id,
            Fact::ClockBreached(fact) => &fact.handoff_id,
            _ => continue,
        };
        *counts.entry((handoff.clone(), event.r#type.as_str())).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was_and_doubles_nothing() {
    let world = World::new("2bd").await;
    let (sla, mut tail) = world.ready().await;
    world.feed.say("acme", [qualified(1), noise(), qualified(2), accepted(1)]).await;
    tail.nth("ClockMet", 1).await;
    sla.stop().await;
    world.feed.say("acme", [accepted(2), noise()]).await;
    world.feed.say("acme", qualified(3)).await;
    let sla = world.start().await;
    let mut tail = sla.tail("acme").await;
    tail.nth("ClockStarted", 3).await;
    assert_eq!(
        kinds(tail.seen()),
        [
            "CalendarVersioned",
            "ContractEffective",
            "ClockStarted",
            "ClockStarted",
            "ClockMet",
            "ClockMet",
            "ClockStarted",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_replicas_at_once_give_each_event_once() {
    const HANDOFFS: u128 = 60;
    let world = World::new("1s calendar").await;
    let (first, second) = tokio::join!(world.start(), world.start());
    for number in 0..HANDOFFS {
        world.feed.say("acme", qualified(number)).await;
        if number % 2 == 0 {
            world.feed.say("acme", [noise(), accepted(number)]).await;
        }
    }
    let mut tail = first.tail("acme").await;
    let ends = |seen: &[Event]| {
        let ended = |kind: &&str| matches!(*kind, "ClockMet" | "ClockBreached");
        kinds(seen).into_iter().filter(|kind| ended(kind)).count() >= HANDOFFS as usize
    };
    tail.until(ends).await;
    // What was heard last is a mark: both replicas have passed everything before it.
    world.feed.say("acme", [qualified(HANDOFFS), accepted(HANDOFFS)]).await;
    tail.nth("ClockStarted", HANDOFFS as usize + 1).await;
    let counts = by_handoff(tail.seen());
    assert!(counts.values().all(|count| *count == 1), "{counts:#?}");
    for number in 0..HANDOFFS {
        let end = if number % 2 == 0 { "ClockMet" } else { "ClockBreached" };
        assert!(counts.contains_key(&(handoff(number).to_string(), end)), "{number}: {counts:#?}");
    }
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tenants_do_not_hear_of_one_another() {
    let world = World::new("1s calendar").await;
    world.feed.say("other", [founded("2bd".parse().unwrap()), qualified(1)]).await;
    let (sla, mut tail) = world.ready().await;
    world.feed.say("acme", qualified(1)).await;
    tail.nth("ClockBreached", 1).await;
    let mut other = sla.tail("other").await;
    other.nth("ClockStarted", 1).await;
    assert_eq!(kinds(other.seen()), ["CalendarVersioned", "ContractEffective", "ClockStarted"]);
}
