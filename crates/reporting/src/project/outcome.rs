//! What came of a lead. An outcome belongs to the last passage of its cycle: the hand-over that led to it, or the way
//! past one.

use handoff_domain::metric::fact::HandoffFact;
use handoff_proto::event::v1 as pb;
use handoff_runtime::convert;
use handoff_store::reporting::handoff_fact::Passage;

use super::When;
use super::field::{self, Track};
use crate::facts::Facts;

/// An opportunity was opened.
pub(super) fn opened(facts: &mut Facts, when: When, event: &pb::OpportunityOpened) -> Option<()> {
    change(facts, when, event.r#move.as_ref(), |fact| fact.opportunity_at = Some(when.occurred))
}

/// A deal was won, and the lead may have become a customer by it.
pub(super) fn won(facts: &mut Facts, when: When, event: &pb::OpportunityWon) -> Option<()> {
    // Nothing is no amount; an amount that cannot be read is a defect.
    let amount = match &event.amount {
        Some(amount) => Some(convert::from_money(amount)?),
        None => None,
    };
    if event.new_customer {
        let lead = field::track(event.r#move.as_ref())?.lead;
        let survivor = facts.lead(lead)?.merged_into;
        for lead in [lead].into_iter().chain(survivor) {
            facts.change_lead(when.recorded, lead, |lead| lead.fact.customer_at = Some(when.occurred));
        }
    }
    change(facts, when, event.r#move.as_ref(), |fact| {
        fact.won_at = Some(when.occurred);
        fact.won_amount = amount;
    })
}

/// A deal was lost.
pub(super) fn lost(facts: &mut Facts, when: When, event: &pb::OpportunityLost) -> Option<()> {
    change(facts, when, event.r#move.as_ref(), |fact| fact.lost_at = Some(when.occurred))
}

/// Sales gave the SQL back. It stays an SQL in every count, for it was accepted and not rejected; its cycle is over as a
/// lost deal's is, so that nobody waits for its opportunity any more.
pub(super) fn returned(facts: &mut Facts, when: When, event: &pb::SqlReturned) -> Option<()> {
    change(facts, when, event.r#move.as_ref(), |fact| fact.lost_at = Some(when.occurred))
}

fn change(
    facts: &mut Facts,
    when: When,
    step: Option<&pb::TrackMove>,
    change: impl Fn(&mut HandoffFact),
) -> Option<()> {
    let Track { lead, line, cycle } = field::track(step)?;
    let of_cycle = |it: &&Passage| it.fact.line == line && it.fact.cycle == cycle;
    let last = facts.passages(lead).rfind(of_cycle)?.number;
    let is_meant = |it: &Passage| it.fact.line == line && it.fact.cycle == cycle && it.number == last;
    facts.change_passages(when.recorded, lead, is_meant, |passage| change(&mut passage.fact));
    Some(())
}
