//! The fact of an SLA clock: what it promised, and how it stood when it stopped.

use chrono::{DateTime, Utc};

use super::fact::by;
use super::milestone::Milestone;
use crate::calendar::Elapsed;
use crate::id::{ClockId, HandoffId};
use crate::target::Target;

/// What a clock waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockKind {
    /// From MQL to an owner.
    Route,
    /// From MQL to accept or reject.
    Decide,
    /// To the first human outbound attempt.
    Contact,
    /// To the first conversation.
    Connect,
    /// From SQL to the first meeting.
    Meeting,
}

impl ClockKind {
    /// The clock that is stopped by this milestone.
    pub fn stopped_by(milestone: Milestone) -> Option<Self> {
        match milestone {
            Milestone::Assigned => Some(Self::Route),
            Milestone::Decided => Some(Self::Decide),
            Milestone::FirstAttempt => Some(Self::Contact),
            Milestone::FirstConnect => Some(Self::Connect),
            Milestone::FirstMeeting => Some(Self::Meeting),
            _ => None,
        }
    }
}

/// One clock of one hand-over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockFact {
    /// The clock.
    pub clock: ClockId,
    /// What it waits for.
    pub kind: ClockKind,
    /// Whose it is.
    pub handoff: HandoffId,
    /// The target that was in force for it.
    pub target: Target,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// Its deadline.
    pub due_at: DateTime<Utc>,
    /// How it stopped; none while it runs.
    pub stop: Option<Stop>,
    /// The deadline, once it passed without a stop. It stays after a late stop or a cancellation.
    pub breached_at: Option<DateTime<Utc>>,
}

/// The end of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub kind: StopKind,
    /// What had passed by then, as sla logged it: with its calendars, its pauses and every owner's span.
    pub elapsed: Elapsed,
}

/// How a clock ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopKind {
    /// At the deadline or before.
    Met,
    /// After the deadline.
    MetLate,
    /// There was nothing left to wait for.
    Cancelled,
}

impl ClockFact {
    /// The clock as it stood at `as_of`; none if it had not started.
    pub fn as_of(mut self, as_of: DateTime<Utc>) -> Option<Self> {
        self.stop = self.stop.filter(|stop| stop.at <= as_of);
        self.breached_at = by(self.breached_at, as_of);
        (self.started_at <= as_of).then_some(self)
    }
}
