//! What came of an accepted lead: a deal, open, won or lost (R4).

use chrono::{DateTime, Utc};

use crate::id::{HandoffId, LeadId, OpportunityId};
use crate::money::Money;
use crate::qualification::record::ProductLine;
use crate::word::words;

words! {
    /// Where an opportunity stands.
    pub enum OpportunityState {
        /// It may still be won.
        Open = "OPEN",
        /// The deal was made.
        Won = "WON",
        /// It was not.
        Lost = "LOST",
    }
}

/// A deal in the making, or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opportunity {
    /// Its key.
    pub id: OpportunityId,
    /// With whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle of the track.
    pub cycle: u32,
    /// The handoff it came from, if there was one in its cycle.
    pub handoff: Option<HandoffId>,
    /// Where it stands.
    pub state: OpportunityState,
    /// When it was opened; absent when only its end is known.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it was won or lost.
    pub closed_at: Option<DateTime<Utc>>,
    /// What it was won for; before that, what it is expected to bring.
    pub amount: Option<Money>,
    /// Why it was lost, as the tenant calls it.
    pub lost_reason: Option<String>,
    /// Whether it made the lead a customer for the first time.
    pub new_customer: bool,
    /// Whether an import brought it.
    pub imported: bool,
    /// The log position of the last event that changed it.
    pub version: i64,
}
