//! What happened to a lead on marketing's side, and the moves that no decision made.

use chrono::{DateTime, NaiveDate, Utc};

use crate::id::{ActivityId, HandoffId, LeadId};
use crate::points::Points;
use crate::promotion::Ground;
use crate::qualification::event::Step;
use crate::qualification::record::{
    LeadKind, Merit, Origin, Person, ProductLine, Snapshot, Source, Suppression, Trigger,
};
use crate::qualification::stage::Stage;
use crate::score::Decay;

/// A lead is known for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadCaptured {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Its key.
    pub lead: LeadId,
    /// The start of its first track.
    pub step: Step,
    /// B2B or B2C.
    pub kind: LeadKind,
    /// The first touch.
    pub origin: Origin,
    /// The persona, by slug.
    pub persona: Option<String>,
    /// Why it must not be handed over.
    pub suppression: Suppression,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
    /// Who.
    pub person: Person,
}

/// More is known of a lead; only what changed is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadAttributesChanged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// B2B or B2C.
    pub kind: Option<LeadKind>,
    /// The persona, by slug.
    pub persona: Option<String>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item; it is remembered even if it changed nothing.
    pub source: Option<Source>,
    /// The personal values that changed.
    pub person: Person,
}

/// A lead must not be handed over any more, or may be again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressionChanged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// What it was.
    pub from: Suppression,
    /// What it is.
    pub to: Suppression,
    /// Whether an import brought it.
    pub imported: bool,
}

/// A lead did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRecorded {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Its key.
    pub activity: ActivityId,
    /// Who.
    pub lead: LeadId,
    /// What, as the tenant calls it.
    pub kind: String,
    /// The date in the tenant's zone of the moment of recording.
    pub local_date: NaiveDate,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
    /// Its properties, as attributes.
    pub person: Person,
}

/// A lead went to a nurture flow, or to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadNurtured {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// The move; `from` is NURTURE when only the flow changed, which is no move.
    pub step: Step,
    /// The flow.
    pub segment: Option<String>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}

/// A lead was given up before it was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadDisqualified {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// The move.
    pub step: Step,
    /// Why, as the tenant calls it.
    pub reason: String,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}

/// A lead became an MQL. Its handoff begins, without an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadQualified {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// The handoff.
    pub handoff: HandoffId,
    /// The move; its cycle is a new one if the last had a handoff.
    pub step: Step,
    /// What made it.
    pub trigger: Trigger,
    /// The dimensions at this moment.
    pub snapshot: Snapshot,
    /// How it was judged.
    pub merit: Option<Merit>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}

/// A lead has a ground to become an MQL, or another one than before, and a guard holds it back (edge case 28).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateEntered {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// The ground.
    pub ground: Ground,
}

/// A lead has no ground any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateLeft {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
}

/// Somebody gave or took points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualScoreAdjusted {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Whose.
    pub lead: LeadId,
    /// The date in the tenant's zone of the moment of recording.
    pub local_date: NaiveDate,
    /// How many; negative ones are taken.
    pub points: Points,
    /// How they fade.
    pub decay: Decay,
    /// Why, as a note.
    pub person: Person,
}

/// A lead's behaviour is counted anew from a moment on: it was recycled, or somebody said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreBaselineReset {
    /// From when on.
    pub occurred_at: DateTime<Utc>,
    /// Whose.
    pub lead: LeadId,
    /// That moment's date in the tenant's zone of the moment of recording.
    pub local_date: NaiveDate,
    /// Whether an import brought it.
    pub imported: bool,
}

/// Sales gave an accepted lead back, to NURTURE or DISQUALIFIED. The acceptance stands; this is no rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlReturned {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// The move.
    pub step: Step,
    /// The handoff by which it became an SQL; absent when that stage was skipped.
    pub handoff: Option<HandoffId>,
    /// Why, as the tenant calls it.
    pub reason: String,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}

/// A track moved past stages that were not seen. They count as passed at this instant where a report implies them;
/// they never give a velocity sample, a handoff or a clock (edge case 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSkipped {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// The move.
    pub step: Step,
    /// The stages left out, in order.
    pub skipped: Vec<Stage>,
    /// The handoff that this closed; its HandoffAccepted comes just before.
    pub handoff: Option<HandoffId>,
    /// The dimensions at this moment, for reports that imply a member.
    pub snapshot: Snapshot,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item, if nothing else came of it.
    pub source: Option<Source>,
}

/// A customer is interested again: a new cycle, and CUSTOMER no longer suppresses the lead (edge case 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInterest {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub lead: LeadId,
    /// The move, from CUSTOMER to LEAD.
    pub step: Step,
    /// Whether an import brought it.
    pub imported: bool,
}
