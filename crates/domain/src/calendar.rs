//! Business calendars: when somebody is at work, how much working time lies between two instants, and when a given
//! amount of it will be over.
//!
//! A [`Definition`] is what people write: a zone, a week, exceptions. A [`Calendar`] is the same thing expanded to
//! UTC intervals with running totals, so that a question is a binary search and never a step per second or per day.
//! Years are expanded when they are first asked for and kept; every year that the wire can carry (1 to 9999) is
//! exact, and outside of those a calendar is closed.
//!
//! Resolution is the microsecond; anything finer is cut off. Nothing here knows targets of contracts, pauses or
//! warnings: those belong to the clock.

mod days;
mod definition;
pub mod local;
mod year;

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::OnceLock;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

pub use days::BusinessDate;
pub use definition::{Definition, Exception, LocalInterval, LocalTime, ParseLocalTimeError, WEEKDAYS};
use year::Year;

use crate::target::Target;

/// The years that `google.protobuf.Timestamp` can carry.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// The years whose expansion is kept once it was made; others are expanded for each question.
const KEPT: RangeInclusive<i32> = 1970..=2199;

/// The last instant that the wire can carry: the deadline of what will never be due.
pub const END_OF_TIME: DateTime<Utc> = match DateTime::from_timestamp_micros(253_402_300_799_999_999) {
    Some(end) => end,
    None => DateTime::<Utc>::MAX_UTC,
};

/// The first instant that the wire can carry, the start of year 1, in microseconds from 1970.
const FIRST_US: i64 = -62_135_596_800_000_000;

/// What lies between two instants, in every unit that a report may ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Elapsed {
    /// Microseconds while the calendar was open; 0 if the second instant is not the later one.
    pub business_us: i64,
    /// Microseconds on the clock; negative if the second instant is the earlier one.
    pub calendar_us: i64,
    /// Business days: the least n for which the second instant is no later than the deadline of n business days.
    pub business_days: u32,
}

/// A calendar ready to be asked.
#[derive(Clone)]
pub struct Calendar {
    definition: Definition,
    /// The last year in which an interval can open or still be open.
    last_year: i32,
    years: Box<[OnceLock<Year>]>,
}

impl Calendar {
    /// The calendar of a definition. Whether the definition makes sense is [`Definition::validate`]'s business: what the
    /// zone swallows on some night is simply never open here.
    pub fn new(definition: Definition) -> Self {
        let last_year = definition.last_year().clamp(*YEARS.start(), *YEARS.end());
        Self { definition, last_year, years: KEPT.map(|_| OnceLock::new()).collect() }
    }

    /// What the calendar was made from.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The local date of an instant in the calendar's zone.
    pub fn local_date(&self, t: DateTime<Utc>) -> NaiveDate {
        local::date(self.definition.time_zone, instant(micros(t)))
    }

    /// Whether the calendar is open at `t`; openings include their start and exclude their end.
    pub fn open(&self, t: DateTime<Utc>) -> bool {
        self.year(t.year()).open(t.timestamp_micros())
    }

    /// The time that the calendar is open within `[a, b)`; zero if `b` is not later than `a`.
    pub fn elapsed(&self, a: DateTime<Utc>, b: DateTime<Utc>) -> TimeDelta {
        let (from, to) = (micros(a), micros(b));
        if to <= from {
            return TimeDelta::zero();
        }
        let (first, last) = (instant(from).year(), instant(to).year());
        let mut sum = self.year(last).elapsed_until(to) - self.year(first).elapsed_until(from);
        for year in first..last.min(self.last_year + 1) {
            sum += self.year(year).total();
        }
        TimeDelta::microseconds(sum)
    }

    /// The first instant no earlier than `a` at which `amount` of open time has passed since `a`. A deadline on a
    /// closing edge stays there. `a` itself if `amount` is not positive; none if the calendar is never open for as
    /// long again.
    pub fn deadline(&self, a: DateTime<Utc>, amount: TimeDelta) -> Option<DateTime<Utc>> {
        if amount <= TimeDelta::zero() {
            return Some(a);
        }
        let from = micros(a);
        let mut at = instant(from).year();
        let mut year = self.year(at);
        let mut left = ceil_micros(amount).saturating_add(year.elapsed_until(from));
        while left > year.total() {
            left -= year.total();
            at += 1;
            if at > self.last_year {
                return None;
            }
            year = self.year(at);
        }
        Some(instant(year.locate(left)))
    }

    /// The first instant no earlier than `a` at which the calendar is open; none if it never is again.
    pub fn next_opening(&self, a: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let moment = TimeDelta::microseconds(1);
        Some((self.deadline(a, moment)? - moment).max(a))
    }

    /// The deadline of a target that starts at `a`; none if it will never be reached.
    pub fn due(&self, a: DateTime<Utc>, target: Target) -> Option<DateTime<Utc>> {
        match target {
            Target::Business(amount) => self.deadline(a, amount),
            Target::Calendar(amount) => a.checked_add_signed(amount).filter(|due| *due <= END_OF_TIME),
            Target::BusinessDays(days) => self.deadline_days(a, days),
        }
    }

    /// What lies between `a` and `b`, in every unit.
    pub fn measure(&self, a: DateTime<Utc>, b: DateTime<Utc>) -> Elapsed {
        Elapsed {
            business_us: self.elapsed(a, b).num_microseconds().unwrap_or(i64::MAX),
            calendar_us: micros(b) - micros(a),
            business_days: self.days(a, b),
        }
    }

    fn year(&self, year: i32) -> Cow<'_, Year> {
        let kept = usize::try_from(year - KEPT.start()).ok().and_then(|index| self.years.get(index));
        match kept {
            Some(slot) => Cow::Borrowed(slot.get_or_init(|| Year::expand(&self.definition, year))),
            None if YEARS.contains(&year) => Cow::Owned(Year::expand(&self.definition, year)),
            None => Cow::Owned(Year::default()),
        }
    }
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.definition == other.definition
    }
}

impl Eq for Calendar {}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Calendar").field(&self.definition).finish()
    }
}

/// Microseconds since 1970 of an instant, moved to the nearest one that the wire can carry.
fn micros(t: DateTime<Utc>) -> i64 {
    t.timestamp_micros().clamp(FIRST_US, END_OF_TIME.timestamp_micros())
}

/// The instant of what [`micros`] gave.
fn instant(micros: i64) -> DateTime<Utc> {
    // The years 1 to 9999 are a small part of what chrono holds; the fallback is never taken.
    DateTime::from_timestamp_micros(micros).unwrap_or(END_OF_TIME)
}

/// Microseconds of a positive length, rounded up: a deadline is never too early.
fn ceil_micros(length: TimeDelta) -> i64 {
    let whole = length.num_microseconds().unwrap_or(i64::MAX);
    if TimeDelta::microseconds(whole) < length { whole.saturating_add(1) } else { whole }
}
