//! What is refused, with what the signer needs to go on.

use chrono::TimeDelta;
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::{Error, Reason};
use handoff_domain::version::{Command, Member, Subject, Versions, starter};

use super::world::{CRITERIA, FRIDAY, MONDAY, World, document};
use crate::calendar::utc;

const LINES: &[(&str, &str)] = &[("gate.known", "yes")];

#[test]
fn system_never_signs_nor_does_it_do_anything_else_that_the_sides_agree_on() {
    let mut world = World::new(CRITERIA);
    world.review(LINES);
    let hash = world.hash(1);
    let commands = [
        Command::Draft { document: document(LINES) },
        Command::Submit { version: 1 },
        Command::Sign { version: 1, hash },
        Command::WithdrawSignature { version: 1 },
        Command::Withdraw { version: 1 },
        Command::Schedule { version: 1, effective_from: utc(MONDAY) },
    ];
    let system = Actor { principal: "services/sla".to_owned(), side: Side::System };
    for command in commands {
        let Err(Error::Refused { reason, facts }) = world.run_as(&system, &command) else {
            panic!("{command:?} of SYSTEM was not refused")
        };
        assert_eq!((reason, facts["side"].as_str()), (Reason::WrongSide, "MARKETING, SALES"));
    }
}

#[test]
fn only_an_active_user_of_the_side_signs_for_it() {
    let mut world = World::new(CRITERIA);
    world.review(LINES);
    let sign = Command::Sign { version: 1, hash: world.hash(1) };
    let mut refused = |principal: &str, side, known_as: &str| {
        let Err(Error::Refused { reason, facts }) =
            world.run_as(&Actor { principal: principal.to_owned(), side }, &sign)
        else {
            panic!("{principal} signed for {side}")
        };
        assert_eq!((reason, facts["known_as"].as_str()), (Reason::SignerNotAvailable, known_as));
    };
    refused("services/crm", Side::Sales, "no user");
    refused("users/zoe", Side::Sales, "no user");
    refused("users/mia", Side::Sales, "active user of MARKETING");
    world.change("users/ada", Member { side: Side::Sales, active: false });
    let facts = world.refused("users/ada", sign, Reason::SignerNotAvailable);
    assert_eq!(facts["known_as"], "inactive user of SALES");
    assert_eq!(facts["way_out"], "an active user of SALES signs");
}

#[test]
fn a_program_drafts_and_submits_for_its_side_but_does_not_sign() {
    let mut world = World::new(CRITERIA);
    let program = Actor { principal: "services/provisioning".to_owned(), side: Side::Marketing };
    world.run_as(&program, &Command::Draft { document: document(LINES) }).expect("a draft");
    world.run_as(&program, &Command::Submit { version: 1 }).expect("a submission");
    let sign = Command::Sign { version: 1, hash: world.hash(1) };
    assert!(matches!(
        world.run_as(&program, &sign),
        Err(Error::Refused { reason: Reason::SignerNotAvailable, .. })
    ));
}

#[test]
fn a_side_signs_once_and_a_draft_is_not_signed_at_all() {
    let mut world = World::new(CRITERIA);
    world.ok("users/mia", Command::Draft { document: document(LINES) });
    let sign = Command::Sign { version: 1, hash: world.hash(1) };
    let facts = world.refused("users/mia", sign.clone(), Reason::IllegalState);
    assert_eq!(facts["way_out"], "submit the draft for review, then sign it");
    world.ok("users/mia", Command::Submit { version: 1 });
    world.ok("users/mia", sign.clone());
    let facts = world.refused("users/max", sign.clone(), Reason::AlreadySigned);
    assert_eq!((facts["signed_by"].as_str(), facts["way_out"].as_str()), ("users/mia", "SALES signs next"));
    world.ok("users/ada", sign.clone());
    let facts = world.refused("users/sam", sign, Reason::AlreadySigned);
    assert_eq!(facts["way_out"], "nothing is missing: the version is signed by both sides");
}

#[test]
fn nothing_is_scheduled_without_both_signatures() {
    let mut world = World::new(CRITERIA);
    world.ok("users/mia", Command::Draft { document: document(LINES) });
    let schedule = Command::Schedule { version: 1, effective_from: utc(MONDAY) };
    let facts = world.refused("users/mia", schedule.clone(), Reason::NotSignedByBoth);
    assert_eq!(facts["missing"], "MARKETING, SALES");
    world.ok("users/mia", Command::Submit { version: 1 });
    world.sign("users/mia", 1);
    let facts = world.refused("users/mia", schedule, Reason::NotSignedByBoth);
    assert_eq!((facts["state"].as_str(), facts["missing"].as_str()), ("IN_REVIEW", "SALES"));
}

#[test]
fn a_date_lies_not_in_the_past_and_stays_once_it_is_set() {
    let mut world = World::new(CRITERIA);
    world.approve(LINES);
    let yesterday = world.now - TimeDelta::microseconds(1);
    let past = world.run("users/mia", &Command::Schedule { version: 1, effective_from: yesterday });
    let earliest = format!("lies in the past: {FRIDAY} is the earliest");
    assert_eq!(past, Err(Error::invalid("effective_time", earliest)));
    world.ok("users/mia", Command::Schedule { version: 1, effective_from: utc(MONDAY) });
    let later = Command::Schedule { version: 1, effective_from: utc(MONDAY) + TimeDelta::days(7) };
    let facts = world.refused("users/ada", later.clone(), Reason::IllegalState);
    assert_eq!(facts["state"], "SCHEDULED");
    world.now = utc(MONDAY);
    let facts = world.refused("users/ada", later, Reason::IllegalState);
    assert_eq!(facts["state"], "EFFECTIVE", "its time has come, whether or not a timer was running");
}

#[test]
fn ranges_follow_one_another_even_if_a_clock_goes_backwards() {
    let mut world = World::in_effect(LINES);
    world.now -= TimeDelta::hours(1);
    world.approve(&[("gate.known", "no")]);
    let before = world.run("users/mia", &Command::Schedule { version: 2, effective_from: world.now });
    let earliest = format!("lies in the past: {FRIDAY} is the earliest");
    assert_eq!(before, Err(Error::invalid("effective_time", earliest)));
}

#[test]
fn a_version_that_is_not_there_is_not_found() {
    let mut world = World::in_effect(LINES);
    let hash = world.hash(1);
    for command in [
        Command::Submit { version: 2 },
        Command::Sign { version: 2, hash },
        Command::WithdrawSignature { version: 0 },
        Command::Withdraw { version: 2 },
        Command::Schedule { version: 2, effective_from: utc(MONDAY) },
    ] {
        let Err(Error::NotFound { resource }) = world.run("users/ada", &command) else {
            panic!("{command:?} found something")
        };
        assert!(resource.starts_with("criteria-sets/b2b/versions/"), "{resource}");
    }
    let facts = world.refused("users/ada", Command::Submit { version: 1 }, Reason::IllegalState);
    assert_eq!(facts["state"], "EFFECTIVE");
}

#[test]
fn only_a_contract_starts_unsigned() {
    for (subject, text) in Subject::ALL {
        let versions = Versions::new(subject);
        let events = starter(&versions, document(LINES), utc(FRIDAY), "services/sla");
        assert_eq!(events.is_ok(), subject == Subject::Contract, "{text}");
    }
}
