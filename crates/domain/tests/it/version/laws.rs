//! Laws of versions, over random histories of people who edit, sign, change side, leave and come back.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::version::{
    Command, ContentHash, Document, Member, Subject, Version, VersionEvent, VersionState, Versions, diff,
    starter, take_effect,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{PEOPLE, World, document};

const CONTENTS: [&[(&str, &str)]; 4] = [&[], &[("a", "1")], &[("a", "2")], &[("a", "2"), ("b", "")]];

/// What somebody does some time after what happened before it.
#[derive(Debug, Clone)]
enum Step {
    /// Whatever comes next, most often: without that, few histories would get anywhere.
    GoOn(usize),
    Draft(usize),
    Submit,
    /// Of the content with this index, or of what the version says.
    Sign(Option<usize>),
    WithdrawSignature,
    Withdraw,
    Schedule(i64),
    Judge,
    Change(Side, bool),
}

#[derive(Debug, Clone)]
struct Move {
    who: usize,
    minutes: i64,
    /// How many versions before the last one is meant.
    back: u32,
    step: Step,
}

fn step() -> impl Strategy<Value = Step> {
    let side = prop_oneof![Just(Side::Marketing), Just(Side::Sales)];
    let active = prop_oneof![3 => Just(true), 1 => Just(false)];
    prop_oneof![
        20 => (0..CONTENTS.len()).prop_map(Step::GoOn),
        2 => (0..CONTENTS.len()).prop_map(Step::Draft),
        1 => Just(Step::Submit),
        2 => Just(Step::Sign(None)),
        1 => (0..CONTENTS.len()).prop_map(|content| Step::Sign(Some(content))),
        1 => Just(Step::WithdrawSignature),
        1 => Just(Step::Withdraw),
        1 => Just(Step::Schedule(0)),
        2 => (-5_i64..60).prop_map(Step::Schedule),
        2 => Just(Step::Judge),
        3 => (side, active).prop_map(|(side, active)| Step::Change(side, active)),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let back = prop_oneof![9 => Just(0_u32), 1 => 0_u32..3];
    let one = (0..PEOPLE.len(), 0_i64..20, back, step());
    vec(one.prop_map(|(who, minutes, back, step)| Move { who, minutes, back, step }), 1..60)
}

/// A contract with its starter, or a scoring model.
fn world(has_starter: bool) -> World {
    let mut world = World::new(if has_starter { Subject::Contract } else { Subject::ScoringModel });
    if has_starter {
        let events = starter(&world.versions, document(CONTENTS[1]), world.now, "services/sla");
        world.apply(&events.expect("a contract"));
    }
    world
}

/// Lets somebody move: the person, what they tried, and whether it was carried out and changed something.
fn play(world: &mut World, a_move: &Move) -> (Actor, Option<Command>, bool) {
    world.now += TimeDelta::minutes(a_move.minutes);
    let (who, _) = PEOPLE[a_move.who];
    let actor = Actor { principal: who.to_owned(), side: world.directory[who].side };
    let last = world.versions.list().last().map_or(0, |version| version.number);
    let version = last.saturating_sub(a_move.back);
    // As everybody sees it, whether or not a timer was running.
    let mut settled = world.versions.clone();
    take_effect(&world.versions, world.now).iter().for_each(|event| settled.apply(event));
    let open = settled.open().map(|version| version.state);
    let step = match (&a_move.step, open) {
        (Step::GoOn(_), Some(VersionState::Draft)) => Step::Submit,
        (Step::GoOn(_), Some(VersionState::InReview)) => Step::Sign(None),
        (Step::GoOn(_), Some(VersionState::Approved)) => Step::Schedule(a_move.minutes),
        (Step::GoOn(_), Some(_)) => Step::Judge,
        (Step::GoOn(content), None) => Step::Draft(*content),
        (step, _) => step.clone(),
    };
    let command = match step {
        Step::GoOn(_) => unreachable!("became another step above"),
        Step::Draft(content) => Command::Draft { document: document(CONTENTS[content]) },
        Step::Submit => Command::Submit { version },
        Step::Sign(content) => {
            let says = world.versions.version(version).map(|version| version.hash);
            let read = content.map(|content| document(CONTENTS[content]).hash()).or(says);
            Command::Sign { version, hash: read.unwrap_or_else(|| Document::default().hash()) }
        }
        Step::WithdrawSignature => Command::WithdrawSignature { version },
        Step::Withdraw => Command::Withdraw { version },
        Step::Schedule(ahead) => {
            Command::Schedule { version, effective_from: world.now + TimeDelta::minutes(ahead) }
        }
        Step::Judge => {
            world.judge();
            return (actor, None, false);
        }
        Step::Change(side, active) => {
            world.change(who, Member { side, active });
            return (actor, None, false);
        }
    };
    let changed = world.run_as(&actor, &command).is_ok_and(|decision| !decision.unchanged);
    (actor, Some(command), changed)
}

/// The keys as they were turned, told from what people did and not from what the versions say of it.
#[derive(Default)]
struct Keys(BTreeMap<u32, Vec<(String, Side, ContentHash)>>);

impl Keys {
    /// What the events of one move mean for the keys. Each version that takes effect must have had both.
    fn follow(&mut self, events: &[VersionEvent], actor: &Actor, member: Member, command: Option<&Command>) {
        for event in events {
            let turned = self.0.entry(event.number()).or_default();
            match event {
                VersionEvent::VersionDrafted(_) | VersionEvent::SignatureWithdrawn(_) => turned.clear(),
                VersionEvent::VersionSigned(_) => {
                    let Some(Command::Sign { hash, .. }) = command else { panic!("signed by {command:?}") };
                    assert!(member.active && member.side == actor.side, "only active users sign");
                    turned.push((actor.principal.clone(), actor.side, *hash));
                }
                VersionEvent::VersionEffective(event) if event.signed => {
                    let [one, other] = turned.as_slice() else { panic!("the keys of {event:?}: {turned:?}") };
                    assert_ne!(one.0, other.0, "one person turns one key");
                    let mut sides = [one.1, other.1];
                    sides.sort();
                    assert_eq!(sides, [Side::Marketing, Side::Sales]);
                    assert_eq!((one.2, other.2), (event.hash, event.hash), "exactly that content");
                }
                VersionEvent::VersionEffective(event) => panic!("unsigned: {event:?}"),
                _ => {}
            }
        }
    }
}

/// What must hold of versions at any time.
fn check(versions: &Versions, directory: &BTreeMap<String, Member>) {
    let list = versions.list();
    let count = |wanted: fn(&Version) -> bool| list.iter().filter(|version| wanted(version)).count();
    assert!(count(|version| version.state.is_open()) <= 1, "one next version");
    assert!(count(|version| version.state == VersionState::Effective) <= 1, "one in effect");
    for (index, version) in list.iter().enumerate() {
        assert_eq!(version.number as usize, index + 1, "1, 2, 3 …");
        assert_eq!(version.hash, version.document.hash());
        let is_starter = versions.subject() == Subject::Contract && version.number == 1;
        match version.state {
            VersionState::Draft => assert!(version.signatures.is_empty()),
            VersionState::InReview => {
                assert!(!version.is_signed());
                let stays = |who: &str, side| directory[who] == Member { side, active: true };
                assert!(version.signatures.iter().all(|it| stays(&it.signed_by, it.side)), "edge case 29");
            }
            _ => assert_ne!(version.is_signed(), is_starter),
        }
        let has_date = matches!(
            version.state,
            VersionState::Scheduled | VersionState::Effective | VersionState::Retired
        );
        assert_eq!(version.effective_from.is_some(), has_date);
        assert_eq!(version.effective_until.is_some(), version.state == VersionState::Retired);
    }
    let mut free_from = DateTime::<Utc>::MIN_UTC;
    for version in list.iter().filter(|version| version.effective_from.is_some()) {
        let from = version.effective_from.expect("filtered");
        let until = version.effective_until.unwrap_or(from);
        assert!(free_from <= from && from <= until, "ranges follow one another: {list:#?}");
        free_from = until;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_is_ever_in_effect_that_one_person_of_each_side_has_not_signed(
        has_starter in any::<bool>(),
        moves in moves(),
    ) {
        let mut world = world(has_starter);
        let mut keys = Keys::default();
        let mut seen = Vec::new();
        for a_move in moves {
            let member = world.directory[PEOPLE[a_move.who].0];
            let before = world.log.len();
            let (actor, command, changed) = play(&mut world, &a_move);
            keys.follow(&world.log[before..], &actor, member, command.as_ref());
            check(&world.versions, &world.directory);
            if changed {
                prop_assert!(take_effect(&world.versions, world.now).is_empty(), "what was due is done");
                let effective = |version: &&Version| version.state == VersionState::Effective;
                let effective = world.versions.list().iter().find(effective);
                prop_assert_eq!(world.versions.in_effect(world.now), effective);
                let open = world.versions.open().map(|version| version.state);
                let is_undone = matches!(
                    command,
                    Some(Command::Draft { .. } | Command::Withdraw { .. } | Command::WithdrawSignature { .. })
                );
                prop_assert!(!is_undone || open == Some(VersionState::Draft), "an edit voids the signatures");
            }
            seen.push((world.now, world.versions.in_effect(world.now).map(|version| version.number)));
        }
        let mut folded = Versions::new(world.versions.subject());
        world.log.iter().for_each(|event| folded.apply(event));
        prop_assert_eq!(&folded, &world.versions);
        let loaded = Versions::load(folded.subject(), folded.list().iter().rev().cloned().collect());
        prop_assert_eq!(loaded, folded);
        // Of several things at one instant, the last is what was.
        let past: BTreeMap<_, _> = seen.into_iter().collect();
        for (at, number) in past {
            prop_assert_eq!(world.versions.in_effect(at).map(|version| version.number), number, "at {}", at);
        }
    }

    #[test]
    fn it_makes_no_difference_how_often_a_timer_looks(has_starter in any::<bool>(), moves in moves()) {
        let (mut idle, mut busy) = (world(has_starter), world(has_starter));
        for a_move in moves.iter().filter(|a_move| !matches!(a_move.step, Step::Judge)) {
            busy.now += TimeDelta::minutes(a_move.minutes);
            busy.judge();
            busy.now -= TimeDelta::minutes(a_move.minutes);
            let (_, _, idle_changed) = play(&mut idle, a_move);
            let (_, _, busy_changed) = play(&mut busy, a_move);
            prop_assert_eq!(idle_changed, busy_changed, "{:?}", a_move);
            busy.judge();
            for minutes in -60..60 {
                let at = idle.now + TimeDelta::minutes(minutes);
                let number = |world: &World| world.versions.in_effect(at).map(|version| version.number);
                prop_assert_eq!(number(&idle), number(&busy), "at {}", at);
            }
        }
        idle.judge();
        prop_assert_eq!(idle.versions, busy.versions);
        prop_assert_eq!(idle.log, busy.log);
    }

    #[test]
    fn between_two_changes_the_same_version_is_in_effect(has_starter in any::<bool>(), moves in moves()) {
        let mut world = world(has_starter);
        for a_move in &moves {
            play(&mut world, a_move);
        }
        let number = |at| world.versions.in_effect(at).map(|version| version.number);
        let (mut at, mut last) = (DateTime::<Utc>::MIN_UTC, None);
        while let Some(next) = world.versions.next_change(at) {
            prop_assert!(next > at);
            prop_assert_eq!(number(next - TimeDelta::microseconds(1)), last, "nothing changes before {}", next);
            prop_assert_ne!(number(next), last, "something changes at {}", next);
            (at, last) = (next, number(next));
        }
        prop_assert_eq!(number(DateTime::<Utc>::MAX_UTC), last);
    }

    #[test]
    fn a_difference_leads_from_the_old_document_to_the_new_one(
        old in proptest::collection::btree_map("[a-c1-2]{0,3}", "[a-b]{0,2}", 0..6),
        new in proptest::collection::btree_map("[a-c1-2]{0,3}", "[a-b]{0,2}", 0..6),
    ) {
        let (old, new) = (Document::from(old), Document::from(new));
        let changes = diff(&old, &new);
        let mut lines = old.lines().clone();
        for change in &changes {
            prop_assert_eq!(lines.get(&change.path), change.before.as_ref());
            prop_assert_ne!(&change.before, &change.after);
            match change.after.clone() {
                Some(after) => lines.insert(change.path.clone(), after),
                None => lines.remove(&change.path),
            };
        }
        prop_assert_eq!(&lines, new.lines());
        prop_assert_eq!(old.hash() == new.hash(), changes.is_empty());
    }
}
