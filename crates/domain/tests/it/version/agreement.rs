//! How the two sides come to an agreement.

use handoff_domain::actor::Side;
use handoff_domain::error::Reason;
use handoff_domain::version::{Command, VersionState, diff};

use super::world::{CRITERIA, FRIDAY, MONDAY, World, document, names};
use crate::calendar::utc;

const FIRST: &[(&str, &str)] = &[("criteria.employees", "50 or more"), ("criteria.employees.weight", "10")];
const HEAVIER: &[(&str, &str)] = &[("criteria.employees", "50 or more"), ("criteria.employees.weight", "20")];

#[test]
fn r16_both_teams_sit_down_and_decide_together_what_makes_a_lead_worth_a_call() {
    let mut world = World::new(CRITERIA);

    // Marketing drafts and puts it before both sides.
    let drafted = world.ok("users/mia", Command::Draft { document: document(FIRST) });
    assert_eq!((drafted.version, drafted.unchanged), (1, false));
    assert_eq!(names(&drafted.events), ["VersionDrafted"]);
    world.ok("users/mia", Command::Submit { version: 1 });

    // Sales reads it and signs.
    let read = world.hash(1);
    world.ok("users/ada", Command::Sign { version: 1, hash: read });
    assert_eq!(world.state(1), VersionState::InReview);

    // Marketing changes a weight: the signature is void, and sales would sign something it has not read.
    let edited = world.ok("users/max", Command::Draft { document: document(HEAVIER) });
    assert_eq!(edited.version, 1, "it is still the next version");
    assert_eq!(world.state(1), VersionState::Draft);
    assert!(world.version(1).signatures.is_empty());
    let facts = world.refused("users/ada", Command::Sign { version: 1, hash: read }, Reason::ContentChanged);
    assert_eq!((&facts["read"], &facts["current"]), (&read.to_string(), &world.hash(1).to_string()));
    let changes = diff(&document(FIRST), &world.version(1).document);
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(changes, ["criteria.employees.weight: 10 becomes 20"]);

    // Both sign what it says now.
    world.ok("users/max", Command::Submit { version: 1 });
    assert_eq!(names(&world.sign("users/ada", 1).events), ["VersionSigned"]);
    assert_eq!(names(&world.sign("users/max", 1).events), ["VersionSigned", "VersionApproved"]);
    assert_eq!(world.versions.in_effect(world.now), None, "approved is not in effect");

    // It takes effect on Monday, and not before.
    world.ok("users/ada", Command::Schedule { version: 1, effective_from: utc(MONDAY) });
    assert_eq!(world.state(1), VersionState::Scheduled);
    assert_eq!(world.number_at("2026-11-30T07:59:59.999999Z"), None);
    assert_eq!(world.number_at(MONDAY), Some(1));
    world.now = utc(MONDAY);
    assert_eq!(names(&world.judge()), ["VersionEffective"]);
    let version = world.version(1);
    assert_eq!((version.state, version.effective_from), (VersionState::Effective, Some(utc(MONDAY))));
    assert_eq!((version.is_signed(), version.drafted_by.as_str()), (true, "users/max"));
}

#[test]
fn the_next_version_is_drafted_while_another_is_in_effect_and_replaces_it() {
    let mut world = World::in_effect(FIRST);
    assert_eq!(world.number_at(FRIDAY), Some(1), "a schedule for now takes effect at once");
    assert_eq!(world.approve(HEAVIER), 2);
    assert_eq!((world.state(1), world.state(2)), (VersionState::Effective, VersionState::Approved));
    world.ok("users/sam", Command::Schedule { version: 2, effective_from: utc(MONDAY) });
    world.now = utc(MONDAY);
    assert_eq!(names(&world.judge()), ["VersionRetired", "VersionEffective"]);
    assert_eq!(world.version(1).effective_until, world.version(2).effective_from);
    assert_eq!((world.state(1), world.state(2)), (VersionState::Retired, VersionState::Effective));
}

#[test]
fn an_edit_before_it_takes_effect_makes_any_version_a_draft_without_signatures() {
    for schedule in [false, true] {
        let mut world = World::in_effect(FIRST);
        world.approve(HEAVIER);
        if schedule {
            world.ok("users/mia", Command::Schedule { version: 2, effective_from: utc(MONDAY) });
        }
        let edit = world.ok("users/sam", Command::Draft { document: document(&[("a", "1")]) });
        assert_eq!(edit.version, 2);
        let version = world.version(2);
        assert_eq!((version.state, version.effective_from), (VersionState::Draft, None));
        assert!(version.signatures.is_empty());
        assert_eq!(version.drafted_by, "users/sam");
        assert_eq!(world.number_at(MONDAY), Some(1), "what was scheduled does not come");
    }
}

