//! How long it took, in the unit that was asked for.
//!
//! A business time needs a calendar, and the right one is known only to sla, which logged what had passed when it
//! stopped the clock (calendars, pauses, changes of owner). Where such a clock ran from exactly the start to exactly
//! the end of a pair, its figure is the answer; elsewhere the calendar named in the request is asked.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::clock::{ClockFact, ClockKind, Stop};
use super::fact::HandoffFact;
use super::milestone::Milestone;
use crate::calendar::{Calendar, local};
use crate::id::{ClockId, HandoffId};
use crate::target::Unit;

/// A unit with what is needed to measure in it.
#[derive(Debug, Clone, Copy)]
pub enum Ruler<'a> {
    /// Microseconds on the clock.
    Calendar,
    /// Difference of the local dates in a zone, in days.
    CalendarDays(Tz),
    /// Microseconds of opening hours.
    Business(&'a Calendar),
    /// Whole business days.
    BusinessDays(&'a Calendar),
}

impl Ruler<'_> {
    /// The unit of what it measures.
    pub fn unit(&self) -> Unit {
        match self {
            Self::Calendar => Unit::Calendar,
            Self::CalendarDays(_) => Unit::CalendarDays,
            Self::Business(_) => Unit::Business,
            Self::BusinessDays(_) => Unit::BusinessDays,
        }
    }

    /// From `start` to `end`: microseconds, or whole days.
    pub fn measure(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> i64 {
        match self {
            Self::Calendar => end.timestamp_micros() - start.timestamp_micros(),
            Self::CalendarDays(zone) => (local::date(*zone, end) - local::date(*zone, start)).num_days(),
            Self::Business(calendar) => calendar.measure(start, end).business_us,
            Self::BusinessDays(calendar) => i64::from(calendar.days(start, end)),
        }
    }

    /// What sla logged, if the unit is one that it logs better than we can compute.
    fn logged(&self, stop: &Stop) -> Option<i64> {
        match self {
            Self::Calendar | Self::CalendarDays(_) => None,
            Self::Business(_) => Some(stop.elapsed.business_us),
            Self::BusinessDays(_) => Some(i64::from(stop.elapsed.business_days)),
        }
    }
}

/// The stopped clocks of a report, found by what they ran for. Of several that ran for the same, the last made counts.
#[derive(Debug, Default)]
pub struct Logged<'a>(HashMap<Run, (ClockId, &'a Stop)>);

/// The hand-over, what the clock waited for, its start and its stop.
type Run = (HandoffId, ClockKind, DateTime<Utc>, DateTime<Utc>);

impl<'a> FromIterator<&'a ClockFact> for Logged<'a> {
    fn from_iter<I: IntoIterator<Item = &'a ClockFact>>(clocks: I) -> Self {
        let mut runs = HashMap::<Run, (ClockId, &'a Stop)>::new();
        for clock in clocks {
            let Some(stop) = clock.stop.as_ref() else { continue };
            let last = runs
                .entry((clock.handoff, clock.kind, clock.started_at, stop.at))
                .or_insert((clock.clock, stop));
            if clock.clock > last.0 {
                *last = (clock.clock, stop);
            }
        }
        Self(runs)
    }
}

impl Logged<'_> {
    /// How long `fact` took from `start` to reaching `to` at `end`.
    pub fn measure(
        &self,
        ruler: Ruler<'_>,
        fact: &HandoffFact,
        to: Milestone,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> i64 {
        let logged = self.stop_of(fact, to, start, end).and_then(|stop| ruler.logged(stop));
        logged.unwrap_or_else(|| ruler.measure(start, end))
    }

    /// The stop of the clock that ran for exactly this.
    pub fn stop_of(
        &self,
        fact: &HandoffFact,
        to: Milestone,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Option<&Stop> {
        let run = (fact.handoff?, ClockKind::stopped_by(to)?, start, end);
        self.0.get(&run).map(|(_, stop)| *stop)
    }
}
