//! Disputes about rejections: what may be disputed, who resolves it, and what is left of a rejection that is overturned.

use chrono::TimeDelta;
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::{Error, Reason};
use handoff_domain::id::{HandoffId, LeadId};
use handoff_domain::qualification::command::{
    CaptureLead, Command, DisputeHandoff, Finding, PutUser, ResolveDispute,
};
use handoff_domain::qualification::record::{Dispute, HandoffState, Ruling, Suppression};
use handoff_domain::qualification::rejection::RejectionReason;
use handoff_domain::qualification::stage::Stage;

use super::world::{
    World, accept, actor, ada, add_user, by_email, capture, mia, outcome, qualify, reject, rejection,
};

pub(super) fn dispute(handoff: HandoffId) -> Command {
    Command::DisputeHandoff(DisputeHandoff { handoff, note: "It fits".to_owned(), version: None })
}

pub(super) fn resolve(handoff: HandoffId, finding: Finding) -> Command {
    let note = "As it is".to_owned();
    Command::ResolveDispute(ResolveDispute { handoff, finding, note, version: None })
}

pub(super) fn overturn(handoff: HandoffId) -> Command {
    resolve(handoff, Finding::Overturned { owner: None })
}

/// Of the sales side, and in no dispute.
pub(super) fn sam() -> Actor {
    actor("users/sam", Side::Sales)
}

/// A handoff that Ada rejected, and that Mia disputes.
fn disputed(world: &mut World, reason: RejectionReason) -> (LeadId, HandoffId) {
    let (lead, handoff) = world.assigned();
    world.ok(&ada(), reject(handoff, reason));
    world.ok(&mia(), dispute(handoff));
    (lead, handoff)
}

