//! Saying that two leads are one person, and taking that back.

use crate::qualification::command::LeadRef;

/// Merge one lead into another: from then on both are one person, and whatever names either reaches the survivor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeLeads {
    /// Who goes on; one that was merged itself stands for the lead that it was merged into.
    pub survivor: LeadRef,
    /// Who is merged into it, with all that was merged into it before.
    pub duplicate: LeadRef,
    /// The version of the survivor that the caller read; another one is [`crate::error::Error::Stale`].
    pub survivor_version: Option<i64>,
    /// The same of the duplicate.
    pub duplicate_version: Option<i64>,
}

/// Undo a merge: the lead is one of its own again, with all that was merged into it before (edge case 10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmergeLead {
    /// The lead that was merged, named by any of its own names.
    pub lead: LeadRef,
    /// The version of it that the caller read; another one is [`crate::error::Error::Stale`].
    pub version: Option<i64>,
}
