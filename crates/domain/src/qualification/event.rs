//! What happened, as the tenant's log keeps it. An event holds every non-personal fact that is needed to fold state
//! and to feed SLA and reporting from the log alone; personal values sit in its field `person` and nowhere else,
//! because the log stores them apart. Events are facts: nothing here refuses anything.

mod catalogue;
mod contact;
mod directory;
mod dispute;
mod handoff;
mod lead;
mod merge;
mod opportunity;
mod routing;
mod version;

use chrono::{DateTime, Utc};

use crate::id::LeadId;
use crate::qualification::record::{Person, ProductLine, Source};
use crate::qualification::stage::Stage;
use crate::version::{
    SignatureWithdrawn, VersionApproved, VersionEffective, VersionRetired, VersionScheduled, VersionSigned,
    VersionSubmitted,
};

pub use catalogue::{ActivityTypeChanged, AttributeChanged, RateSet};
pub use contact::Contacted;
pub use directory::{TeamChanged, TenantChanged, UserChanged};
pub use dispute::{DisputeResolved, HandoffDisputed, Reopening};
pub use handoff::{
    HandoffAccepted, HandoffReassigned, HandoffRejected, HandoffReturned, HandoffRouted, HandoffUnroutable,
    HandoffWithdrawn, OwnerLost, Returned,
};
pub use lead::{
    ActivityRecorded, CandidateEntered, CandidateLeft, LeadAttributesChanged, LeadCaptured, LeadDisqualified,
    LeadNurtured, LeadQualified, ManualScoreAdjusted, NewInterest, ScoreBaselineReset, SqlReturned,
    StageSkipped, SuppressionChanged,
};
pub use merge::{LeadMerged, LeadUnmerged};
pub use opportunity::{OpportunityLost, OpportunityOpened, OpportunityWon};
pub use routing::RoutingPlanChanged;
pub use version::VersionDrafted;

/// A move of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The product line.
    pub line: ProductLine,
    /// The cycle that the track is in after the move.
    pub cycle: u32,
    /// Where it stood; `None` when it starts.
    pub from: Option<Stage>,
    /// Where it stands.
    pub to: Stage,
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($payload:ty) {
        lead: $lead:expr, person: $person:tt, source: $source:tt $(, at: $($at:ident).+)?
    })+) => {
        /// Everything that can happen.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $name($payload),)+
        }

        impl Event {
            /// Its name in the log.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)+
                }
            }

            /// When it happened in the world.
            pub fn occurred_at(&self) -> DateTime<Utc> {
                match self {
                    $(Self::$name(event) => events!(@at event $($($at).+)?),)+
                }
            }

            /// The lead it is about, if it is about one.
            pub fn lead(&self) -> Option<LeadId> {
                match self {
                    $(Self::$name(event) => { let lead: fn(&$payload) -> Option<LeadId> = $lead; lead(event) })+
                }
            }

            /// Its personal values, which the log must not hold.
            pub fn person(&self) -> Option<&Person> {
                match self {
                    $(Self::$name(event) => events!(@person $person event),)+
                }
            }

            /// The same, to be taken out before the payload is written and put back when it is read.
            pub fn person_mut(&mut self) -> Option<&mut Person> {
                match self {
                    $(Self::$name(event) => events!(@person_mut $person event),)+
                }
            }

            /// The imported item it stands for.
            pub fn source(&self) -> Option<Source> {
                match self {
                    $(Self::$name(event) => events!(@source $source event),)+
                }
            }
        }
    };
    (@at $event:ident) => { $event.occurred_at };
    (@at $event:ident $($at:ident).+) => { $event.$($at).+ };
    (@person yes $event:ident) => { Some(&$event.person) };
    (@person no $event:ident) => {{ let _ = $event; None }};
    (@person_mut yes $event:ident) => { Some(&mut $event.person) };
    (@person_mut no $event:ident) => {{ let _ = $event; None }};
    (@source yes $event:ident) => { $event.source };
    (@source no $event:ident) => {{ let _ = $event; None }};
}

