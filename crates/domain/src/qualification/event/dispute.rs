//! What happened to a handoff after sales had rejected it.

use chrono::{DateTime, Utc};

use crate::id::{HandoffId, LeadId, TeamId, UserId};
use crate::qualification::event::Step;
use crate::qualification::record::{Person, ProductLine, Ruling};

/// Marketing disputes a rejection. It stands until somebody says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffDisputed {
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
    /// The principal who disputes it.
    pub disputed_by: String,
    /// The note.
    pub person: Person,
}

/// A dispute came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeResolved {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Of which handoff.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle.
    pub cycle: u32,
    /// When the lead became an MQL.
    pub mql_at: DateTime<Utc>,
    /// The principal who resolved it.
    pub resolved_by: String,
    /// How sales decides anew, if the rejection was overturned; upheld, it is final and nothing moves.
    pub reopening: Option<Reopening>,
    /// The note.
    pub person: Person,
}

/// A handoff that waits for a decision once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reopening {
    /// The move back to MQL.
    pub step: Step,
    /// Who must decide.
    pub owner: UserId,
    /// The owner's team.
    pub team: Option<TeamId>,
    /// Which round of decision begins; the first was that of the hand-over.
    pub round: u32,
    /// Whether the lead's cool-down was the rejection's, and ends with it.
    pub ends_cooldown: bool,
}

impl DisputeResolved {
    /// What it came to.
    pub fn ruling(&self) -> Ruling {
        if self.reopening.is_some() { Ruling::Overturned } else { Ruling::Upheld }
    }
}
