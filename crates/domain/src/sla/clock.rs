//! A clock: what it measures, how far it is, and whether its deadline was ever missed.
//!
//! State and breach are apart. `breached_at` is a fact about time and stays when the clock is met late; whether a
//! clock is overdue is a question about an instant, and only a running one can be.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::event::ClockStarted;
use crate::calendar::{Calendar, END_OF_TIME, Elapsed};
use crate::id::{CalendarId, ClockId, ContractId, HandoffId, LeadId};
use crate::target::Target;

/// Whether a clock runs, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClockState {
    /// Not decided yet, before the deadline or after it.
    Running,
    /// Decided no later than the deadline.
    Met,
    /// Decided after it.
    MetLate,
    /// Ended without a decision; counts for nobody and against nobody.
    Cancelled,
}

impl ClockState {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::Running, "RUNNING"),
        (Self::Met, "MET"),
        (Self::MetLate, "MET_LATE"),
        (Self::Cancelled, "CANCELLED"),
    ];

    /// The word used on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Met => "MET",
            Self::MetLate => "MET_LATE",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl fmt::Display for ClockState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ClockState {
    type Err = UnknownClockState;

    fn from_str(text: &str) -> Result<Self, UnknownClockState> {
        let known = Self::NAMES.iter().find(|(_, name)| *name == text);
        known.map(|(state, _)| *state).ok_or(UnknownClockState)
    }
}

/// The text names no state of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownClockState;

impl fmt::Display for UnknownClockState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a clock is RUNNING, MET, MET_LATE or CANCELLED")
    }
}

impl std::error::Error for UnknownClockState {}

/// What a clock had behind it when its calendar last got a new version. A new version changes only the future, so
/// this is carried along and never measured again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The moment of the new version; time after it counts by that version.
    pub until: DateTime<Utc>,
    /// Business microseconds between the clock's start and `until`.
    pub business_us: i64,
    /// Business dates after the start's that had closed before `until`.
    pub business_days: u32,
    /// The last of these, or the local date of the start; later ones count by the new version.
    pub counted_to: NaiveDate,
}

/// An SLA clock on a handoff: it starts with the MQL, or when a rejection is overturned, and ends when sales has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Its id.
    pub id: ClockId,
    /// What it is about.
    pub handoff: HandoffId,
    /// The lead of that.
    pub lead: LeadId,
    /// Which round of decision it measures, from 1.
    pub round: u32,
    /// The contract whose target it measures.
    pub contract: ContractId,
    /// The version of it.
    pub contract_version: u32,
    /// The calendar in which it runs.
    pub calendar: CalendarId,
    /// The version of it by which time counts now, or counted last.
    pub calendar_version: u32,
    /// How long it may run.
    pub target: Target,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When qualification recorded the start.
    pub recorded_at: DateTime<Utc>,
    /// Its deadline; [`END_OF_TIME`] if the calendar never opens for long enough.
    pub due_at: DateTime<Utc>,
    /// Whether it stems from imported history.
    pub imported: bool,
    /// What it had behind it when its calendar last changed; none if it did not while the clock ran.
    pub carried: Option<Carried>,
    /// Whether it runs, and how it ended.
    pub state: ClockState,
    /// The deadline, if that passed before the clock had ended ("ever breached").
    pub breached_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How long the decision took; none unless there was one.
    pub elapsed: Option<Elapsed>,
}

impl Clock {
    pub(super) fn start(started: &ClockStarted) -> Self {
        Self {
            id: started.clock,
            handoff: started.handoff,
            lead: started.lead,
            round: started.round,
            contract: started.contract,
            contract_version: started.contract_version,
            calendar: started.calendar,
            calendar_version: started.calendar_version,
            target: started.target,
            started_at: started.started_at,
            recorded_at: started.recorded_at,
            due_at: started.due_at,
            imported: started.imported,
            carried: None,
            state: ClockState::Running,
            breached_at: None,
            ended_at: None,
            elapsed: None,
        }
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.state == ClockState::Running
    }

    /// Whether it is past its deadline at `now` and still not decided ("overdue now"). At the deadline itself it is
    /// not: a decision at that instant is in time.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.is_running() && self.due_at < now
    }

    /// Whether a breach concerns anybody: not if it had happened before the clock was imported.
    pub(super) fn notifies(&self) -> bool {
        !(self.imported && self.due_at < self.recorded_at)
    }

    /// How long it has run at `at`, by the version of its `calendar` that is in force. For an instant before that
    /// version it serves for the clock's whole life: older ones cannot be asked any more, and such an instant turns up
    /// only if the calendar changed while the decision was on its way.
    pub fn measure(&self, calendar: &Calendar, at: DateTime<Utc>) -> Elapsed {
        let whole = calendar.measure(self.started_at, at);
        let Some(carried) = self.carried.as_ref().filter(|carried| at >= carried.until) else {
            return whole;
        };
        let business_us = carried.business_us + calendar.measure(carried.until, at).business_us;
        let business_days = match carried.business_days {
            0 if whole.business_days == 0 => 0,
            days => days + 1 + self.closed_dates(calendar, at).0,
        };
        Elapsed { business_us, business_days, ..whole }
    }

    /// What the clock has behind it when `calendar` gives way to a new version at `now`.
    pub(super) fn carry(&self, calendar: &Calendar, now: DateTime<Utc>) -> Carried {
        let until = now.max(self.started_at);
        let (days, last) = self.closed_dates(calendar, until);
        Carried {
            until,
            business_us: self.measure(calendar, until).business_us,
            business_days: self.carried.as_ref().map_or(0, |carried| carried.business_days) + days,
            counted_to: last,
        }
    }

    /// When what is left of the target after `carried` will be over in a new version of the calendar. A deadline that
    /// has passed does not move.
    pub(super) fn due_after(&self, carried: &Carried, calendar: &Calendar) -> DateTime<Utc> {
        if self.due_at <= carried.until {
            return self.due_at;
        }
        let due_at = match self.target {
            Target::Calendar(_) => Some(self.due_at),
            Target::Business(amount) => {
                calendar.deadline(carried.until, amount - TimeDelta::microseconds(carried.business_us))
            }
            Target::BusinessDays(days) => {
                let ahead = calendar.dates_after(carried.counted_to).filter(|day| day.close >= carried.until);
                let before = days.saturating_sub(carried.business_days).saturating_sub(1);
                ahead.map(|day| day.close).nth(before as usize)
            }
        };
        due_at.unwrap_or(END_OF_TIME)
    }

    /// How many business dates that are not carried have closed before `until`, and the last of them, or else the last
    /// one that was counted earlier.
    fn closed_dates(&self, calendar: &Calendar, until: DateTime<Utc>) -> (u32, NaiveDate) {
        let (since, counted_to) = match &self.carried {
            Some(carried) => (carried.until, carried.counted_to),
            None => (self.started_at, calendar.local_date(self.started_at)),
        };
        let ahead = calendar.dates_after(counted_to).filter(|day| day.close >= since);
        let closed = ahead.take_while(|day| day.close < until);
        closed.fold((0, counted_to), |(count, _), day| (count + 1, day.date))
    }
}