events! {
    /// A tenant was founded or changed.
    TenantChanged(TenantChanged) { lead: |_| None, person: no, source: no }
    /// A team was founded or changed.
    TeamChanged(TeamChanged) { lead: |_| None, person: no, source: no }
    /// A user was added or changed.
    UserChanged(UserChanged) { lead: |_| None, person: yes, source: no }
    /// An attribute was defined or changed.
    AttributeChanged(AttributeChanged) { lead: |_| None, person: no, source: no }
    /// A type of activity was declared or changed.
    ActivityTypeChanged(ActivityTypeChanged) { lead: |_| None, person: no, source: no }
    /// A rate between two currencies was set.
    RateSet(RateSet) { lead: |_| None, person: no, source: no }
    /// A lead is known for the first time.
    LeadCaptured(LeadCaptured) { lead: |e| Some(e.lead), person: yes, source: yes }
    /// More is known of a lead.
    LeadAttributesChanged(LeadAttributesChanged) { lead: |e| Some(e.lead), person: yes, source: yes }
    /// A lead must not be handed over any more, or may be again.
    SuppressionChanged(SuppressionChanged) { lead: |e| Some(e.lead), person: no, source: no }
    /// A lead was merged into another.
    LeadMerged(LeadMerged) { lead: |e| Some(e.lead), person: no, source: no }
    /// A merge was undone.
    LeadUnmerged(LeadUnmerged) { lead: |e| Some(e.lead), person: no, source: no }
    /// A lead did something.
    ActivityRecorded(ActivityRecorded) { lead: |e| Some(e.lead), person: yes, source: yes }
    /// Somebody gave or took points.
    ManualScoreAdjusted(ManualScoreAdjusted) { lead: |e| Some(e.lead), person: yes, source: no }
    /// A lead's behaviour is counted anew.
    ScoreBaselineReset(ScoreBaselineReset) { lead: |e| Some(e.lead), person: no, source: no }
    /// A lead has a ground to become an MQL, and a guard holds it back.
    CandidateEntered(CandidateEntered) { lead: |e| Some(e.lead), person: no, source: no }
    /// A lead has no ground any more.
    CandidateLeft(CandidateLeft) { lead: |e| Some(e.lead), person: no, source: no }
    /// A lead went to a nurture flow.
    LeadNurtured(LeadNurtured) { lead: |e| Some(e.lead), person: no, source: yes }
    /// A lead was given up.
    LeadDisqualified(LeadDisqualified) { lead: |e| Some(e.lead), person: no, source: yes }
    /// A lead became an MQL and is handed over.
    LeadQualified(LeadQualified) { lead: |e| Some(e.lead), person: no, source: yes }
    /// A handoff got an owner.
    HandoffRouted(HandoffRouted) { lead: |e| Some(e.lead), person: no, source: yes }
    /// Nobody is free for a handoff.
    HandoffUnroutable(HandoffUnroutable) { lead: |e| Some(e.lead), person: no, source: no }
    /// A tenant's handoffs go by another plan.
    RoutingPlanChanged(RoutingPlanChanged) { lead: |_| None, person: no, source: no }
    /// A handoff got another owner while it was open.
    HandoffReassigned(HandoffReassigned) { lead: |e| Some(e.lead), person: no, source: yes }
    /// A handoff went back to routing.
    HandoffReturned(HandoffReturned) { lead: |e| Some(e.lead), person: yes, source: yes }
    /// Sales accepted, or a skip of stages implies it.
    HandoffAccepted(HandoffAccepted) { lead: |e| Some(e.lead), person: no, source: yes }
    /// Sales rejected.
    HandoffRejected(HandoffRejected) { lead: |e| Some(e.lead), person: yes, source: yes }
    /// A handoff was taken back.
    HandoffWithdrawn(HandoffWithdrawn) { lead: |e| Some(e.lead), person: yes, source: no }
    /// Marketing disputes a rejection.
    HandoffDisputed(HandoffDisputed) { lead: |e| Some(e.lead), person: yes, source: no }
    /// A dispute was resolved.
    DisputeResolved(DisputeResolved) { lead: |e| Some(e.lead), person: yes, source: no }
    /// Sales gave an accepted lead back.
    SqlReturned(SqlReturned) { lead: |e| Some(e.lead), person: no, source: yes }
    /// Somebody tried to reach a lead.
    ContactAttempted(Contacted) { lead: |e| Some(e.lead), person: no, source: yes }
    /// Somebody spoke with a lead.
    ContactConnected(Contacted) { lead: |e| Some(e.lead), person: no, source: yes }
    /// Somebody met a lead.
    MeetingHeld(Contacted) { lead: |e| Some(e.lead), person: no, source: yes }
    /// A track moved past stages that were not seen.
    StageSkipped(StageSkipped) { lead: |e| Some(e.lead), person: no, source: yes }
    /// A deal is in the making.
    OpportunityOpened(OpportunityOpened) { lead: |e| Some(e.lead), person: no, source: yes }
    /// A deal was made.
    OpportunityWon(OpportunityWon) { lead: |e| Some(e.lead), person: no, source: yes }
    /// A deal was not made.
    OpportunityLost(OpportunityLost) { lead: |e| Some(e.lead), person: no, source: yes }
    /// A customer is interested again: a new cycle.
    NewInterest(NewInterest) { lead: |e| Some(e.lead), person: no, source: no }
    /// A version was written, or is a draft again.
    VersionDrafted(VersionDrafted) { lead: |_| None, person: no, source: no, at: drafted.occurred_at }
    /// A draft was put before both sides.
    VersionSubmitted(VersionSubmitted) { lead: |_| None, person: no, source: no }
    /// A person has signed a version.
    VersionSigned(VersionSigned) { lead: |_| None, person: no, source: no }
    /// A signature does not count any more.
    SignatureWithdrawn(SignatureWithdrawn) { lead: |_| None, person: no, source: no }
    /// Both sides have signed a version.
    VersionApproved(VersionApproved) { lead: |_| None, person: no, source: no }
    /// It is settled when a version takes effect.
    VersionScheduled(VersionScheduled) { lead: |_| None, person: no, source: no }
    /// A version took effect.
    VersionEffective(VersionEffective) { lead: |_| None, person: no, source: no, at: effective_from }
    /// A version is no longer in effect.
    VersionRetired(VersionRetired) { lead: |_| None, person: no, source: no, at: effective_until }
}
