//! What both sides do with a handoff. None of these has a time of its own: a decision happens at its batch's now.

use chrono::TimeDelta;

use crate::id::HandoffId;
use crate::qualification::rejection::{Disposition, RejectionReason};

/// Give a handoff its owner, or another one while it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignHandoff {
    /// Which.
    pub handoff: HandoffId,
    /// The slug of an active user of the sales side.
    pub owner: String,
    /// The version that the caller read; another one is [`crate::error::Error::Stale`].
    pub version: Option<i64>,
}

/// Take a handoff: the lead becomes an SQL (R2). When nobody owns it yet, the actor does from now on (edge case 13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptHandoff {
    /// Which.
    pub handoff: HandoffId,
    /// The version that the caller read; another one is [`crate::error::Error::Stale`].
    pub version: Option<i64>,
}

/// Refuse a handoff (R3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectHandoff {
    /// Which.
    pub handoff: HandoffId,
    /// Why.
    pub reason: RejectionReason,
    /// What to do with the lead; absent: what the reason says.
    pub disposition: Option<Disposition>,
    /// The nurture flow that a recycled lead joins (R12).
    pub segment: Option<String>,
    /// In words; personal. OTHER needs it.
    pub note: Option<String>,
    /// The version that the caller read; another one is [`crate::error::Error::Stale`].
    pub version: Option<i64>,
}

/// Take a handoff back that sales has not decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawHandoff {
    /// Which.
    pub handoff: HandoffId,
    /// Why, in words; personal.
    pub note: String,
    /// How long the lead is not handed over again; absent: as long as the tenant says.
    pub cooldown: Option<TimeDelta>,
    /// The version that the caller read; another one is [`crate::error::Error::Stale`].
    pub version: Option<i64>,
}
