//! Calendars of a tenant, and what a new version does to clocks that run.

use handoff_domain::calendar::{Definition, Exception, LocalInterval};
use handoff_domain::error::Error;
use handoff_domain::id::CalendarId;
use handoff_domain::sla::{ClockState, Contract, Event};

use super::world::{MONDAY, World, names, tenant};
use crate::calendar::{date, interval, utc};

const HOUR_US: i64 = 3_600_000_000;

/// The starter calendar with a holiday on the date.
fn with_holiday(world: &World, on: &str) -> Definition {
    let mut hours = world.hours();
    hours.exceptions.insert(date(on), Exception::default());
    hours
}

fn office(hours: &str) -> Definition {
    let mut definition = Definition::office_hours(chrono_tz::Europe::Rome);
    for day in definition.weekly_hours.iter_mut().filter(|day| !day.is_empty()) {
        *day = vec![interval(hours)];
    }
    definition
}

#[test]
fn a_calendar_is_made_changed_and_left_alone_if_it_is_the_same() {
    let mut world = World::new(None);
    let versions = |events: Vec<Event>| -> Vec<u32> {
        let version = |event: &Event| match event {
            Event::CalendarVersioned { version, .. } => *version,
            other => panic!("{other:?}"),
        };
        events.iter().map(version).collect()
    };
    let (early, late) = (office("07:00-15:00"), office("11:00-19:00"));
    assert_eq!(versions(world.put(MONDAY, "early", &early).expect("valid")), [1]);
    assert_eq!(versions(world.put(MONDAY, "early", &late).expect("valid")), [2]);
    assert!(versions(world.put(MONDAY, "early", &late).expect("valid")).is_empty());
    assert_eq!(versions(world.put(MONDAY, "default", &late).expect("valid")), [2]);
}

#[test]
fn edge_21_a_calendar_that_never_opens_is_not_saved() {
    let mut world = World::new(None);
    let mut never = world.hours();
    never.weekly_hours = Default::default();
    let Err(Error::Invalid(violations)) = world.put(MONDAY, "Never", &never) else { panic!("refused") };
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["name", "weekly_hours"], "every violation at once");
}

#[test]
fn edge_22_a_holiday_added_while_clocks_run_moves_what_is_left() {
    let mut world = World::new(None);
    assert_eq!(world.qualify(1, MONDAY).due_at, utc("2026-11-25T17:00:00Z"));
    let holiday = with_holiday(&world, "2026-11-25");
    let events = world.put("2026-11-24T09:00:00Z", "default", &holiday).expect("valid");
    assert_eq!(names(&events), ["CalendarVersioned", "ClockDeadlineMoved"]);
    let clock = world.clock(1);
    assert_eq!(clock.due_at, utc("2026-11-26T17:00:00Z"));
    assert_eq!(clock.calendar_version, 2);
    world.accept(1, "2026-11-26T17:00:00Z");
    let clock = world.clock(1);
    assert_eq!(clock.state, ClockState::Met);
    assert_eq!(clock.elapsed.expect("a decision").business_days, 2);
}

#[test]
fn edge_22_time_that_has_elapsed_stays() {
    let mut world = World::new(Some("12h"));
    assert_eq!(world.qualify(1, MONDAY).due_at, utc("2026-11-24T11:00:00Z"));
    // On Tuesday at 11:00 local time eleven hours have gone; the hours of the past change nothing about that.
    let short = office("10:00-11:30");
    world.put("2026-11-24T10:00:00Z", "default", &short).expect("valid");
    let clock = world.clock(1);
    assert_eq!(clock.carried.as_ref().expect("carried").business_us, 11 * HOUR_US);
    assert_eq!(clock.due_at, utc("2026-11-25T09:30:00Z"), "half an hour on Tuesday, half on Wednesday");
    // A second change in the middle of what is left.
    world.put("2026-11-25T09:15:00Z", "default", &office("12:00-13:00")).expect("valid");
    assert_eq!(world.clock(1).due_at, utc("2026-11-25T11:15:00Z"));
    world.accept(1, "2026-11-25T11:15:00Z");
    let clock = world.clock(1);
    assert_eq!(
        (clock.state, clock.elapsed.expect("a decision").business_us),
        (ClockState::Met, 12 * HOUR_US)
    );
}

