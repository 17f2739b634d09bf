//! Two leads became one person, or two again. Nothing else of them changes: what hangs on a merged lead stays with it
//! and counts for the survivor, so taking it back is one event too.

use chrono::{DateTime, Utc};

use crate::id::LeadId;
use crate::qualification::record::Standing;

/// A lead was merged into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadMerged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// The duplicate.
    pub lead: LeadId,
    /// The survivor.
    pub into: LeadId,
    /// The duplicate, and those merged into it before: all that count for the survivor from now on.
    pub leads: Vec<LeadId>,
    /// How the survivor stands from now on.
    pub standing: Standing,
}

/// A merge was undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadUnmerged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// The lead that is one of its own again.
    pub lead: LeadId,
    /// The lead that it was merged into.
    pub from: LeadId,
    /// Who it counted for until now: that lead, or the one that this was merged into.
    pub survivor: LeadId,
    /// The lead, and those that were merged into it: all that count for it from now on.
    pub leads: Vec<LeadId>,
    /// How it stands by itself.
    pub standing: Standing,
    /// How the survivor stands without it.
    pub survivor_standing: Standing,
}
