//! What an event is about, so that it can be loaded before the event is folded.

use std::collections::BTreeSet;

use handoff_domain::id::{ClockId, HandoffId, LeadId};
use handoff_proto::event::v1 as pb;
use handoff_proto::event::v1::payload::Fact;

use super::field;

/// Leads, clocks and handoffs that events are about.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    pub(crate) leads: BTreeSet<LeadId>,
    pub(crate) clocks: BTreeSet<ClockId>,
    pub(crate) handoffs: BTreeSet<HandoffId>,
}

impl Subjects {
    /// Notes what an event is about; what cannot be read is noticed when it is folded.
    pub(crate) fn note(&mut self, event: &pb::Event) {
        let Some(fact) = event.payload.as_ref().and_then(|payload| payload.fact.as_ref()) else { return };
        self.leads.extend(lead(fact).and_then(field::id::<LeadId>));
        self.leads.extend(merged(fact).filter_map(field::id::<LeadId>));
        self.clocks.extend(clock(fact).and_then(field::id::<ClockId>));
        self.handoffs.extend(handoff(fact).and_then(field::id::<HandoffId>));
    }
}

fn lead(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::LeadCaptured(event) => Some(&event.lead_id),
        Fact::LeadAttributesChanged(event) => Some(&event.lead_id),
        Fact::SuppressionChanged(event) => Some(&event.lead_id),
        Fact::HandoffRouted(event) => Some(&event.lead_id),
        Fact::HandoffReassigned(event) => Some(&event.lead_id),
        Fact::HandoffReturned(event) => Some(&event.lead_id),
        Fact::DisputeResolved(event) => Some(&event.lead_id),
        Fact::LeadQualified(event) => moved(&event.r#move),
        Fact::HandoffAccepted(event) => moved(&event.r#move),
        Fact::HandoffRejected(event) => moved(&event.r#move),
        Fact::HandoffWithdrawn(event) => moved(&event.r#move),
        Fact::StageSkipped(event) => moved(&event.r#move),
        Fact::NewInterest(event) => moved(&event.r#move),
        Fact::SqlReturned(event) => moved(&event.r#move),
        Fact::OpportunityOpened(event) => moved(&event.r#move),
        Fact::OpportunityWon(event) => moved(&event.r#move),
        Fact::OpportunityLost(event) => moved(&event.r#move),
        Fact::ContactAttempted(pb::ContactAttempted { contact })
        | Fact::ContactConnected(pb::ContactConnected { contact })
        | Fact::MeetingHeld(pb::MeetingHeld { contact }) => contact.as_ref().map(|it| it.lead_id.as_str()),
        _ => None,
    }
}

/// The leads that become one person, or two.
fn merged(fact: &Fact) -> impl Iterator<Item = &str> {
    let (survivor, counting) = match fact {
        Fact::LeadMerged(event) => (Some(&event.survivor_lead_id), &event.counting_lead_ids[..]),
        Fact::LeadUnmerged(event) => (Some(&event.survivor_lead_id), &event.counting_lead_ids[..]),
        _ => (None, &[][..]),
    };
    survivor.into_iter().chain(counting).map(String::as_str)
}

fn moved(step: &Option<pb::TrackMove>) -> Option<&str> {
    step.as_ref().map(|step| step.lead_id.as_str())
}

fn clock(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::ClockStarted(event) => Some(&event.clock_id),
        Fact::ClockDeadlineMoved(event) => Some(&event.clock_id),
        Fact::ClockMet(event) => Some(&event.clock_id),
        Fact::ClockCancelled(event) => Some(&event.clock_id),
        Fact::ClockBreached(event) => Some(&event.clock_id),
        Fact::ClockBreachRetracted(event) => Some(&event.clock_id),
        _ => None,
    }
}

/// The handoff whose hand-over and clocks come together by the event. Those of leads are found with their passages.
fn handoff(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::LeadQualified(event) => Some(&event.handoff_id),
        Fact::ClockStarted(event) => Some(&event.handoff_id),
        _ => None,
    }
}
