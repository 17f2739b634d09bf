//! An event as the folds read it: where it stands in the log, and the fact that it holds.

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{Payload, Source};
use handoff_store::verify::log::EventRow;
use prost::Message;
use uuid::Uuid;

/// A decoded event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) position: i64,
    pub(crate) occurred: DateTime<Utc>,
    pub(crate) recorded: DateTime<Utc>,
    pub(crate) actor: String,
    pub(crate) side: String,
    pub(crate) request: Option<Uuid>,
    /// None for a kind that this build does not know.
    pub(crate) fact: Option<Fact>,
    pub(crate) source: Option<Source>,
}

/// Why a row is no event.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The bytes are no payload.
    Bytes,
    /// It holds another fact than its type says.
    Other(&'static str),
}

impl Event {
    pub(crate) fn read(row: EventRow) -> Result<Self, Unreadable> {
        let payload = Payload::decode(row.payload.as_slice()).map_err(|_| Unreadable::Bytes)?;
        if let Some(name) = payload.fact.as_ref().map(name).filter(|name| *name != row.kind) {
            return Err(Unreadable::Other(name));
        }
        Ok(Self {
            position: row.position,
            occurred: row.occurred_at,
            recorded: row.recorded_at,
            actor: row.actor,
            side: row.actor_side,
            request: row.request_id,
            fact: payload.fact,
            source: payload.source,
        })
    }
}

macro_rules! names {
    ($($name:ident)+) => {
        /// The name of a fact, which is the event's type.
        fn name(fact: &Fact) -> &'static str {
            match fact {
                $(Fact::$name(_) => stringify!($name),)+
            }
        }
    };
}

names! {
    TenantChanged TeamChanged UserChanged LeadCaptured LeadAttributesChanged ActivityRecorded LeadNurtured
    LeadDisqualified LeadQualified HandoffRouted HandoffReturned HandoffAccepted HandoffRejected HandoffWithdrawn
    ContactAttempted ContactConnected MeetingHeld StageSkipped OpportunityOpened OpportunityWon OpportunityLost
    NewInterest SuppressionChanged HandoffReassigned SqlReturned CalendarVersioned ContractEffective ClockStarted ClockMet
    ClockCancelled ClockBreached ClockBreachRetracted ClockDeadlineMoved VersionDrafted VersionSubmitted VersionSigned
    SignatureWithdrawn VersionApproved VersionScheduled VersionEffective VersionRetired AttributeChanged
    ActivityTypeChanged RateSet CandidateEntered CandidateLeft ManualScoreAdjusted ScoreBaselineReset
    LeadMerged LeadUnmerged HandoffDisputed DisputeResolved HandoffUnroutable RoutingPlanChanged
}
