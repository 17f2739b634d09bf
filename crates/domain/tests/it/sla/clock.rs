//! The DECIDE clock: when it starts, what ends it, and what a breach is.

use chrono::TimeDelta;
use handoff_domain::sla::{CancelReason, ClockState, Command, Contract, Event};
use handoff_domain::target::Target;

use super::world::{MONDAY, World, at, handoff, names, qualified};
use crate::calendar::utc;

const HOUR_US: i64 = 3_600_000_000;

#[test]
fn a_tenant_starts_with_an_unsigned_contract_from_its_creation() {
    let mut world = World::new(None);
    assert_eq!(names(&world.log), ["CalendarVersioned", "ContractEffective"]);
    let contract = world.state.contract_at(utc(MONDAY)).expect("the starter contract").clone();
    assert_eq!(contract.decide, Target::BusinessDays(2));
    assert_eq!((contract.version, contract.is_signed), (1, false));
    assert_eq!(contract.effective_from, utc("2026-11-01T00:00:00Z"));
    let again = Command::TenantChanged {
        time_zone: chrono_tz::Asia::Kolkata,
        effective_from: utc(MONDAY),
        decide: Some(Target::BusinessDays(9)),
    };
    assert_eq!(world.send(MONDAY, again), [], "a change of the tenant leaves its contract alone");
}

#[test]
fn the_target_given_at_creation_takes_the_place_of_two_business_days() {
    let mut world = World::new(Some("5s calendar"));
    assert_eq!(world.qualify(1, MONDAY).due_at, utc("2026-11-23T08:00:05Z"));
}

#[test]
fn a_clock_starts_with_the_mql_and_is_met_by_a_decision_in_time() {
    let mut world = World::new(None);
    let clock = world.qualify(1, MONDAY);
    assert_eq!(clock.state, ClockState::Running);
    assert_eq!(clock.due_at, utc("2026-11-25T17:00:00Z"), "Wednesday at closing time");
    let events = world.accept(1, "2026-11-24T09:00:00Z");
    assert_eq!(names(&events), ["ClockMet"]);
    let clock = world.clock(1);
    assert_eq!((clock.state, clock.breached_at), (ClockState::Met, None));
    let elapsed = clock.elapsed.expect("a decision");
    assert_eq!(elapsed.business_us, 10 * HOUR_US);
    assert_eq!(elapsed.calendar_us, 25 * HOUR_US);
    assert_eq!(elapsed.business_days, 1);
}

#[test]
fn a_rejection_is_a_decision_too() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    let command = Command::HandoffRejected { handoff: handoff(1), at: utc("2026-11-23T09:00:00Z") };
    assert_eq!(names(&world.send("2026-11-23T09:00:00Z", command)), ["ClockMet"]);
}

#[test]
fn edge_16_a_stop_at_the_deadline_is_met_and_a_microsecond_later_is_late() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    world.qualify(2, MONDAY);
    assert_eq!(world.fire("2026-11-25T17:00:00Z"), [], "at the deadline itself a decision is still in time");
    assert_eq!(names(&world.accept(1, "2026-11-25T17:00:00Z")), ["ClockMet"]);
    assert_eq!(world.clock(1).state, ClockState::Met);
    let events = world.accept(2, "2026-11-25T17:00:00.000001Z");
    assert_eq!(names(&events), ["ClockBreached", "ClockMet"], "no worker had noticed the breach");
    let late = world.clock(2);
    assert_eq!((late.state, late.breached_at), (ClockState::MetLate, at("2026-11-25T17:00:00Z")));
    assert_eq!(late.elapsed.expect("a decision").business_days, 3);
}

#[test]
fn edge_20_an_mql_outside_hours_runs_and_nothing_elapses() {
    let mut world = World::new(Some("4h"));
    let clock = world.qualify(1, "2026-11-21T10:00:00Z");
    assert!(clock.is_running());
    assert_eq!(clock.due_at, utc("2026-11-23T12:00:00Z"), "four hours into Monday");
    let calendar = world.state.calendar(clock.calendar).expect("loaded").calendar.clone();
    assert_eq!(clock.measure(&calendar, utc("2026-11-23T08:00:00Z")).business_us, 0);
    assert_eq!(clock.measure(&calendar, utc("2026-11-23T08:30:00Z")).business_us, HOUR_US / 2);
}

