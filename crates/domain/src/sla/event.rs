//! What can happen in the sla service. An event holds ids, times and numbers, never a personal value, and everything
//! that its fold needs.

use chrono::{DateTime, NaiveDate, Utc};

use super::contract::Contract;
use crate::calendar::{Definition, Elapsed};
use crate::id::{CalendarId, ClockId, ContractId, HandoffId, LeadId};
use crate::target::Target;

/// A clock began to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockStarted {
    /// The clock.
    pub clock: ClockId,
    /// What it is about.
    pub handoff: HandoffId,
    /// The lead of that.
    pub lead: LeadId,
    /// Which round of decision it measures, from 1.
    pub round: u32,
    /// The contract whose target it measures, for its whole life (edge case 27, KEEP).
    pub contract: ContractId,
    /// The version of it.
    pub contract_version: u32,
    /// The calendar in which it runs.
    pub calendar: CalendarId,
    /// The version of it that was in force.
    pub calendar_version: u32,
    /// How long it may run.
    pub target: Target,
    /// When the lead became an MQL, or the rejection was overturned, which is when the clock starts.
    pub started_at: DateTime<Utc>,
    /// When qualification recorded that; later than `started_at` for imported history.
    pub recorded_at: DateTime<Utc>,
    /// When it is over.
    pub due_at: DateTime<Utc>,
    /// Whether it stems from imported history.
    pub imported: bool,
}

/// Why there is nothing to decide any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelReason {
    /// The handoff was taken back.
    Withdrawn,
    /// The source system was already further: the acceptance is only implied, and nobody's speed.
    Implied,
}

impl CancelReason {
    /// The word used on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "WITHDRAWN",
            Self::Implied => "IMPLIED",
        }
    }
}

/// Something that happened. Events of clocks name the handoff too, for readers that know no clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A version of the contract took effect; the one before it, if any, ended at that moment.
    ContractEffective(Contract),
    /// A calendar got a new version, the first one included.
    CalendarVersioned {
        /// The calendar.
        calendar: CalendarId,
        /// The version's number.
        version: u32,
        /// What it is called in its resource name.
        slug: String,
        /// Its name among people.
        display_name: String,
        /// Its hours.
        definition: Definition,
        /// Since when it is in force.
        at: DateTime<Utc>,
    },
    /// A clock began to run.
    ClockStarted(ClockStarted),
    /// A running clock went on under a new version of its calendar: what had elapsed stays, and what is left is
    /// counted by the new version. The deadline of an overdue clock does not move any more.
    ClockDeadlineMoved {
        /// The clock.
        clock: ClockId,
        /// Its handoff.
        handoff: HandoffId,
        /// Since when the new version counts.
        at: DateTime<Utc>,
        /// The new version of the calendar.
        calendar_version: u32,
        /// The deadline from now on.
        due_at: DateTime<Utc>,
        /// Business microseconds from the start to `at`.
        business_us: i64,
        /// Business dates after the start's that had closed before `at`.
        business_days: u32,
        /// The last of these, or the date of the start.
        counted_to: NaiveDate,
    },
    /// Sales decided.
    ClockMet {
        /// The clock.
        clock: ClockId,
        /// Its handoff.
        handoff: HandoffId,
        /// When sales decided.
        at: DateTime<Utc>,
        /// Whether that was after the deadline; exactly at it is in time.
        late: bool,
        /// How long it took, in every unit.
        elapsed: Elapsed,
    },
    /// There is nothing to decide any more.
    ClockCancelled {
        /// The clock.
        clock: ClockId,
        /// Its handoff.
        handoff: HandoffId,
        /// Since when.
        at: DateTime<Utc>,
        /// Why.
        reason: CancelReason,
    },
    /// The deadline passed without a decision.
    ClockBreached {
        /// The clock.
        clock: ClockId,
        /// Its handoff.
        handoff: HandoffId,
        /// The deadline, whenever this was noticed.
        at: DateTime<Utc>,
        /// Whether anybody is to be told; nobody is of history that was due when it was imported.
        notify: bool,
    },
    /// It turned out that the clock had ended in time: the breach never was.
    ClockBreachRetracted {
        /// The clock.
        clock: ClockId,
        /// Its handoff.
        handoff: HandoffId,
        /// When the clock had ended.
        at: DateTime<Utc>,
    },
}

impl Event {
    /// When it happened in the world.
    pub fn occurred_at(&self) -> DateTime<Utc> {
        match self {
            Self::ContractEffective(contract) => contract.effective_from,
            Self::ClockStarted(started) => started.started_at,
            Self::CalendarVersioned { at, .. }
            | Self::ClockDeadlineMoved { at, .. }
            | Self::ClockMet { at, .. }
            | Self::ClockCancelled { at, .. }
            | Self::ClockBreached { at, .. }
            | Self::ClockBreachRetracted { at, .. } => *at,
        }
    }

    /// Its name in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ContractEffective(_) => "ContractEffective",
            Self::CalendarVersioned { .. } => "CalendarVersioned",
            Self::ClockStarted(_) => "ClockStarted",
            Self::ClockDeadlineMoved { .. } => "ClockDeadlineMoved",
            Self::ClockMet { .. } => "ClockMet",
            Self::ClockCancelled { .. } => "ClockCancelled",
            Self::ClockBreached { .. } => "ClockBreached",
            Self::ClockBreachRetracted { .. } => "ClockBreachRetracted",
        }
    }
}
