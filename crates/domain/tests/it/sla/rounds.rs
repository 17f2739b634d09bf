//! Rounds of decision: a rejection that is overturned starts another clock, and nothing of the first one changes.

use handoff_domain::id::LeadId;
use handoff_domain::sla::{ClockState, Command};
use uuid::Uuid;

use super::world::{MONDAY, World, at, handoff, names};
use crate::calendar::utc;

fn reopened(number: u128, when: &str, round: u32) -> Command {
    let lead = LeadId(Uuid::from_u128(number + 1_000));
    Command::HandoffReopened { handoff: handoff(number), lead, at: utc(when), recorded_at: utc(when), round }
}

fn rejected(number: u128, when: &str) -> Command {
    Command::HandoffRejected { handoff: handoff(number), at: utc(when) }
}

#[test]
fn the_second_clock_starts_when_the_rejection_is_overturned_and_the_first_stays_as_it_ended() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    world.send("2026-11-26T09:00:00Z", rejected(1, "2026-11-26T09:00:00Z"));
    let first = world.clock(1);
    assert_eq!((first.state, first.round), (ClockState::MetLate, 1));

    let overturned = "2026-11-27T09:00:00Z";
    assert_eq!(names(&world.send(overturned, reopened(1, overturned, 2))), ["ClockStarted"]);
    let second = world.clock(1);
    assert_eq!((second.state, second.round, second.started_at), (ClockState::Running, 2, utc(overturned)));
    assert_eq!(second.due_at, utc("2026-12-01T17:00:00Z"), "two business days after a Friday");

    assert_eq!(names(&world.accept(1, "2026-11-30T09:00:00Z")), ["ClockMet"]);
    let clocks: Vec<_> = world.state.clocks_of(handoff(1)).into_iter().cloned().collect();
    assert_eq!(clocks, [first, world.clock(1)]);
    assert_eq!((clocks[1].state, clocks[1].breached_at), (ClockState::Met, None));
}

#[test]
fn a_round_begins_once() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    world.send(MONDAY, rejected(1, "2026-11-23T09:00:00Z"));
    let overturned = "2026-11-24T09:00:00Z";
    world.send(overturned, reopened(1, overturned, 2));
    assert_eq!(world.send(overturned, reopened(1, overturned, 2)), [], "it runs already");
    world.accept(1, "2026-11-24T10:00:00Z");
    assert_eq!(world.send(overturned, reopened(1, overturned, 2)), [], "it is over already");
    assert_eq!(world.clock(1).round, 2);
}

#[test]
fn each_round_can_be_breached_for_itself() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    world.send(MONDAY, rejected(1, "2026-11-23T09:00:00Z"));
    let overturned = "2026-11-24T09:00:00Z";
    world.send(overturned, reopened(1, overturned, 2));
    assert_eq!(names(&world.fire("2026-12-01T00:00:00Z")), ["ClockBreached"]);
    let of_both: Vec<_> = world.state.clocks_of(handoff(1)).iter().map(|clock| clock.breached_at).collect();
    assert_eq!(of_both, [None, at("2026-11-26T17:00:00Z")]);
    assert_eq!(world.clock(1).state, ClockState::Running, "the overrun is measured");
}

#[test]
fn clocks_of_one_handoff_are_found_by_the_latest_however_they_were_loaded() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    world.send(MONDAY, rejected(1, "2026-11-23T09:00:00Z"));
    world.send("2026-11-24T09:00:00Z", reopened(1, "2026-11-24T09:00:00Z", 2));
    let clocks: Vec<_> = world.state.clocks_of(handoff(1)).into_iter().cloned().collect();
    for order in [[0, 1], [1, 0]] {
        world.state = Default::default();
        order.into_iter().for_each(|index: usize| world.state.load_clock(clocks[index].clone()));
        assert_eq!(world.clock(1).round, 2);
    }
}
