//! Suppressing a lead takes it out of everybody's hands.

use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::{HandoffState, Suppression, WithdrawalReason};

use super::world::{World, accept, ada, capture, mia, qualify};

/// Suppresses a lead with an open handoff on two lines.
#[track_caller]
fn check(suppression: Suppression, reason: WithdrawalReason) {
    let mut world = World::new();
    let (lead, first) = world.assigned();
    world.ok(&mia(), qualify(lead, "hats"));
    let count = world.log.len();
    let mut command = capture("lea@example.org");
    command.suppression = Some(suppression);
    world.lead(command);
    assert_eq!(world.events_since(count), ["SuppressionChanged", "HandoffWithdrawn", "HandoffWithdrawn"]);
    let handoff = world.handoff(first);
    assert_eq!((handoff.state, handoff.withdrawal), (HandoffState::Withdrawn, Some(reason)));
    assert_eq!(world.stage(lead), Stage::Nurture);
}

#[test]
fn edge_39_withdrawn_consent_withdraws_the_open_handoffs() {
    check(Suppression::Consent, WithdrawalReason::Consent);
}

#[test]
fn every_suppression_withdraws_and_says_why() {
    check(Suppression::Competitor, WithdrawalReason::Competitor);
    check(Suppression::Customer, WithdrawalReason::Customer);
    check(Suppression::Test, WithdrawalReason::Test);
}

#[test]
fn what_was_decided_stays_decided() {
    let mut world = World::new();
    let (lead, handoff) = world.assigned();
    world.ok(&ada(), accept(handoff));
    let mut command = capture("lea@example.org");
    command.suppression = Some(Suppression::Consent);
    world.lead(command);
    assert_eq!(world.handoff(handoff).state, HandoffState::Accepted);
    assert_eq!(world.stage(lead), Stage::Sql);
}

#[test]
fn a_lifted_suppression_lets_the_lead_be_qualified_again() {
    let mut world = World::new();
    let lead = world.lead(capture("lea@example.org"));
    for suppression in [Suppression::Competitor, Suppression::None] {
        let mut command = capture("lea@example.org");
        command.suppression = Some(suppression);
        world.lead(command);
    }
    world.qualify(lead);
}
