//! What is in effect at an instant, past or planned, and how versions follow one another.

use chrono::TimeDelta;
use handoff_domain::error::Reason;
use handoff_domain::version::{Command, Subject, VersionEvent, VersionState, Versions, starter};

use super::world::{FRIDAY, MONDAY, World, document, names};
use crate::calendar::utc;

const FIRST: &[(&str, &str)] = &[("gate.known", "yes")];
const SECOND: &[(&str, &str)] = &[("gate.known", "yes"), ("gate.employees", "50 or more")];

/// Version 1 in effect since Friday, version 2 from Monday on.
fn planned() -> World {
    let mut world = World::in_effect(FIRST);
    world.approve(SECOND);
    world.ok("users/mia", Command::Schedule { version: 2, effective_from: utc(MONDAY) });
    world
}

#[test]
fn edge_28_it_is_known_of_every_instant_whether_a_version_is_in_effect() {
    let world = planned();
    let at = |text| world.number_at(text);
    assert_eq!(at("2026-11-27T08:59:59.999999Z"), None);
    assert_eq!(at(FRIDAY), Some(1));
    assert_eq!(at("2026-11-30T07:59:59.999999Z"), Some(1));
    assert_eq!(at(MONDAY), Some(2));
    assert_eq!(at("2030-01-01T00:00:00Z"), Some(2));
    assert_eq!(world.versions.next_change(utc("2026-01-01T00:00:00Z")), Some(utc(FRIDAY)));
    assert_eq!(world.versions.next_change(utc(FRIDAY)), Some(utc(MONDAY)));
    assert_eq!(world.versions.next_change(utc(MONDAY)), None);
}

#[test]
fn a_version_takes_effect_at_its_instant_however_late_that_is_noticed() {
    let mut world = planned();
    world.now = utc(MONDAY) + TimeDelta::days(3);
    assert_eq!(world.number_at(MONDAY), Some(2), "it does not take a timer to know");
    let events = world.judge();
    assert_eq!(names(&events), ["VersionRetired", "VersionEffective"]);
    assert!(events.iter().all(|event| event.occurred_at() == utc(MONDAY)));
    assert_eq!(world.version(1).effective_until, Some(utc(MONDAY)));
    assert_eq!(world.version(2).effective_from, Some(utc(MONDAY)));
    assert!(world.judge().is_empty());
}

#[test]
fn what_is_due_is_not_edited_or_taken_back_because_no_timer_was_running() {
    let mut world = planned();
    world.now = utc(MONDAY);
    let facts = world.refused("users/mia", Command::Withdraw { version: 2 }, Reason::IllegalState);
    assert_eq!(facts["state"], "EFFECTIVE");
    let drafted = world.ok("users/mia", Command::Draft { document: document(FIRST) });
    assert_eq!(names(&drafted.events), ["VersionRetired", "VersionEffective", "VersionDrafted"]);
    assert_eq!(drafted.version, 3, "version 2 is in effect and does not change");
}

#[test]
fn nothing_is_in_effect_any_more_when_both_sides_have_signed_for_that() {
    let mut world = World::in_effect(FIRST);
    assert_eq!(world.approve(&[]), 2);
    world.ok("users/ada", Command::Schedule { version: 2, effective_from: utc(MONDAY) });
    assert_eq!(world.number_at("2026-11-30T07:59:59.999999Z"), Some(1));
    assert_eq!(world.number_at(MONDAY), None);
    assert_eq!(world.versions.next_change(world.now), Some(utc(MONDAY)));
    world.now = utc(MONDAY);
    assert_eq!(names(&world.judge()), ["VersionRetired", "VersionEffective", "VersionRetired"]);
    assert_eq!((world.state(1), world.state(2)), (VersionState::Retired, VersionState::Retired));
    assert_eq!((world.number_at(FRIDAY), world.number_at(MONDAY)), (Some(1), None));
    // And begins again with a version that says something.
    let empty = Command::Draft { document: document(&[]) };
    world.refused("users/ada", empty, Reason::IllegalState);
    world.approve(SECOND);
    world.ok("users/ada", Command::Schedule { version: 3, effective_from: world.now });
    assert_eq!(world.number_at(MONDAY), Some(3));
}

#[test]
fn an_end_needs_something_to_end() {
    let mut world = World::new(Subject::ScoringModel);
    let facts = world.refused("users/mia", Command::Draft { document: document(&[]) }, Reason::IllegalState);
    assert_eq!(facts["subject"], "scoring-model");
}

#[test]
fn a_starter_contract_is_in_effect_unsigned_until_a_signed_one_replaces_it() {
    let mut world = World::new(Subject::Contract);
    let terms = &[("sales.decide", "2 business days")];
    let starts = |world: &World| starter(&world.versions, document(terms), utc(FRIDAY), "services/sla");
    let events = starts(&world).expect("a contract");
    assert!(matches!(events.last(), Some(VersionEvent::VersionEffective(event)) if !event.signed));
    world.apply(&events);
    assert_eq!(starts(&world), Ok(vec![]), "a tenant starts once");
    let version = world.versions.in_effect(utc(FRIDAY)).expect("the starter");
    assert_eq!((version.number, version.is_signed()), (1, false));

    // The same terms, signed, are another version.
    assert_eq!(world.approve(terms), 2);
    let scheduled = world.ok("users/mia", Command::Schedule { version: 2, effective_from: world.now });
    assert_eq!(names(&scheduled.events), ["VersionScheduled", "VersionRetired", "VersionEffective"]);
    let version = world.versions.in_effect(utc(FRIDAY)).expect("the signed one");
    assert_eq!((version.number, version.is_signed()), (2, true));
    assert!(world.ok("users/mia", Command::Draft { document: document(terms) }).unchanged);
}

#[test]
fn a_subject_takes_its_own_events_out_of_a_log() {
    let (criteria, mut model) = (World::in_effect(FIRST), World::new(Subject::ScoringModel));
    model.approve(SECOND);
    let mut folded = Versions::new(Subject::ScoringModel);
    criteria.log.iter().chain(&model.log).for_each(|event| folded.apply(event));
    assert_eq!(folded, model.versions);
}

#[test]
fn finer_than_a_microsecond_is_cut_off_as_the_store_would() {
    let mut world = World::new(Subject::ScoringModel);
    world.approve(FIRST);
    let at = utc("2026-11-30T08:00:00.000000999Z");
    world.ok("users/mia", Command::Schedule { version: 1, effective_from: at });
    assert_eq!(world.version(1).effective_from, Some(utc(MONDAY)));
}
