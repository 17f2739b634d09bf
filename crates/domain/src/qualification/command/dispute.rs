//! What both sides do about a rejection that marketing does not take.

use crate::id::HandoffId;

/// Object to a rejection, within the tenant's window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeHandoff {
    /// Which handoff.
    pub handoff: HandoffId,
    /// Why, in words; personal.
    pub note: String,
    /// The version that the caller read; another one is [`crate::error::Error::Stale`].
    pub version: Option<i64>,
}

/// Say whether the rejection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveDispute {
    /// Of which handoff.
    pub handoff: HandoffId,
    /// Whether it does.
    pub finding: Finding,
    /// Why, in words; personal.
    pub note: String,
    /// The version that the caller read; another one is [`crate::error::Error::Stale`].
    pub version: Option<i64>,
}

/// What a dispute comes to, with what that takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The rejection stands.
    Upheld,
    /// It does not.
    Overturned {
        /// The slug of the user who decides anew; absent: whoever owned the handoff.
        owner: Option<String>,
    },
}
