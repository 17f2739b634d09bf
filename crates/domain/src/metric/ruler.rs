//! How long it took, in the unit that was asked for.
//!
//! A business time needs a calendar, and the right one is known only to sla, which logged what had passed when it
//! stopped the clock (calendars, pauses, changes of owner). Where such a clock ran from exactly the start to exactly
//! the end of a pair, its figure is the answer; elsewhere the calendar named in the request is asked. Of a hand-over that
//! was decided more than once, because its rejection was overturned, the clocks of all rounds together are: the time of
//! the dispute is nobody's in particular.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::clock::{ClockFact, ClockKind};
use super::fact::HandoffFact;
use super::milestone::Milestone;
use crate::calendar::{Calendar, Elapsed, local};
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
    fn logged(&self, elapsed: Elapsed) -> Option<i64> {
        match self {
            Self::Calendar | Self::CalendarDays(_) => None,
            Self::Business(_) => Some(elapsed.business_us),
            Self::BusinessDays(_) => Some(i64::from(elapsed.business_days)),
        }
    }
}

/// The stopped clocks of a report, found by what they ran for. Of several that began at once, the last made counts.
#[derive(Debug, Default)]
pub struct Logged(HashMap<(HandoffId, ClockKind), BTreeMap<DateTime<Utc>, Run>>);

/// A clock from its start to its stop.
#[derive(Debug, Clone, Copy)]
struct Run {
    clock: ClockId,
    stopped_at: DateTime<Utc>,
    elapsed: Elapsed,
}

impl<'a> FromIterator<&'a ClockFact> for Logged {
    fn from_iter<I: IntoIterator<Item = &'a ClockFact>>(clocks: I) -> Self {
        let mut runs = HashMap::<_, BTreeMap<_, Run>>::new();
        for clock in clocks {
            let Some(stop) = clock.stop else { continue };
            let run = Run { clock: clock.clock, stopped_at: stop.at, elapsed: stop.elapsed };
            let of_handoff = runs.entry((clock.handoff, clock.kind)).or_default();
            let last = of_handoff.entry(clock.started_at).or_insert(run);
            if run.clock > last.clock {
                *last = run;
            }
        }
        Self(runs)
    }
}

impl Logged {
    /// How long `fact` took from `start` to reaching `to` at `end`.
    pub fn measure(
        &self,
        ruler: Ruler<'_>,
        fact: &HandoffFact,
        to: Milestone,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> i64 {
        let logged = self.elapsed(fact, to, start, end).and_then(|elapsed| ruler.logged(elapsed));
        logged.unwrap_or_else(|| ruler.measure(start, end))
    }

    /// What had passed by the clocks of which the first began exactly then and the last stopped exactly then.
    pub fn elapsed(
        &self,
        fact: &HandoffFact,
        to: Milestone,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Option<Elapsed> {
        let runs = self.0.get(&(fact.handoff?, ClockKind::stopped_by(to)?))?;
        let first = runs.get(&start)?;
        let rounds = || runs.range(start..=end.max(start)).map(|(_, run)| run);
        let last = rounds().next_back().unwrap_or(first);
        let sum = |sum: Elapsed, run: &Run| Elapsed {
            business_us: sum.business_us + run.elapsed.business_us,
            calendar_us: sum.calendar_us + run.elapsed.calendar_us,
            business_days: sum.business_days + run.elapsed.business_days,
        };
        (last.stopped_at == end).then(|| rounds().fold(Elapsed::default(), sum))
    }
}
