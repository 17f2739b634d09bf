//! What came of a lead.

use chrono::{DateTime, Utc};

use crate::id::{HandoffId, LeadId, OpportunityId};
use crate::money::Money;
use crate::qualification::event::Step;
use crate::qualification::record::{ProductLine, Snapshot, Source};

/// A deal is in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpportunityOpened {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Its key.
    pub opportunity: OpportunityId,
    /// With whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle.
    pub cycle: u32,
    /// The move from SQL; absent when a StageSkipped just before was the move.
    pub step: Option<Step>,
    /// The handoff of this cycle.
    pub handoff: Option<HandoffId>,
    /// What it is expected to bring.
    pub amount: Option<Money>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}

/// A deal was made. It may lie before its MQL in time (edge case 15): nothing is reordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpportunityWon {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Its key; one that was never opened begins here.
    pub opportunity: OpportunityId,
    /// With whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle.
    pub cycle: u32,
    /// The move from OPPORTUNITY; absent when a StageSkipped just before was the move.
    pub step: Option<Step>,
    /// The handoff of this cycle.
    pub handoff: Option<HandoffId>,
    /// What it brings; absent when the source does not say.
    pub amount: Option<Money>,
    /// Whether the lead was no customer before, on any line.
    pub new_customer: bool,
    /// When the lead was captured, for conversion by cohort.
    pub captured_at: DateTime<Utc>,
    /// The dimensions at this moment.
    pub snapshot: Snapshot,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}

/// A deal was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpportunityLost {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Its key; one that was never opened begins here.
    pub opportunity: OpportunityId,
    /// With whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle.
    pub cycle: u32,
    /// The move from OPPORTUNITY to NURTURE; absent when a StageSkipped just before was the move.
    pub step: Option<Step>,
    /// The handoff of this cycle.
    pub handoff: Option<HandoffId>,
    /// Why, as the tenant calls it.
    pub reason: Option<String>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}
