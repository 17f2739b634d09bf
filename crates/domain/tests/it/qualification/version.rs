//! Versions of criteria sets and the scoring model as qualification keeps them (R16): what a version may say, what it
//! says as data, and what becomes of a signature with its user (edge case 29). The approval machine itself is tested
//! in `version`.

use handoff_domain::actor::{Actor, Side};
use handoff_domain::criteria::{CriteriaSet, Criterion, OnUnknown, Role};
use handoff_domain::error::{Error, Reason};
use handoff_domain::points::Points;
use handoff_domain::predicate::Predicate;
use handoff_domain::qualification::Answer;
use handoff_domain::qualification::command::{ChangeVersion, Command, PutUser, VersionStep};
use handoff_domain::qualification::record::{Content, LeadKind};
use handoff_domain::qualification::state::{Stamp, State};
use handoff_domain::score::Decay;
use handoff_domain::version::{CriteriaKind, Subject, VersionState};

use super::loading::load;
use super::world::{World, actor, ada, at, mia};
use crate::score::{model, rule};

const B2B: Subject = Subject::CriteriaSet(CriteriaKind::B2b);
const MONDAY: &str = "2026-03-09T08:00:00Z";

fn criterion(milli: i64) -> Criterion {
    Criterion {
        key: "email_known".to_owned(),
        label: "There is an address".to_owned(),
        attribute: "email".parse().expect("a key"),
        predicate: Predicate::Exists,
        role: Role::Weighted { points: Points::from_milli(milli) },
        on_unknown: OnUnknown::Neutral,
        max_age_months: None,
        sensitive: false,
    }
}

fn criteria(milli: i64) -> Content {
    Content::Criteria(CriteriaSet { kind: LeadKind::B2b, criteria: vec![criterion(milli)] })
}

fn step(subject: Subject, step: VersionStep) -> Command {
    Command::ChangeVersion(Box::new(ChangeVersion { subject, step }))
}

fn draft(milli: i64) -> Command {
    step(B2B, VersionStep::Draft(criteria(milli)))
}

fn user(slug: &str, side: Side, active: bool) -> Command {
    let (team, display_name, email) = (None, None, None);
    Command::PutUser(PutUser { slug: slug.to_owned(), side, team, active, display_name, email })
}

fn state(world: &World, number: u32) -> VersionState {
    world.state.agreement(B2B).and_then(|it| it.versions.version(number)).expect("a version").state
}

fn sign(world: &mut World, who: &Actor, number: u32) {
    let hash = world.state.agreement(B2B).and_then(|it| it.versions.version(number)).expect("a version").hash;
    world.ok(who, step(B2B, VersionStep::Sign { version: number, hash }));
}

/// A criteria set in review that Ada of sales has signed.
fn signed_by_ada() -> World {
    let mut world = World::new();
    world.ok(&mia(), draft(30_000));
    world.ok(&mia(), step(B2B, VersionStep::Submit(1)));
    sign(&mut world, &ada(), 1);
    world
}

/// The log, folded from nothing, gives the same records.
fn folds(world: &World) {
    let mut folded = State::new(world.state.tenant_id(), 0);
    for logged in &world.log {
        let (position, recorded_at, actor) = (logged.position, logged.recorded_at, &logged.actor);
        folded.apply(&logged.event, &Stamp { position, recorded_at, actor });
    }
    assert_eq!(folded.records(), world.state.records());
    assert_eq!(folded.changes(), world.state.changes());
}