#[test]
fn edge_22_a_day_that_has_closed_counts_once_even_if_its_hours_are_extended() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    // Tuesday has closed at 18:00; from now on days close at 20:00, this one is not counted again.
    world.put("2026-11-24T17:30:00Z", "default", &office("09:00-20:00")).expect("valid");
    let clock = world.clock(1);
    assert_eq!(clock.carried.as_ref().map(|carried| carried.business_days), Some(1));
    assert_eq!(clock.due_at, utc("2026-11-25T19:00:00Z"));
}

#[test]
fn edge_22_a_holiday_taken_back_after_it_has_passed_changes_nothing() {
    let mut world = World::new(None);
    let without = world.hours();
    let holiday = with_holiday(&world, "2026-11-24");
    world.put("2026-11-01T00:00:00Z", "default", &holiday).expect("valid");
    assert_eq!(world.qualify(1, MONDAY).due_at, utc("2026-11-26T17:00:00Z"));
    world.put("2026-11-25T09:00:00Z", "default", &without).expect("valid");
    assert_eq!(world.clock(1).due_at, utc("2026-11-26T17:00:00Z"));
    world.accept(1, "2026-11-26T10:00:00Z");
    let elapsed = world.clock(1).elapsed.expect("a decision");
    assert_eq!((elapsed.business_days, elapsed.business_us), (2, (9 + 9 + 2) * HOUR_US));
}

#[test]
fn a_deadline_that_has_passed_does_not_move() {
    let mut world = World::new(None);
    let due = world.qualify(1, MONDAY).due_at;
    world.put("2026-11-27T09:00:00Z", "default", &office("09:00-10:00")).expect("valid");
    assert_eq!(world.clock(1).due_at, due);
    world.accept(1, "2026-11-27T09:00:00Z");
    let elapsed = world.clock(1).elapsed.expect("a decision");
    assert_eq!(elapsed.business_us, (4 * 9 + 1) * HOUR_US, "the overrun was measured on");
    assert_eq!(elapsed.business_days, 4);
}

#[test]
fn calendar_time_knows_no_calendar() {
    let mut world = World::new(Some("48h calendar"));
    let due = world.qualify(1, MONDAY).due_at;
    let holiday = with_holiday(&world, "2026-11-24");
    world.put("2026-11-23T09:00:00Z", "default", &holiday).expect("valid");
    assert_eq!(world.clock(1).due_at, due);
}

#[test]
fn clocks_in_another_calendar_and_clocks_that_have_ended_stay_as_they_are() {
    let mut world = World::new(None);
    world.qualify(1, MONDAY);
    world.accept(1, "2026-11-23T09:00:00Z");
    let ended = world.clock(1);
    world.qualify(2, MONDAY);
    world.put(MONDAY, "early", &office("07:00-15:00")).expect("valid");
    let old = world.state.contract_at(utc(MONDAY)).expect("the starter contract").clone();
    let calendar = CalendarId::from_slug(tenant(), "early");
    let from = utc("2026-11-24T00:00:00Z");
    world.state.apply(&Event::ContractEffective(Contract {
        version: 2,
        effective_from: from,
        calendar,
        ..old
    }));
    let elsewhere = world.qualify(3, "2026-11-24T08:00:00Z");
    let events = world.put("2026-11-24T09:00:00Z", "default", &office("07:00-15:00")).expect("valid");
    assert_eq!(names(&events), ["CalendarVersioned", "ClockDeadlineMoved"]);
    assert_eq!(world.clock(2).calendar_version, 2);
    assert_eq!(world.clock(3), elsewhere);
    assert_eq!(world.clock(1), ended);
}

#[test]
fn a_calendar_that_never_opens_for_long_enough_is_due_at_the_end_of_time() {
    let mut world = World::new(Some("100h"));
    let mut once = world.hours();
    once.weekly_hours = Default::default();
    let open = Exception { hours: vec![LocalInterval::OFFICE], display_name: "once".to_owned() };
    once.exceptions.insert(date("2026-11-30"), open);
    world.put(MONDAY, "default", &once).expect("it does open within ten years");
    assert_eq!(world.qualify(1, MONDAY).due_at, handoff_domain::calendar::END_OF_TIME);
}
