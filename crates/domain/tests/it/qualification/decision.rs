//! Assigning, accepting and rejecting handoffs.

use chrono::TimeDelta;
use handoff_domain::actor::Side;
use handoff_domain::error::{Error, Reason};
use handoff_domain::id::HandoffId;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::{
    AcceptHandoff, AssignHandoff, Command, RejectHandoff, WithdrawHandoff,
};
use handoff_domain::qualification::event::{Event, UserChanged};
use handoff_domain::qualification::record::{HandoffState, Person, WithdrawalReason};
use handoff_domain::qualification::rejection::{Attribution, Disposition, RejectionReason};

use super::world::{Logged, World, accept, actor, ada, assign, capture, mia, qualify, reject, rejection};

fn pending(world: &mut World) -> HandoffId {
    let lead = world.lead(capture("lea@example.org"));
    world.qualify(lead)
}

#[test]
fn an_accepted_mql_is_an_sql() {
    let mut world = World::new();
    let (lead, id) = world.assigned();
    world.wait(TimeDelta::hours(3));
    world.ok(&ada(), accept(id));
    let handoff = world.handoff(id);
    assert_eq!(handoff.state, HandoffState::Accepted);
    assert_eq!((handoff.decided_at, handoff.decided_by.as_deref()), (Some(world.now), Some("users/ada")));
    assert!(!handoff.implied && !handoff.implied_assignment);
    assert_eq!(world.stage(lead), Stage::Sql);
}

#[test]
fn only_sales_decides() {
    let mut world = World::new();
    let (_, id) = world.assigned();
    for side in [Side::Marketing, Side::System] {
        let somebody = actor("users/mia", side);
        world.refused(&somebody, accept(id), Reason::WrongSide);
        world.refused(&somebody, reject(id, RejectionReason::WrongSize), Reason::WrongSide);
    }
}

#[test]
fn accept_twice_is_refused() {
    let mut world = World::new();
    let (_, id) = world.assigned();
    world.ok(&ada(), accept(id));
    let Error::Refused { facts, .. } = world.refused(&ada(), accept(id), Reason::IllegalState) else {
        panic!("a refusal by state")
    };
    assert_eq!(facts["state"], "ACCEPTED");
    assert_eq!(facts["decided_at"], "2026-03-02T09:00:00Z");
}

#[test]
fn edge_13_accepting_before_anybody_was_assigned_implies_the_assignment() {
    let mut world = World::new();
    let id = pending(&mut world);
    world.ok(&ada(), accept(id));
    let handoff = world.handoff(id);
    assert!(handoff.implied_assignment && !handoff.implied);
    assert_eq!((handoff.owner, handoff.assigned_at), (Some(world.user("ada")), Some(world.now)));
}

#[test]
fn edge_13_whoever_cannot_own_a_handoff_cannot_take_it_unassigned() {
    let mut world = World::new();
    let id = pending(&mut world);
    world.refused(&actor("users/mia", Side::Sales), accept(id), Reason::OwnerNotAvailable);
    let stranger = world.run(&actor("users/zoe", Side::Sales), accept(id));
    assert_eq!(stranger, Err(Error::not_found("users/zoe")));
    world.ok(&actor("services/crm", Side::Sales), accept(id));
    assert_eq!(world.handoff(id).owner, None, "a program owns nothing");
}

#[test]
fn edge_17_of_accept_and_reject_racing_the_first_wins_and_the_second_learns_the_state() {
    let mut world = World::new();
    let (_, id) = world.assigned();
    let version = Some(world.handoff(id).version);
    world.ok(&ada(), Command::AcceptHandoff(AcceptHandoff { handoff: id, version }));
    // Both had read the same version: the state is the better answer than "stale".
    let late = RejectHandoff { version, ..rejection(id, RejectionReason::WrongSize) };
    let Error::Refused { facts, .. } =
        world.refused(&ada(), Command::RejectHandoff(late), Reason::IllegalState)
    else {
        panic!("a refusal by state")
    };
    assert_eq!(facts["state"], "ACCEPTED");
}

