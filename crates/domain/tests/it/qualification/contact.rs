//! Contacts, and which of them are firsts.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::id::LeadId;
use handoff_domain::qualification::command::{Command, LeadRef, RecordContact};
use handoff_domain::qualification::record::{ContactKind, Direction, Firsts};

use super::world::{World, accept, ada, capture, line, mia, qualify};

struct Touch {
    kind: ContactKind,
    direction: Direction,
    human: bool,
}

const CALL: Touch = Touch { kind: ContactKind::Attempt, direction: Direction::Outbound, human: true };
const AUTO_REPLY: Touch = Touch { human: false, ..CALL };
const MAIL_IN: Touch = Touch { direction: Direction::Inbound, ..CALL };
const TALK: Touch = Touch { kind: ContactKind::Connect, ..CALL };
const TALK_IN: Touch = Touch { kind: ContactKind::Connect, ..MAIL_IN };
const MEETING: Touch = Touch { kind: ContactKind::Meeting, ..CALL };

fn contact(lead: LeadId, touch: &Touch, on: Option<&str>, occurred_at: Option<DateTime<Utc>>) -> Command {
    Command::RecordContact(RecordContact {
        lead: LeadRef::Id(lead),
        line: on.map(line),
        kind: touch.kind,
        direction: touch.direction,
        human: touch.human,
        channel: "PHONE".to_owned(),
        occurred_at,
    })
}

/// Which firsts a single contact makes: attempt, connect, meeting.
#[track_caller]
fn check(touch: &Touch, expected: [bool; 3]) {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    world.ok(&ada(), contact(lead, touch, None, None));
    let Firsts { attempt_at, connect_at, meeting_at } = world.handoff(handoff).firsts;
    assert_eq!([attempt_at, connect_at, meeting_at].map(|first| first.is_some()), expected);
    assert_eq!(world.state.changes().contacts[0].handoff, Some(handoff));
}

#[test]
fn only_a_human_who_calls_out_attempts() {
    check(&CALL, [true, false, false]);
    check(&AUTO_REPLY, [false, false, false]);
    check(&MAIL_IN, [false, false, false]);
}

#[test]
fn who_speaks_or_meets_has_reached_the_lead() {
    check(&TALK, [true, true, false]);
    check(&TALK_IN, [false, true, false]);
    check(&MEETING, [true, true, true]);
}

#[test]
fn a_machine_can_neither_speak_nor_meet() {
    let mut world = World::new();
    let (lead, _) = world.assigned();
    for touch in [TALK, MEETING] {
        world.invalid(&ada(), contact(lead, &Touch { human: false, ..touch }, None, None), "human");
    }
}

#[test]
fn the_first_is_the_earliest_even_if_it_is_told_late() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    world.wait(TimeDelta::hours(5));
    let now = world.now;
    for (hours_ago, first_hours_ago) in [(2, 2), (1, 2), (3, 3)] {
        world.ok(&ada(), contact(lead, &CALL, None, Some(now - TimeDelta::hours(hours_ago))));
        let first = world.handoff(handoff).firsts.attempt_at;
        assert_eq!(first, Some(now - TimeDelta::hours(first_hours_ago)));
    }
    assert_eq!(world.state.changes().contacts.len(), 3);
}

#[test]
fn a_contact_counts_for_the_open_handoff_or_else_the_latest() {
    let mut world = World::new();
    let (lead, first) = world.assigned();
    world.ok(&ada(), accept(first));
    world.wait(TimeDelta::hours(1));
    world.ok(&ada(), contact(lead, &CALL, None, None));
    assert!(world.handoff(first).firsts.attempt_at.is_some());

    world.ok(&mia(), qualify(lead, "hats"));
    world.ok(&ada(), contact(lead, &CALL, None, None));
    let hats = world.state.dossier(lead).expect("captured").open_handoff(&line("hats")).expect("open").id;
    assert!(world.handoff(hats).firsts.attempt_at.is_some(), "the open one comes before the decided one");

    world.ok(&ada(), contact(lead, &TALK, Some("default"), None));
    assert!(world.handoff(first).firsts.connect_at.is_some(), "the line decides where it is given");
    assert!(world.handoff(hats).firsts.connect_at.is_none());
}

#[test]
fn a_contact_with_a_lead_that_was_never_handed_over_counts_for_nothing_and_is_kept() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    world.ok(&ada(), contact(lead, &CALL, None, None));
    assert_eq!(world.state.changes().contacts[0].handoff, None);
}

#[test]
fn edge_14_a_contact_of_the_future_is_refused() {
    let mut world = World::new();
    let (lead, _) = world.assigned();
    let later = world.now + TimeDelta::minutes(6);
    world.invalid(&ada(), contact(lead, &CALL, None, Some(later)), "occurred_at");
}