#[test]
fn edge_23_a_clock_over_a_night_when_clocks_are_moved_keeps_its_business_time() {
    let mut world = World::new(Some("10h"));
    // Friday before Rome leaves summer time, at 17:00 local time.
    let clock = world.qualify(1, "2026-10-23T15:00:00Z");
    assert_eq!(clock.due_at, utc("2026-10-26T17:00:00Z"), "Monday 18:00, an hour later in UTC");
}

#[test]
fn a_deadline_fires_once_and_the_breach_is_at_the_deadline() {
    let mut world = World::new(None);
    let clock = world.qualify(1, MONDAY);
    assert!(!clock.is_overdue(clock.due_at));
    let events = world.fire("2026-11-27T12:00:00Z");
    assert_eq!(
        events,
        [Event::ClockBreached { clock: clock.id, handoff: handoff(1), at: clock.due_at, notify: true }]
    );
    assert_eq!(world.fire("2026-11-28T12:00:00Z"), []);
    let breached = world.clock(1);
    assert!(breached.is_running() && breached.is_overdue(clock.due_at + TimeDelta::microseconds(1)));
    assert_eq!(names(&world.accept(1, "2026-11-30T09:00:00Z")), ["ClockMet"]);
    let late = world.clock(1);
    assert_eq!((late.state, late.breached_at), (ClockState::MetLate, Some(clock.due_at)), "ever breached");
    assert!(!late.is_overdue(utc("2026-12-31T00:00:00Z")), "and not overdue any more");
}

#[test]
fn deadlines_fire_in_their_order() {
    let mut world = World::new(None);
    world.qualify(1, "2026-11-24T08:00:00Z");
    world.qualify(2, MONDAY);
    world.qualify(3, "2026-12-24T08:00:00Z");
    let order: Vec<_> = world.fire("2026-11-30T00:00:00Z").iter().map(Event::occurred_at).collect();
    assert_eq!(order, [utc("2026-11-25T17:00:00Z"), utc("2026-11-26T17:00:00Z")]);
}

#[test]
fn a_stop_in_time_that_is_heard_after_the_breach_retracts_it() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    world.fire("2026-11-25T18:00:00Z");
    let events = world.accept(1, "2026-11-25T16:59:59.999999Z");
    assert_eq!(names(&events), ["ClockBreachRetracted", "ClockMet"]);
    let clock = world.clock(1);
    assert_eq!((clock.state, clock.breached_at), (ClockState::Met, None));
}

#[test]
fn a_withdrawn_handoff_cancels_its_clock_and_keeps_a_breach_that_came_before() {
    let mut world = World::new(None);
    let withdraw = |number, at| Command::HandoffWithdrawn { handoff: handoff(number), at: utc(at) };
    world.qualify(1, MONDAY);
    world.qualify(2, MONDAY);
    let events = world.send(MONDAY, withdraw(1, "2026-11-24T08:00:00Z"));
    assert_eq!(names(&events), ["ClockCancelled"]);
    let events = world.send(MONDAY, withdraw(2, "2026-11-25T17:00:01Z"));
    assert_eq!(names(&events), ["ClockBreached", "ClockCancelled"]);
    let clock = world.clock(2);
    assert_eq!((clock.state, clock.elapsed), (ClockState::Cancelled, None));
    assert_eq!(clock.breached_at, at("2026-11-25T17:00:00Z"));
}

#[test]
fn an_implied_acceptance_cancels_because_cancel_is_judged_before_stop() {
    let mut world = World::new(None);
    let clock = world.qualify(1, MONDAY);
    let accepted = utc("2026-11-24T08:00:00Z");
    let command = Command::HandoffAccepted { handoff: handoff(1), at: accepted, implied: true };
    let cancelled = Event::ClockCancelled {
        clock: clock.id,
        handoff: handoff(1),
        at: accepted,
        reason: CancelReason::Implied,
    };
    assert_eq!(world.send(MONDAY, command), [cancelled]);
}