#[test]
fn r16_a_weight_that_changes_after_a_signature_takes_both_signatures_again() {
    let mut world = signed_by_ada();
    world.ok(&mia(), draft(40_000));
    assert_eq!(state(&world, 1), VersionState::Draft);
    world.ok(&mia(), step(B2B, VersionStep::Submit(1)));
    sign(&mut world, &mia(), 1);
    sign(&mut world, &ada(), 1);
    let (subject, effective_from) = (B2B, Some(at(MONDAY)));
    let scheduled = world.ok(&ada(), step(subject, VersionStep::Schedule { version: 1, effective_from }));
    assert_eq!(scheduled, Answer::Version { subject, number: 1, unchanged: false });

    // On Monday it takes effect, before whatever is asked for then.
    world.now = at("2026-03-09T09:30:00Z");
    let before = world.log.len();
    world.ok(&mia(), draft(50_000));
    assert_eq!(world.events_since(before), ["VersionEffective", "VersionDrafted"]);
    assert_eq!(world.log[before].event.occurred_at(), at(MONDAY));
    let agreement = world.state.agreement(B2B).expect("an agreement");
    assert_eq!(agreement.content(1), Some(&criteria(40_000)));
    assert_eq!(agreement.content(2), Some(&criteria(50_000)));
    folds(&world);
}

#[test]
fn a_version_that_is_taken_back_says_what_it_said() {
    let mut world = signed_by_ada();
    world.ok(&mia(), step(B2B, VersionStep::Withdraw(1)));
    assert_eq!(state(&world, 1), VersionState::Draft);
    assert_eq!(world.state.agreement(B2B).and_then(|it| it.content(1)), Some(&criteria(30_000)));
    folds(&world);
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let mut world = World::new();
    world.ok(&mia(), draft(30_000));
    let before = world.log.len();
    let again = world.ok(&ada(), draft(30_000));
    assert_eq!(again, Answer::Version { subject: B2B, number: 1, unchanged: true });
    assert_eq!(world.log.len(), before);
}

#[test]
fn an_instant_that_is_left_out_is_now() {
    let mut world = signed_by_ada();
    sign(&mut world, &mia(), 1);
    world.ok(&mia(), step(B2B, VersionStep::Schedule { version: 1, effective_from: None }));
    assert_eq!(state(&world, 1), VersionState::Effective);
}

#[test]
fn a_version_says_what_fits_its_subject() {
    let mut world = World::new();
    let points = || Content::Model(model(vec![rule("demo", "30", Decay::None)]));
    let b2c = Subject::CriteriaSet(CriteriaKind::B2c);
    for (subject, content) in [
        (B2B, points()),
        (b2c, criteria(1_000)),
        (Subject::ScoringModel, criteria(1_000)),
        (Subject::Contract, points()),
        (Subject::Contract, Content::Nothing),
    ] {
        world.invalid(&mia(), step(subject, VersionStep::Draft(content)), "content");
    }
    world.ok(&mia(), step(Subject::ScoringModel, VersionStep::Draft(points())));
}

#[test]
fn faults_of_a_content_are_told_by_their_path_in_the_request() {
    let mut world = World::new();
    let wrong = Criterion { attribute: "shoe_size".parse().expect("a key"), ..criterion(1_000) };
    let set = CriteriaSet { kind: LeadKind::B2b, criteria: vec![criterion(1_000), wrong] };
    match world.run(&mia(), step(B2B, VersionStep::Draft(Content::Criteria(set)))) {
        Err(Error::Invalid(found)) => {
            let fields: Vec<&str> = found.iter().map(|found| found.field.as_str()).collect();
            assert_eq!(
                fields,
                ["content.criteria_set.criteria[1].key", "content.criteria_set.criteria[1].attribute"]
            );
        }
        other => panic!("{other:?}"),
    }
    let draft = VersionStep::Draft(Content::Model(model(vec![rule("UPPER", "30", Decay::None)])));
    world.invalid(&mia(), step(Subject::ScoringModel, draft), "content.scoring_model.rules[0].key");
}

#[test]
fn a_model_is_kept_in_its_one_order() {
    let mut world = World::new();
    let (visit, demo) = (rule("visit", "1", Decay::None), rule("demo", "30", Decay::None));
    let content = Content::Model(model(vec![visit.clone(), demo.clone()]));
    world.ok(&mia(), step(Subject::ScoringModel, VersionStep::Draft(content)));
    let kept = world.state.agreement(Subject::ScoringModel).and_then(|it| it.content(1));
    assert_eq!(kept, Some(&Content::Model(model(vec![demo, visit]))));
}

