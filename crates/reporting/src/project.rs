//! What an event of either log makes of the facts. Pure: the event says all, and the clock of this process nothing.
//!
//! An event of a kind that this build does not know changes no fact of this build. One that cannot be read is a defect,
//! and stops the consumer of that tenant rather than leave a hole in its reports.

mod clock;
mod dispute;
mod field;
mod handoff;
mod lead;
mod merge;
mod outcome;
mod settings;
mod subject;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_proto::event::v1 as pb;
use handoff_proto::event::v1::payload::Fact;

use crate::facts::Facts;

pub(crate) use subject::Subjects;

/// When an event happened, and since when it is known.
#[derive(Debug, Clone, Copy)]
struct When {
    occurred: DateTime<Utc>,
    recorded: DateTime<Utc>,
}

/// Folds an event into the facts. The records that it is about ([`Subjects`]) have been loaded.
///
/// # Errors
/// `Internal` for an event that cannot be read or that is about records which should be there and are not.
pub(crate) fn project(facts: &mut Facts, event: &pb::Event) -> Result<(), Error> {
    fold(facts, event).ok_or_else(|| {
        let (position, kind) = (event.position, event.r#type.as_str());
        tracing::error!(position, kind, "an event cannot be read or does not fit what came before it");
        Error::Internal
    })
}

fn fold(facts: &mut Facts, event: &pb::Event) -> Option<()> {
    let when = When {
        occurred: field::instant(event.occur_time.as_ref())?,
        recorded: field::instant(event.record_time.as_ref())?,
    };
    let Some(fact) = event.payload.as_ref().and_then(|payload| payload.fact.as_ref()) else {
        return Some(());
    };
    match fact {
        Fact::TenantChanged(event) => settings::tenant_changed(facts, event),
        Fact::LeadCaptured(event) => lead::captured(facts, when, event),
        Fact::LeadAttributesChanged(event) => lead::attributes_changed(facts, when, event),
        Fact::SuppressionChanged(event) => lead::suppression_changed(facts, when, event),
        Fact::LeadMerged(event) => merge::merged(facts, when, event),
        Fact::LeadUnmerged(event) => merge::unmerged(facts, when, event),
        Fact::LeadQualified(event) => handoff::qualified(facts, when, event),
        Fact::HandoffRouted(event) => handoff::routed(facts, when, event),
        Fact::HandoffReassigned(event) => handoff::reassigned(facts, when, event),
        Fact::HandoffReturned(event) => handoff::returned(facts, when, event),
        Fact::HandoffAccepted(event) => handoff::accepted(facts, when, event),
        Fact::HandoffRejected(event) => handoff::rejected(facts, when, event),
        Fact::DisputeResolved(event) => dispute::resolved(facts, when, event),
        Fact::HandoffWithdrawn(event) => handoff::withdrawn(facts, when, event),
        Fact::ContactAttempted(pb::ContactAttempted { contact })
        | Fact::ContactConnected(pb::ContactConnected { contact })
        | Fact::MeetingHeld(pb::MeetingHeld { contact }) => {
            handoff::contacted(facts, when, contact.as_ref()?)
        }
        Fact::StageSkipped(event) => handoff::skipped(facts, when, event),
        Fact::NewInterest(event) => lead::new_interest(facts, when, event),
        Fact::SqlReturned(event) => outcome::returned(facts, when, event),
        Fact::OpportunityOpened(event) => outcome::opened(facts, when, event),
        Fact::OpportunityWon(event) => outcome::won(facts, when, event),
        Fact::OpportunityLost(event) => outcome::lost(facts, when, event),
        Fact::CalendarVersioned(event) => settings::calendar_versioned(facts, when, event),
        Fact::ContractEffective(event) => settings::contract_effective(facts, when, event),
        Fact::ClockStarted(event) => clock::started(facts, when, event),
        Fact::ClockDeadlineMoved(event) => clock::deadline_moved(facts, when, event),
        Fact::ClockMet(event) => clock::met(facts, when, event),
        Fact::ClockCancelled(event) => clock::cancelled(facts, when, event),
        Fact::ClockBreached(event) => clock::breached(facts, when, event),
        Fact::ClockBreachRetracted(event) => clock::breach_retracted(facts, when, event),
        // Owners and teams stand in the events of handoffs; the rest is in no report, neither how both sides came to agree
        // nor in which words.
        Fact::AttributeChanged(_)
        | Fact::ActivityTypeChanged(_)
        | Fact::RateSet(_)
        | Fact::VersionDrafted(_)
        | Fact::VersionSubmitted(_)
        | Fact::VersionSigned(_)
        | Fact::SignatureWithdrawn(_)
        | Fact::VersionApproved(_)
        | Fact::VersionScheduled(_)
        | Fact::VersionEffective(_)
        | Fact::VersionRetired(_)
        | Fact::HandoffUnroutable(_)
        | Fact::RoutingPlanChanged(_)
        | Fact::TeamChanged(_)
        | Fact::UserChanged(_)
        | Fact::ActivityRecorded(_)
        | Fact::CandidateEntered(_)
        | Fact::CandidateLeft(_)
        | Fact::ManualScoreAdjusted(_)
        | Fact::ScoreBaselineReset(_)
        | Fact::HandoffDisputed(_)
        | Fact::LeadNurtured(_)
        | Fact::LeadDisqualified(_) => Some(()),
    }
}