#[test]
fn a_stale_version_of_an_open_handoff_is_refused() {
    let mut world = World::new();
    let id = pending(&mut world);
    let version = Some(world.handoff(id).version);
    world.ok(&mia(), assign(id, "ada"));
    let stale = Err(Error::Stale { resource: format!("handoffs/{id}") });
    let to_sam = AssignHandoff { handoff: id, owner: "sam".to_owned(), version };
    assert_eq!(world.run(&mia(), Command::AssignHandoff(to_sam)), stale);
    assert_eq!(world.run(&ada(), Command::AcceptHandoff(AcceptHandoff { handoff: id, version })), stale);
    let rejected = RejectHandoff { version, ..rejection(id, RejectionReason::WrongSize) };
    assert_eq!(world.run(&ada(), Command::RejectHandoff(rejected)), stale);
}

#[test]
fn an_owner_is_an_active_user_of_sales() {
    let mut world = World::new();
    let id = pending(&mut world);
    world.refused(&mia(), assign(id, "mia"), Reason::OwnerNotAvailable);
    assert_eq!(world.run(&mia(), assign(id, "zoe")), Err(Error::not_found("users/zoe")));
    let mut sam = world.state.user("sam").expect("added").clone();
    sam.active = false;
    let changed = UserChanged { occurred_at: world.now, user: sam, person: Person::default() };
    world.apply(Event::UserChanged(changed), &mia());
    world.refused(&mia(), assign(id, "sam"), Reason::OwnerNotAvailable);
}

#[test]
fn an_open_handoff_can_change_hands_and_the_same_hands_are_no_change() {
    let mut world = World::new();
    let (_, id) = world.assigned();
    let count = world.log.len();
    world.wait(TimeDelta::hours(1));
    world.ok(&mia(), assign(id, "ada"));
    assert!(world.events_since(count).is_empty());
    world.ok(&mia(), assign(id, "sam"));
    assert_eq!(world.events_since(count), ["HandoffReassigned"]);
    assert_eq!(world.handoff(id).owner, Some(world.user("sam")));
    world.ok(&ada(), accept(id));
    world.refused(&mia(), assign(id, "ada"), Reason::IllegalState);
}

#[test]
fn a_rejection_does_with_the_lead_what_its_reason_says() {
    for (reason, stage, cools) in [
        (RejectionReason::NoBudgetNow, Stage::Nurture, true),
        (RejectionReason::Duplicate, Stage::Nurture, true),
        (RejectionReason::Competitor, Stage::Disqualified, false),
    ] {
        let mut world = World::new();
        let (lead, id) = world.assigned();
        world.ok(&ada(), reject(id, reason));
        let handoff = world.handoff(id);
        assert_eq!(handoff.state, HandoffState::Rejected);
        assert_eq!(handoff.reason, Some(reason));
        assert_eq!(handoff.attribution, Some(reason.attribution()));
        assert_eq!(world.stage(lead), stage);
        assert_eq!(world.state.dossier(lead).expect("captured").lead.cooldown_until.is_some(), cools);
    }
}

#[test]
fn the_disposition_can_be_chosen_and_the_blame_cannot() {
    let mut world = World::new();
    let (lead, id) = world.assigned();
    let disposition = Some(Disposition::Disqualify);
    let command = RejectHandoff { disposition, ..rejection(id, RejectionReason::NoNeedNow) };
    world.ok(&ada(), Command::RejectHandoff(command));
    assert_eq!(world.stage(lead), Stage::Disqualified);
    assert_eq!(world.handoff(id).attribution, Some(Attribution::Timing));
}

#[test]
fn other_needs_a_note_and_the_note_is_personal() {
    let mut world = World::new();
    let (_, id) = world.assigned();
    world.invalid(&ada(), reject(id, RejectionReason::Other), "note");
    let blank = RejectHandoff { note: Some(" ".to_owned()), ..rejection(id, RejectionReason::Other) };
    world.invalid(&ada(), Command::RejectHandoff(blank), "note");
    let note = Some("Lea retires in May".to_owned());
    world.ok(&ada(), Command::RejectHandoff(RejectHandoff { note, ..rejection(id, RejectionReason::Other) }));
    assert_eq!(world.handoff(id).note.as_deref(), Some("Lea retires in May"));
    let is_rejection = |entry: &&Logged| matches!(entry.event, Event::HandoffRejected(_));
    let mut event = world.log.iter().find(is_rejection).expect("rejected").event.clone();
    *event.person_mut().expect("a note") = Person::default();
    assert!(!format!("{event:?}").contains("retires"));
}

