//! A clock: what it measures, how far it is, and whether its deadline was ever missed.
//!
//! State and breach are apart. `breached_at` is a fact about time and stays when the clock is met late; whether a
//! clock is overdue is a question about an instant, and only a running one can be.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};

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

/// The stretch of a clock's life that one version of its calendar measures, with what came before. A new version
/// changes only the future, so what elapsed under the old ones is carried along and never measured again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The version of the calendar that counts.
    pub calendar_version: u32,
    /// Since when: the clock's start, or the moment of the last new version.
    pub from: DateTime<Utc>,
    /// Business microseconds between the clock's start and `from`.
    pub business_us: i64,
    /// Business dates after the start's that had closed by `from`.
    pub business_days: u32,
    /// The last of these, or the local date of the start.
    pub counted_to: NaiveDate,
}

/// An SLA clock on a handoff: it starts with the MQL and ends when sales has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Its id.
    pub id: ClockId,
    /// What it is about.
    pub handoff: HandoffId,
    /// The lead of that.
    pub lead: LeadId,
    /// The contract whose target it measures.
    pub contract: ContractId,
    /// The version of it.
    pub contract_version: u32,
    /// The calendar in which it runs.
    pub calendar: CalendarId,
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
    /// The stretch that runs now, or ran last.
    pub span: Span,
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
            contract: started.contract,
            contract_version: started.contract_version,
            calendar: started.calendar,
            target: started.target,
            started_at: started.started_at,
            recorded_at: started.recorded_at,
            due_at: started.due_at,
            imported: started.imported,
            span: Span {
                calendar_version: started.calendar_version,
                from: started.started_at,
                business_us: 0,
                business_days: 0,
                counted_to: started.start_date,
            },
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

    /// How long it has run at `at`, by the `calendar` version of its span. For an instant before that span the same
    /// version serves for the whole life of the clock: versions that are gone cannot be asked, and such an instant
    /// turns up only if the calendar changed while the decision was on its way.
    pub fn measure(&self, calendar: &Calendar, at: DateTime<Utc>) -> Elapsed {
        let whole = calendar.measure(self.started_at, at);
        let span = &self.span;
        if at <= span.from || span.from == self.started_at {
            return whole;
        }
        let business_us = span.business_us + calendar.measure(span.from, at).business_us;
        let business_days = match span.business_days {
            0 if whole.business_days == 0 => 0,
            counted => counted + self.closed_dates(calendar, |close| close < at).0 + 1,
        };
        Elapsed { business_us, business_days, ..whole }
    }

    /// The span and the deadline with which the clock goes on at `now`, when `new` takes the place of `old`.
    pub(super) fn respan(
        &self,
        old: &Calendar,
        new: &Calendar,
        version: u32,
        now: DateTime<Utc>,
    ) -> (Span, DateTime<Utc>) {
        let (closed, last) = self.closed_dates(old, |close| close <= now);
        let span = Span {
            calendar_version: version,
            from: now.max(self.started_at),
            business_us: self.measure(old, now).business_us,
            business_days: self.span.business_days + closed,
            counted_to: last.unwrap_or(self.span.counted_to),
        };
        let due_at = if self.due_at <= now { Some(self.due_at) } else { self.remaining_due(&span, new) };
        (span, due_at.unwrap_or(END_OF_TIME))
    }

    /// When what is left of the target at the start of `span` will be over.
    fn remaining_due(&self, span: &Span, calendar: &Calendar) -> Option<DateTime<Utc>> {
        match self.target {
            Target::Calendar(_) => Some(self.due_at),
            Target::Business(amount) => {
                calendar.deadline(span.from, amount - chrono::TimeDelta::microseconds(span.business_us))
            }
            Target::BusinessDays(0) => calendar.deadline_days(self.started_at, 0),
            Target::BusinessDays(days) => {
                let left = days.saturating_sub(span.business_days).max(1);
                let ahead = calendar.dates_after(span.counted_to).filter(|day| day.close > span.from);
                ahead.map(|day| day.close).nth(left as usize - 1)
            }
        }
    }

    /// How many business dates have closed since the span began and before the closes that `until` refuses, and the
    /// last of them.
    fn closed_dates(
        &self,
        calendar: &Calendar,
        until: impl Fn(DateTime<Utc>) -> bool,
    ) -> (u32, Option<NaiveDate>) {
        let ahead = calendar.dates_after(self.span.counted_to).filter(|day| day.close > self.span.from);
        ahead.take_while(|day| until(day.close)).fold((0, None), |(n, _), day| (n + 1, Some(day.date)))
    }
}