#[test]
fn what_was_heard_before_is_without_effect() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    assert_eq!(world.send(MONDAY, qualified(1, MONDAY, MONDAY, false)), [], "started twice");
    assert_eq!(world.accept(7, MONDAY), [], "never started");
    world.accept(1, "2026-11-24T08:00:00Z");
    assert_eq!(world.accept(1, "2026-11-24T09:00:00Z"), [], "stopped twice");
    assert_eq!(world.send(MONDAY, qualified(1, MONDAY, MONDAY, false)), [], "started after its end");
}

#[test]
fn edge_27_keep_a_new_contract_leaves_open_clocks_alone() {
    let mut world = World::new(None);
    let before = world.qualify(1, MONDAY);
    let old = world.state.contract_at(utc(MONDAY)).expect("the starter contract").clone();
    let from = utc("2026-11-24T00:00:00Z");
    let new = Contract {
        version: 2,
        is_signed: true,
        effective_from: from,
        decide: Target::BusinessDays(1),
        ..old
    };
    world.state.apply(&Event::ContractEffective(new));
    assert_eq!(world.clock(1), before);
    let after = world.qualify(2, "2026-11-24T00:00:00Z");
    assert_eq!((after.contract_version, after.due_at), (2, utc("2026-11-25T17:00:00Z")));
    let heard_late = world.qualify(3, "2026-11-23T22:00:00Z");
    assert_eq!(heard_late.contract_version, 1, "the contract of the MQL's time counts");
    assert_eq!(world.state.contract(before.contract, 1).expect("kept").effective_to, Some(from));
}

#[test]
fn edge_43_imported_history_makes_closed_clocks_and_notifies_nobody() {
    let mut world = World::new(None);
    let import = |number, mql_at| qualified(number, mql_at, MONDAY, true);
    world.send(MONDAY, import(1, "2025-03-03T09:00:00Z"));
    let events = world.accept(1, "2025-03-10T09:00:00Z");
    assert_eq!(names(&events), ["ClockBreached", "ClockMet"]);
    assert!(matches!(events[0], Event::ClockBreached { notify: false, .. }));
    let clock = world.clock(1);
    assert_eq!(clock.contract_version, 1, "history from before the contract is judged by the first one");
    assert_eq!((clock.state, clock.breached_at), (ClockState::MetLate, at("2025-03-05T17:00:00Z")));
    world.send(MONDAY, import(2, "2025-03-03T09:00:00Z"));
    assert_eq!(names(&world.accept(2, "2025-03-03T10:00:00Z")), ["ClockMet"]);
    assert_eq!(world.fire("2027-01-01T00:00:00Z"), []);
}

#[test]
fn edge_43_an_imported_handoff_that_is_still_open_gets_a_live_clock_from_its_mql_time() {
    let mut world = World::new(None);
    world.send("2026-11-23T09:00:00Z", qualified(1, "2026-11-16T09:00:00Z", MONDAY, true));
    world.send("2026-11-23T09:00:00Z", qualified(2, "2026-11-20T09:00:00Z", MONDAY, true));
    let notified = |event: &Event| match event {
        Event::ClockBreached { at, notify, .. } => (*at, *notify),
        other => panic!("{other:?}"),
    };
    let due: Vec<_> = world.fire("2026-11-23T09:00:01Z").iter().map(notified).collect();
    assert_eq!(due, [(utc("2026-11-18T17:00:00Z"), false)], "already due when it was imported");
    let due: Vec<_> = world.fire("2026-12-01T00:00:00Z").iter().map(notified).collect();
    assert_eq!(due, [(utc("2026-11-24T17:00:00Z"), true)], "due afterwards, like any other");
}

#[test]
fn only_changed_records_are_to_be_saved() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    let changes = world.state.take_changes();
    assert_eq!((changes.contracts.len(), changes.calendars.len(), changes.clocks.len()), (1, 1, 1));
    world.accept(7, MONDAY);
    assert_eq!(world.state.take_changes(), Default::default());
    world.accept(1, "2026-11-24T08:00:00Z");
    assert_eq!(world.state.take_changes().clocks, [world.clock(1).id].into());
}

#[test]
fn a_handoff_before_its_tenant_was_heard_of_is_refused() {
    let mut world = World::new(None);
    world.state = Default::default();
    let refused = world.try_send(MONDAY, qualified(1, MONDAY, MONDAY, false)).expect_err("no contract");
    assert!(refused.to_string().starts_with("NO_CONTRACT_IN_EFFECT"), "{refused}");
}
