//! Edge case 29: a signer leaves or changes side, before both keys are turned and after.

use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::{Error, Reason};
use handoff_domain::version::{
    Command, Context, Member, SignatureWithdrawn, Subject, VersionEvent, VersionState, WithdrawalReason,
    decide, user_changed,
};

use super::world::{CRITERIA, World};

const LINES: &[(&str, &str)] = &[("gate.known", "yes")];
const LEFT: Member = Member { side: Side::Sales, active: false };
const CHANGED: Member = Member { side: Side::Marketing, active: true };

fn signed_by_ada(subject: Subject) -> World {
    let mut world = World::new(subject);
    world.review(LINES);
    world.sign("users/ada", 1);
    world
}

#[test]
fn edge_29_before_the_approval_the_signature_of_one_who_leaves_or_changes_side_is_void() {
    for (member, reason) in
        [(LEFT, WithdrawalReason::SignerLeft), (CHANGED, WithdrawalReason::SignerChangedSide)]
    {
        let mut world = signed_by_ada(CRITERIA);
        let events = world.change("users/ada", member);
        let withdrawn = SignatureWithdrawn {
            occurred_at: world.now,
            subject: CRITERIA,
            number: 1,
            signed_by: "users/ada".to_owned(),
            side: Side::Sales,
            reason,
        };
        assert_eq!(events, [VersionEvent::SignatureWithdrawn(withdrawn)]);
        assert_eq!(world.state(1), VersionState::Draft);
        // Two others turn the keys.
        world.ok("users/mia", Command::Submit { version: 1 });
        world.sign("users/mia", 1);
        assert_eq!(world.state(1), VersionState::InReview);
        world.sign("users/sam", 1);
        assert_eq!(world.state(1), VersionState::Approved);
    }
}

#[test]
fn edge_29_after_the_approval_both_keys_were_turned_and_the_signatures_stand() {
    for member in [LEFT, CHANGED] {
        let mut world = World::new(CRITERIA);
        world.approve(LINES);
        assert!(world.change("users/ada", member).is_empty());
        assert_eq!(world.state(1), VersionState::Approved);
        world.ok("users/mia", Command::Schedule { version: 1, effective_from: world.now });
        assert!(world.version(1).is_signed());
        assert_eq!(world.state(1), VersionState::Effective);
    }
}

#[test]
fn edge_29_one_who_changed_side_signs_for_the_new_one_and_still_turns_one_key() {
    let mut world = signed_by_ada(CRITERIA);
    world.change("users/ada", CHANGED);
    world.ok("users/mia", Command::Submit { version: 1 });
    world.sign("users/ada", 1);
    assert_eq!(world.version(1).missing(), [Side::Sales]);
    world.refused("users/mia", Command::Sign { version: 1, hash: world.hash(1) }, Reason::AlreadySigned);
}

#[test]
fn edge_29_nobody_signs_for_both_even_if_the_change_of_side_was_not_heard_of() {
    let world = signed_by_ada(CRITERIA);
    let actor = Actor { principal: "users/ada".to_owned(), side: Side::Marketing };
    let context = Context { actor: &actor, member: Some(CHANGED), now: world.now };
    let sign = Command::Sign { version: 1, hash: world.hash(1) };
    let Err(Error::Refused { reason, facts }) = decide(&world.versions, &sign, &context) else {
        panic!("one person turned both keys")
    };
    assert_eq!((reason, facts["side"].as_str()), (Reason::SignedForOtherSide, "SALES"));
}

#[test]
fn edge_29_a_change_is_followed_in_all_subjects_and_only_where_the_user_has_signed() {
    let worlds = Subject::ALL.map(|(subject, _)| signed_by_ada(subject));
    let subjects = || worlds.iter().map(|world| &world.versions);
    let events = user_changed(subjects(), "users/ada", LEFT, worlds[0].now);
    let about: Vec<Subject> = events.iter().map(VersionEvent::subject).collect();
    assert_eq!(about, Subject::ALL.map(|(subject, _)| subject));
    assert!(user_changed(subjects(), "users/sam", LEFT, worlds[0].now).is_empty());
    let stays = Member { side: Side::Sales, active: true };
    assert!(
        user_changed(subjects(), "users/ada", stays, worlds[0].now).is_empty(),
        "a new team is no matter"
    );
}
