//! What happened to a handoff after the lead became an MQL.

use chrono::{DateTime, Utc};

use crate::id::{HandoffId, LeadId, TeamId, UserId};
use crate::qualification::event::Step;
use crate::qualification::record::{Person, ProductLine, Source, WithdrawalReason};
use crate::qualification::rejection::{Attribution, Disposition, RejectionReason};
use crate::routing::{Route, Turn};
use crate::word::words;

words! {
    /// Why a handoff went back to routing though nobody gave it back (edge case 19).
    pub enum OwnerLost {
        /// Its owner takes no handoffs any more.
        Inactive = "INACTIVE",
        /// Its owner is away.
        Absent = "ABSENT",
    }
}

/// A handoff got its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffRouted {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle.
    pub cycle: u32,
    /// Who must decide.
    pub owner: UserId,
    /// The owner's team.
    pub team: Option<TeamId>,
    /// Why it, and the turn that it took; none where a person or an import said so.
    pub routing: Option<(Route, Option<Turn>)>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}

/// Nobody is free for a handoff: it waits, and is routed as soon as somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffUnroutable {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle.
    pub cycle: u32,
    /// By which rule, and why.
    pub route: Route,
}

/// A handoff got another owner while it was open: the owner's clock starts anew, the lead's never does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffReassigned {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle.
    pub cycle: u32,
    /// Who had it.
    pub previous_owner: Option<UserId>,
    /// Who must decide now.
    pub owner: UserId,
    /// The new owner's team.
    pub team: Option<TeamId>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}

/// A handoff went back to routing, which is not a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffReturned {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle.
    pub cycle: u32,
    /// Who had it.
    pub previous_owner: Option<UserId>,
    /// Who gave it back: `users/ada`.
    pub returned_by: String,
    /// Why; of an owner that was lost nobody says more.
    pub why: Returned,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
    /// The note.
    pub person: Person,
}

/// Why a handoff went back to routing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// Somebody gave it back.
    By(RejectionReason),
    /// Its owner is not there any more (edge case 19).
    Lost(OwnerLost),
}

/// A handoff was accepted (R2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffAccepted {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle.
    pub cycle: u32,
    /// The move to SQL; absent when `implied`, for then StageSkipped follows and is the move.
    pub step: Option<Step>,
    /// When the lead became an MQL.
    pub mql_at: DateTime<Utc>,
    /// Who owned it, or does by deciding.
    pub owner: Option<UserId>,
    /// The owner's team.
    pub team: Option<TeamId>,
    /// The principal who decided: `users/ada`.
    pub decided_by: String,
    /// Whether a skip of stages closed it, and no person: no velocity sample, and its clock is cancelled.
    pub implied: bool,
    /// Whether nobody had been assigned before (edge case 13).
    pub implied_assignment: bool,
    /// Whether the silence rule accepted it.
    pub auto: bool,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}

/// A handoff was rejected (R3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffRejected {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// The move, to NURTURE or DISQUALIFIED.
    pub step: Step,
    /// When the lead became an MQL.
    pub mql_at: DateTime<Utc>,
    /// Who owned it.
    pub owner: Option<UserId>,
    /// The owner's team.
    pub team: Option<TeamId>,
    /// The principal who decided.
    pub decided_by: String,
    /// Why.
    pub reason: RejectionReason,
    /// What it did with the lead.
    pub disposition: Disposition,
    /// What it blames.
    pub attribution: Attribution,
    /// The nurture flow of a recycled lead.
    pub segment: Option<String>,
    /// Until when a recycled lead must not be handed over again.
    pub cooldown_until: Option<DateTime<Utc>>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
    /// The note.
    pub person: Person,
}

/// A handoff was taken back before sales decided: its clock is cancelled, nothing was wasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffWithdrawn {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Which.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// The move to NURTURE.
    pub step: Step,
    /// When the lead became an MQL.
    pub mql_at: DateTime<Utc>,
    /// Why.
    pub reason: WithdrawalReason,
    /// The handoff that goes on in its place: of MERGED, and of nothing else.
    pub superseded_by: Option<HandoffId>,
    /// Until when the lead must not be handed over again: of RECALLED.
    pub cooldown_until: Option<DateTime<Utc>>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The note.
    pub person: Person,
}
