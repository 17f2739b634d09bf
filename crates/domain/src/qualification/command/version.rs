//! Changing what both sides agree on, version by version (R16).

use chrono::{DateTime, Utc};

use crate::qualification::record::Content;
use crate::version::{ContentHash, Subject};

/// Take a version of a criteria set or a scoring model a step further, or back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeVersion {
    /// Of what: a criteria set or the scoring model. Contracts are sla's.
    pub subject: Subject,
    /// Which step.
    pub step: VersionStep,
}

/// A step of a version. Versions are named by their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionStep {
    /// Let the next version say this: the one that is under way, or a new one.
    Draft(Content),
    /// Put a draft before both sides.
    Submit(u32),
    /// Sign what was read, for the actor's side.
    Sign {
        /// Which version.
        version: u32,
        /// The hash of what was read.
        hash: ContentHash,
    },
    /// Take one's own signature back.
    WithdrawSignature(u32),
    /// Take the whole version back.
    Withdraw(u32),
    /// Settle when an approved version takes effect.
    Schedule {
        /// Which version.
        version: u32,
        /// When; the batch's now if it is left out.
        effective_from: Option<DateTime<Utc>>,
    },
}