#[track_caller]
fn way_out(error: &Error) -> &str {
    match error {
        Error::Refused { facts, .. } => &facts["way_out"],
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_disputed_rejection_stands_until_it_is_resolved() {
    let mut world = World::new();
    let (lead, id) = disputed(&mut world, RejectionReason::WrongSize);
    let handoff = world.handoff(id);
    assert_eq!(handoff.state, HandoffState::Disputed);
    assert_eq!(handoff.reason, Some(RejectionReason::WrongSize));
    assert_eq!(handoff.dispute.as_ref().map(|it| it.disputed_by.as_str()), Some("users/mia"));
    assert_eq!(world.stage(lead), Stage::Nurture);
    let told = world.refused(&mia(), dispute(id), Reason::IllegalState);
    assert_eq!(way_out(&told), "it is disputed already: sales resolves the dispute");
    world.refused(&ada(), accept(id), Reason::IllegalState);
}

#[test]
fn one_that_is_upheld_is_final() {
    let mut world = World::new();
    let (lead, id) = disputed(&mut world, RejectionReason::Competitor);
    let before = world.log.len();
    world.ok(&sam(), resolve(id, Finding::Upheld));
    assert_eq!(world.events_since(before), ["DisputeResolved"]);
    let handoff = world.handoff(id);
    assert_eq!((handoff.state, handoff.round), (HandoffState::Rejected, 1));
    assert_eq!(handoff.dispute.as_ref().and_then(Dispute::ruling), Some(Ruling::Upheld));
    assert_eq!(world.stage(lead), Stage::Disqualified);
    let told = world.refused(&mia(), dispute(id), Reason::IllegalState);
    assert_eq!(way_out(&told), "the rejection was upheld, and is final");
    world.refused(&sam(), overturn(id), Reason::IllegalState);
}

#[test]
fn one_that_is_overturned_waits_for_its_owner_again_and_the_lead_is_an_mql_without_a_cool_down() {
    for reason in [RejectionReason::NoBudgetNow, RejectionReason::Competitor] {
        let mut world = World::new();
        let (lead, id) = disputed(&mut world, reason);
        let mql_at = world.handoff(id).mql_at;
        world.wait(TimeDelta::hours(5));
        world.ok(&sam(), overturn(id));
        let (handoff, ada_id) = (world.handoff(id).clone(), world.user("ada"));
        assert_eq!((handoff.state, handoff.owner, handoff.round), (HandoffState::Assigned, Some(ada_id), 2));
        assert_eq!((handoff.mql_at, handoff.assigned_at), (mql_at, Some(world.now)));
        assert_eq!((handoff.decided_at, handoff.decided_by, handoff.reason), (None, None, None));
        assert_eq!((handoff.disposition, handoff.attribution), (None, None));
        let dossier = world.state.dossier(lead).expect("the lead");
        assert_eq!((dossier.lead.stage, dossier.lead.cooldown_until), (Stage::Mql, None));
        assert_eq!(dossier.tracks[&handoff.line].open_handoff, Some(id));
        world.refused(&mia(), qualify(lead, "default"), Reason::HandoffOpen);
        world.ok(&ada(), accept(id));
        assert_eq!(world.stage(lead), Stage::Sql);
    }
}

#[test]
fn whoever_is_named_decides_anew_and_must_be_able_to() {
    let mut world = World::new();
    let (_, id) = disputed(&mut world, RejectionReason::WrongRole);
    let to = |slug: &str| resolve(id, Finding::Overturned { owner: Some(slug.to_owned()) });
    world.refused(&sam(), to("mia"), Reason::OwnerNotAvailable);
    assert!(matches!(world.run(&sam(), to("nobody")), Err(Error::NotFound { .. })));
    let Command::PutUser(user) = add_user("ada", Side::Sales) else { unreachable!("a user") };
    world.ok(&mia(), Command::PutUser(PutUser { active: false, ..user }));
    world.refused(&sam(), overturn(id), Reason::OwnerNotAvailable);
    world.ok(&sam(), to("sam"));
    assert_eq!(world.handoff(id).owner, Some(world.user("sam")));
}

#[test]
fn a_rejection_after_one_that_was_overturned_can_be_disputed_like_the_first() {
    let mut world = World::new();
    let (_, id) = disputed(&mut world, RejectionReason::WrongRole);
    world.ok(&sam(), overturn(id));
    world.ok(&ada(), reject(id, RejectionReason::WrongSize));
    world.ok(&mia(), dispute(id));
    assert_eq!(world.handoff(id).dispute.as_ref().and_then(Dispute::ruling), None);
    world.ok(&sam(), overturn(id));
    assert_eq!(world.handoff(id).round, 3);
}

#[test]
fn a_rejection_can_be_disputed_to_the_last_microsecond_of_the_window() {
    let mut world = World::new();
    let (_, id) = world.assigned();
    world.ok(&ada(), reject(id, RejectionReason::WrongSize));
    world.wait(TimeDelta::days(5) + TimeDelta::microseconds(1));
    let Error::Refused { facts, .. } = world.refused(&mia(), dispute(id), Reason::DisputeWindowOver) else {
        panic!("a refusal");
    };
    assert_eq!(facts["until"], "2026-03-07T09:00:00Z");
    world.wait(-TimeDelta::microseconds(1));
    world.ok(&mia(), dispute(id));
}

#[test]
fn a_dispute_is_marketings_and_its_end_is_sales_and_neither_goes_without_a_word() {
    let mut world = World::new();
    let (_, id) = world.assigned();
    let told = world.refused(&mia(), dispute(id), Reason::IllegalState);
    assert_eq!(way_out(&told), "only a rejected handoff can be disputed");
    world.ok(&ada(), reject(id, RejectionReason::WrongSize));
    world.refused(&ada(), dispute(id), Reason::WrongSide);
    let silent = DisputeHandoff { handoff: id, note: " ".to_owned(), version: None };
    world.invalid(&mia(), Command::DisputeHandoff(silent.clone()), "note");
    let stale = DisputeHandoff { note: "x".to_owned(), version: Some(1), ..silent };
    assert!(matches!(world.run(&mia(), Command::DisputeHandoff(stale)), Err(Error::Stale { .. })));
    let told = world.refused(&sam(), overturn(id), Reason::IllegalState);
    assert_eq!(way_out(&told), "only a disputed handoff has a dispute to resolve");
    world.ok(&mia(), dispute(id));
    world.refused(&mia(), overturn(id), Reason::WrongSide);
    let finding = Finding::Upheld;
    let silent = ResolveDispute { handoff: id, finding, note: String::new(), version: None };
    world.invalid(&sam(), Command::ResolveDispute(silent.clone()), "note");
    let stale = ResolveDispute { note: "x".to_owned(), version: Some(1), ..silent };
    assert!(matches!(world.run(&sam(), Command::ResolveDispute(stale)), Err(Error::Stale { .. })));
}

#[test]
fn nobody_judges_in_a_cause_of_his_own_but_whoever_rejected_may_give_in() {
    let mut world = World::new();
    let (_, id) = disputed(&mut world, RejectionReason::WrongSize);
    // Who disputed may have changed sides since.
    let mia_of_sales = actor("users/mia", Side::Sales);
    world.refused(&mia_of_sales, resolve(id, Finding::Upheld), Reason::OwnDispute);
    world.refused(&mia_of_sales, overturn(id), Reason::OwnDispute);
    world.refused(&ada(), resolve(id, Finding::Upheld), Reason::OwnDispute);
    world.ok(&ada(), overturn(id));
}

#[test]
fn what_came_after_the_rejection_stands_in_the_way_of_overturning_it() {
    let mut world = World::new();
    let (lead, id) = disputed(&mut world, RejectionReason::NoBudgetNow);
    let suppress = |suppression| {
        let suppression = Some(suppression);
        Command::CaptureLead(Box::new(CaptureLead { suppression, ..capture("lea@example.org") }))
    };
    world.ok(&mia(), suppress(Suppression::Consent));
    world.refused(&sam(), overturn(id), Reason::LeadSuppressed);
    world.ok(&mia(), suppress(Suppression::None));

    world.wait(TimeDelta::days(31));
    let newer = world.qualify(lead);
    let told = world.refused(&sam(), overturn(id), Reason::HandoffOpen);
    assert_eq!(way_out(&told), "sales accepts or rejects the open handoff first");
    world.ok(&ada(), accept(newer));
    let Error::Refused { facts, .. } = world.refused(&sam(), overturn(id), Reason::NewerHandoff) else {
        panic!("a refusal");
    };
    assert_eq!(facts["newer"], format!("handoffs/{newer}"));
    world.ok(&sam(), resolve(id, Finding::Upheld));
}

#[test]
fn a_lead_that_went_on_without_a_handoff_is_no_mql_again() {
    let mut world = World::new();
    let (lead, id) = disputed(&mut world, RejectionReason::NoBudgetNow);
    let opened = handoff_domain::qualification::command::Outcome::Opened { amount: None };
    world.ok(&ada(), outcome(lead, opened));
    let told = world.refused(&sam(), overturn(id), Reason::IllegalState);
    assert_eq!(way_out(&told), "the lead has gone on since the rejection: uphold it");
}

#[test]
fn the_cool_down_of_another_rejection_stays() {
    let mut world = World::new();
    let (lead, id) = world.assigned();
    let hats = match world.ok(&mia(), qualify(lead, "hats")) {
        handoff_domain::qualification::Answer::Handoff(handoff) => handoff,
        other => panic!("{other:?}"),
    };
    world.ok(&mia(), super::world::assign(hats, "sam"));
    world.ok(&ada(), reject(id, RejectionReason::NoBudgetNow));
    world.wait(TimeDelta::hours(1));
    world.ok(&sam(), reject(hats, RejectionReason::NoNeedNow));
    let until = world.state.dossier(lead).expect("the lead").lead.cooldown_until;
    world.ok(&mia(), dispute(id));
    world.ok(&sam(), overturn(id));
    assert_eq!(world.state.dossier(lead).expect("the lead").lead.cooldown_until, until);
    world.ok(&mia(), dispute(hats));
    world.ok(&ada(), overturn(hats));
    assert_eq!(world.state.dossier(lead).expect("the lead").lead.cooldown_until, None);
}

#[test]
fn edge_case_08_a_dispute_on_one_line_leaves_the_other_alone() {
    let mut world = World::new();
    let (lead, id) = disputed(&mut world, RejectionReason::NoBudgetNow);
    world.wait(TimeDelta::days(31));
    let hats = match world.ok(&mia(), qualify(lead, "hats")) {
        handoff_domain::qualification::Answer::Handoff(handoff) => handoff,
        other => panic!("{other:?}"),
    };
    world.ok(&sam(), overturn(id));
    assert!(world.handoff(id).state.is_open() && world.handoff(hats).state.is_open());
    world.ok(&sam(), accept(hats));
    assert_eq!(world.handoff(id).state, HandoffState::Assigned);
}

#[test]
fn edge_case_17_of_two_who_resolve_the_first_by_position_wins_and_the_second_hears_how_it_stands() {
    let mut world = World::new();
    let (_, id) = disputed(&mut world, RejectionReason::NoBudgetNow);
    world.ok(&sam(), overturn(id));
    let Error::Refused { facts, .. } =
        world.refused(&sam(), resolve(id, Finding::Upheld), Reason::IllegalState)
    else {
        panic!("a refusal");
    };
    assert_eq!(facts["state"], "ASSIGNED");
}

#[test]
fn a_person_that_was_handed_over_as_another_lead_meanwhile_is_handed_over_once() {
    let mut world = World::new();
    let (lead, id) = disputed(&mut world, RejectionReason::NoBudgetNow);
    let other = world.lead(capture("lea@another.example"));
    world.qualify(other);
    world.ok(&mia(), super::merge::merge(by_email("lea@another.example"), by_email("lea@example.org")));
    world.refused(&sam(), overturn(id), Reason::HandoffOpen);
    assert_eq!(world.stage(lead), Stage::Nurture);
}

#[test]
fn a_rejection_with_a_note_leaves_its_note_in_the_log_alone() {
    let mut world = World::new();
    let (_, id) = world.assigned();
    let mut said = rejection(id, RejectionReason::Other);
    said.note = Some("They moved".to_owned());
    world.ok(&ada(), Command::RejectHandoff(said));
    world.ok(&mia(), dispute(id));
    world.ok(&sam(), overturn(id));
    assert_eq!(world.handoff(id).note, None);
}
