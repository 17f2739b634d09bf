//! A contact with a lead; ContactAttempted, ContactConnected and MeetingHeld differ in name only.

use chrono::{DateTime, Utc};

use crate::id::{ContactId, HandoffId, LeadId};
use crate::qualification::record::{Direction, Firsts, Source};

/// Somebody was in contact with a lead, or tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contacted {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Its key.
    pub contact: ContactId,
    /// With whom.
    pub lead: LeadId,
    /// The handoff that it counts for: the open one, or the latest.
    pub handoff: Option<HandoffId>,
    /// Who started it.
    pub direction: Direction,
    /// Whether a human did it.
    pub human: bool,
    /// By what means.
    pub channel: String,
    /// The principal who made or recorded it.
    pub by: String,
    /// The handoff's first contacts, with this one in.
    pub firsts: Firsts,
    /// Whether an import brought it.
    pub imported: bool,
    /// The imported item.
    pub source: Option<Source>,
}