#[test]
fn a_version_is_taken_back_whole_until_it_takes_effect() {
    for schedule in [false, true] {
        let mut world = World::new(CRITERIA);
        world.approve(FIRST);
        if schedule {
            world.ok("users/mia", Command::Schedule { version: 1, effective_from: utc(MONDAY) });
        }
        let hash = world.hash(1);
        assert_eq!(
            names(&world.ok("users/sam", Command::Withdraw { version: 1 }).events),
            ["VersionDrafted"]
        );
        let version = world.version(1);
        assert_eq!((version.state, version.effective_from), (VersionState::Draft, None));
        assert_eq!((version.hash, version.drafted_by.as_str()), (hash, "users/mia"), "it says what it said");
        assert!(world.ok("users/sam", Command::Withdraw { version: 1 }).unchanged);
    }
    let mut world = World::in_effect(FIRST);
    let facts = world.refused("users/mia", Command::Withdraw { version: 1 }, Reason::IllegalState);
    assert_eq!(facts["state"], "EFFECTIVE");
}

#[test]
fn a_signature_is_taken_back_by_its_signer_alone_and_makes_the_version_a_draft() {
    let mut world = World::new(CRITERIA);
    world.approve(FIRST);
    assert!(world.ok("users/max", Command::WithdrawSignature { version: 1 }).unchanged, "he has none there");
    let events = world.ok("users/mia", Command::WithdrawSignature { version: 1 }).events;
    assert_eq!(names(&events), ["SignatureWithdrawn"]);
    assert_eq!(world.state(1), VersionState::Draft);
    assert!(world.version(1).signatures.is_empty(), "a draft carries no signature, of neither side");
    let mut world = World::in_effect(FIRST);
    world.refused("users/mia", Command::WithdrawSignature { version: 1 }, Reason::IllegalState);
}

#[test]
fn a_signature_on_another_content_is_none() {
    let mut world = World::new(CRITERIA);
    world.approve(FIRST);
    let mut version = world.version(1).clone();
    assert!(version.is_signed());
    version.hash = document(HEAVIER).hash();
    assert_eq!(version.missing(), [Side::Marketing, Side::Sales]);
}

#[test]
fn drafting_what_is_there_already_is_unchanged() {
    let mut world = World::in_effect(FIRST);
    let same = world.ok("users/ada", Command::Draft { document: document(FIRST) });
    assert_eq!((same.events, same.version, same.unchanged), (vec![], 1, true));
    world.approve(HEAVIER);
    let same = world.ok("users/ada", Command::Draft { document: document(HEAVIER) });
    assert_eq!((same.events, same.version, same.unchanged), (vec![], 2, true));
    assert_eq!(world.state(2), VersionState::Approved, "the signatures stand");
    let same = world.ok("users/ada", Command::Draft { document: document(FIRST) });
    assert_eq!((same.events, same.version, same.unchanged), (vec![], 1, true));
    // What is no longer in effect may come back.
    world.ok("users/ada", Command::Schedule { version: 2, effective_from: world.now });
    assert_eq!(world.ok("users/ada", Command::Draft { document: document(FIRST) }).version, 3);
}

#[test]
fn what_is_done_already_is_unchanged() {
    let mut world = World::new(CRITERIA);
    world.review(FIRST);
    let repeats = |world: &mut World, who: &str, command: &Command| {
        let decision = world.run(who, command).expect("a repeat");
        assert!(decision.unchanged && decision.events.is_empty(), "{command:?}");
    };
    repeats(&mut world, "users/mia", &Command::Submit { version: 1 });
    let sign = Command::Sign { version: 1, hash: world.hash(1) };
    world.ok("users/mia", sign.clone());
    repeats(&mut world, "users/mia", &sign);
    world.ok("users/ada", sign.clone());
    repeats(&mut world, "users/mia", &sign);
    let schedule = Command::Schedule { version: 1, effective_from: utc(MONDAY) };
    world.ok("users/mia", schedule.clone());
    repeats(&mut world, "users/ada", &schedule);
    world.now = utc(MONDAY);
    world.judge();
    repeats(&mut world, "users/ada", &schedule);
}
