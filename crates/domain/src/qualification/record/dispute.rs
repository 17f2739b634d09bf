//! Marketing's objection to a rejection, and what came of it.

use chrono::{DateTime, Utc};

use crate::word::words;

words! {
    /// What somebody of sales says of a disputed rejection.
    pub enum Ruling {
        /// It was right, and is final.
        Upheld = "UPHELD",
        /// It was not: sales decides anew.
        Overturned = "OVERTURNED",
    }
}

/// The latest dispute about a handoff. What was said lies with its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// When the rejection was disputed.
    pub disputed_at: DateTime<Utc>,
    /// The principal who disputed it: `users/mia`.
    pub disputed_by: String,
    /// What came of it; none while it is open.
    pub resolution: Option<Resolution>,
}

/// The end of a dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// What it came to.
    pub ruling: Ruling,
    /// When.
    pub resolved_at: DateTime<Utc>,
    /// The principal who resolved it.
    pub resolved_by: String,
}

impl Dispute {
    /// What it came to, if it is resolved.
    pub fn ruling(&self) -> Option<Ruling> {
        self.resolution.as_ref().map(|resolution| resolution.ruling)
    }
}