#[test]
fn a_program_of_the_system_changes_no_version() {
    let mut world = World::new();
    world.refused(&actor("services/crm", Side::System), draft(30_000), Reason::WrongSide);
}

#[test]
fn only_whom_the_directory_has_as_an_active_user_of_the_side_signs() {
    let mut world = signed_by_ada();
    let hash = world.state.agreement(B2B).and_then(|it| it.versions.version(1)).expect("a version").hash;
    let sign = || step(B2B, VersionStep::Sign { version: 1, hash });
    for who in [
        actor("users/nobody", Side::Marketing),
        actor("services/crm", Side::Marketing),
        actor("users/sam", Side::Marketing),
    ] {
        world.refused(&who, sign(), Reason::SignerNotAvailable);
    }
    world.ok(&mia(), user("mia", Side::Marketing, false));
    world.refused(&mia(), sign(), Reason::SignerNotAvailable);
}

#[test]
fn edge_29_a_signature_is_void_with_the_very_change_of_its_user() {
    for (changed, reason) in [
        (user("ada", Side::Sales, false), "SignerLeft"),
        (user("ada", Side::Marketing, true), "SignerChangedSide"),
    ] {
        let mut world = signed_by_ada();
        let before = world.log.len();
        world.ok(&mia(), changed);
        assert_eq!(world.events_since(before), ["UserChanged", "SignatureWithdrawn"]);
        assert!(format!("{:?}", world.log[before + 1].event).contains(reason));
        assert_eq!(state(&world, 1), VersionState::Draft);
        folds(&world);
    }
}

#[test]
fn edge_29_what_is_agreed_on_stands_when_a_signer_leaves() {
    let mut world = signed_by_ada();
    sign(&mut world, &mia(), 1);
    let before = world.log.len();
    world.ok(&mia(), user("ada", Side::Sales, false));
    assert_eq!(world.events_since(before), ["UserChanged"]);
    assert_eq!(state(&world, 1), VersionState::Approved);
}

#[test]
fn a_step_loads_its_subject_and_a_user_the_agreements_in_review() {
    let mut world = signed_by_ada();
    let points = VersionStep::Draft(Content::Model(model(vec![rule("demo", "30", Decay::None)])));
    world.ok(&mia(), step(Subject::ScoringModel, points));

    let subjects = |state: &State| state.records().agreements.keys().copied().collect::<Vec<_>>();
    let (part, rounds) = load(&world.state, &step(B2B, VersionStep::Withdraw(1)), &mia());
    assert_eq!((subjects(&part), rounds), (vec![B2B], 1));
    assert!(part.user("mia").is_some() && part.user("ada").is_none());
    let (part, rounds) = load(&world.state, &user("ada", Side::Sales, false), &mia());
    assert_eq!((subjects(&part), rounds), (vec![B2B], 2));

    // In one batch: the version comes into review after the user was looked up.
    let (mut part, _) = load(&world.state, &user("sam", Side::Sales, false), &mia());
    part.put_agreement(world.state.agreement(Subject::ScoringModel).expect("drafted").clone());
    world.state = part;
    world.ok(&mia(), step(Subject::ScoringModel, VersionStep::Submit(1)));
    let hash =
        world.state.agreement(Subject::ScoringModel).and_then(|it| it.versions.open()).expect("it").hash;
    world.ok(
        &actor("users/sam", Side::Sales),
        step(Subject::ScoringModel, VersionStep::Sign { version: 1, hash }),
    );
    let before = world.log.len();
    world.ok(&mia(), user("sam", Side::Sales, false));
    assert_eq!(world.events_since(before), ["UserChanged", "SignatureWithdrawn"]);
}