#[test]
fn the_wrong_owner_returns_it_to_routing_which_is_no_rejection() {
    let mut world = World::new();
    let (lead, id) = world.assigned();
    let count = world.log.len();
    world.ok(&ada(), reject(id, RejectionReason::WrongOwner));
    assert_eq!(world.events_since(count), ["HandoffReturned"]);
    let handoff = world.handoff(id);
    assert_eq!((handoff.state, handoff.owner, handoff.decided_at), (HandoffState::PendingRoute, None, None));
    assert_eq!(world.stage(lead), Stage::Mql);
    world.refused(&ada(), reject(id, RejectionReason::WrongOwner), Reason::IllegalState);
    world.ok(&mia(), assign(id, "sam"));
    world.ok(&ada(), accept(id));
}

#[test]
fn what_has_no_owner_cannot_be_rejected() {
    let mut world = World::new();
    let id = pending(&mut world);
    let Error::Refused { facts, .. } =
        world.refused(&ada(), reject(id, RejectionReason::WrongSize), Reason::IllegalState)
    else {
        panic!("a refusal by state")
    };
    assert_eq!(facts["state"], "PENDING_ROUTE");
    assert!(facts["way_out"].contains("assign"));
}

#[test]
fn merging_is_refused_with_the_way_out() {
    let mut world = World::new();
    let (_, id) = world.assigned();
    let disposition = Some(Disposition::Merge);
    let command = RejectHandoff { disposition, ..rejection(id, RejectionReason::Duplicate) };
    world.invalid(&ada(), Command::RejectHandoff(command), "disposition");
}

#[test]
fn a_handoff_of_nobody_is_not_found() {
    let mut world = World::new();
    let id = HandoffId(uuid::Uuid::nil());
    let nowhere = Err(Error::not_found(format!("handoffs/{id}")));
    assert_eq!(world.run(&ada(), accept(id)), nowhere);
    assert_eq!(world.run(&ada(), reject(id, RejectionReason::WrongSize)), nowhere);
    assert_eq!(world.run(&ada(), assign(id, "ada")), nowhere);
}

fn withdrawal(handoff: HandoffId, cooldown: Option<TimeDelta>) -> Command {
    let note = "the list was wrong".to_owned();
    Command::WithdrawHandoff(WithdrawHandoff { handoff, note, cooldown, version: None })
}

#[test]
fn what_marketing_takes_back_goes_to_nurture_and_cools_down() {
    let mut world = World::new();
    let (lead, id) = world.assigned();
    world.ok(&mia(), withdrawal(id, None));
    let handoff = world.handoff(id);
    assert_eq!(
        (handoff.state, handoff.withdrawal),
        (HandoffState::Withdrawn, Some(WithdrawalReason::Recalled))
    );
    assert_eq!((handoff.decided_at, &handoff.decided_by), (Some(world.now), &None));
    assert_eq!(world.stage(lead), Stage::Nurture);
    world.refused(&mia(), qualify(lead, "default"), Reason::CooldownActive);
    world.wait(TimeDelta::days(30));
    world.ok(&mia(), qualify(lead, "default"));
}

#[test]
fn what_is_taken_back_for_no_time_may_be_handed_over_at_once() {
    let mut world = World::new();
    let (lead, id) = world.assigned();
    world.ok(&mia(), withdrawal(id, Some(TimeDelta::zero())));
    world.ok(&mia(), qualify(lead, "default"));
}

#[test]
fn only_marketing_takes_back_only_what_is_open_and_says_why() {
    let mut world = World::new();
    let id = pending(&mut world);
    let Error::Refused { facts, .. } = world.refused(&ada(), withdrawal(id, None), Reason::WrongSide) else {
        panic!("a refusal by side")
    };
    assert_eq!((facts["side"].as_str(), facts["actor_side"].as_str()), ("MARKETING", "SALES"));
    let silent = WithdrawHandoff { handoff: id, note: " ".to_owned(), cooldown: None, version: None };
    world.invalid(&mia(), Command::WithdrawHandoff(silent.clone()), "note");
    let stale = WithdrawHandoff { note: "x".to_owned(), version: Some(1), ..silent };
    let told = world.run(&mia(), Command::WithdrawHandoff(stale));
    assert_eq!(told, Err(Error::Stale { resource: format!("handoffs/{id}") }));
    world.ok(&ada(), accept(id));
    let Error::Refused { facts, .. } = world.refused(&mia(), withdrawal(id, None), Reason::IllegalState)
    else {
        panic!("a refusal by state")
    };
    assert_eq!(facts["state"], "ACCEPTED");
}
