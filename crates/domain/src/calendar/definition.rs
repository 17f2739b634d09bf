//! What people write down about their working hours, and what is wrong with it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::{Calendar, YEARS, local};
use crate::error::{Error, Violation};

/// The days of the week in the order of [`Definition::week`].
pub const WEEKDAYS: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

const DAY_SECS: u32 = 86_400;

/// A time of day from 00:00 to 24:00, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime(u32);

impl LocalTime {
    /// The start of a day.
    pub const MIDNIGHT: Self = Self(0);
    /// The end of a day, 24:00.
    pub const END_OF_DAY: Self = Self(DAY_SECS);

    /// The time so many seconds after midnight on the clock; none past 24:00.
    pub const fn from_seconds(seconds: u32) -> Option<Self> {
        if seconds <= DAY_SECS { Some(Self(seconds)) } else { None }
    }

    /// Seconds after midnight, 86,400 for 24:00.
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

/// `09:00`, `24:00`, and with seconds only where there are any: `09:00:30`.
impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.0 / 3_600, self.0 / 60 % 60, self.0 % 60);
        write!(f, "{hours:02}:{minutes:02}")?;
        if seconds == 0 { Ok(()) } else { write!(f, ":{seconds:02}") }
    }
}

impl FromStr for LocalTime {
    type Err = ParseLocalTimeError;

    fn from_str(text: &str) -> Result<Self, ParseLocalTimeError> {
        let mut parts = text.split(':');
        let mut part = |limit: u32| {
            let part = parts.next()?;
            let two_digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            part.parse().ok().filter(|value| two_digits && *value <= limit)
        };
        let (hours, minutes) = (part(24), part(59));
        let seconds = if text.len() > 5 { part(59) } else { Some(0) };
        match (hours, minutes, seconds, parts.next()) {
            (Some(h), Some(m), Some(s), None) => {
                Self::from_seconds(h * 3_600 + m * 60 + s).ok_or(ParseLocalTimeError)
            }
            _ => Err(ParseLocalTimeError),
        }
    }
}

/// The text is no time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseLocalTimeError;

impl fmt::Display for ParseLocalTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time of day is written HH:MM or HH:MM:SS, from 00:00 to 24:00")
    }
}

impl std::error::Error for ParseLocalTimeError {}

/// An interval `[opens, closes)` of local time. If it does not close later on the clock than it opens, it closes on
/// the next date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opening {
    /// From when.
    pub opens: LocalTime,
    /// Until when, exclusive.
    pub closes: LocalTime,
}

impl Opening {
    /// The whole of a date.
    pub const ALL_DAY: Self = Self { opens: LocalTime::MIDNIGHT, closes: LocalTime::END_OF_DAY };

    /// 09:00 to 18:00.
    pub const OFFICE: Self = Self { opens: LocalTime(9 * 3_600), closes: LocalTime(18 * 3_600) };

    /// Where it closes, in seconds of local time after the midnight before it opens.
    pub(super) fn closes_after(self) -> u32 {
        if self.closes < self.opens { self.closes.0 + DAY_SECS } else { self.closes.0 }
    }
}

/// A calendar as people write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The IANA zone in which its times are meant.
    pub zone: Tz,
    /// The openings of each day of the week, Monday first; overlaps are merged.
    pub week: [Vec<Opening>; 7],
    /// Dates on which these openings replace those of the week; none of them: closed. What opened on the date
    /// before still runs to its close.
    pub exceptions: BTreeMap<NaiveDate, Vec<Opening>>,
}

impl Definition {
    /// At most so many openings on one date.
    pub const MAX_OPENINGS: usize = 24;
    /// At most so many exceptions: ten years of them.
    pub const MAX_EXCEPTIONS: usize = 3_660;

    /// Monday to Friday from 09:00 to 18:00: the calendar of a new tenant.
    pub fn office_hours(zone: Tz) -> Self {
        let week = WEEKDAYS.map(|day| match day {
            Weekday::Sat | Weekday::Sun => Vec::new(),
            _ => vec![Opening::OFFICE],
        });
        Self { zone, week, exceptions: BTreeMap::new() }
    }

    /// Open around the clock.
    pub fn always_open(zone: Tz) -> Self {
        Self { zone, week: WEEKDAYS.map(|_| vec![Opening::ALL_DAY]), exceptions: BTreeMap::new() }
    }

    /// The openings that start on a local date.
    pub fn openings(&self, date: NaiveDate) -> &[Opening] {
        let week = || &self.week[date.weekday().num_days_from_monday() as usize];
        self.exceptions.get(&date).unwrap_or_else(week)
    }

    /// Refuses what no calendar can mean, and one that does not open within ten years of `today`: a clock in it would
    /// never be due. Fields are named `week[MON].openings[0]` and `exceptions[2026-12-25].openings[0]`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation.
    pub fn validate(&self, today: NaiveDate) -> Result<(), Error> {
        let mut violations = Vec::new();
        for (day, openings) in WEEKDAYS.iter().zip(&self.week) {
            let day = day.to_string().to_uppercase();
            check_openings(&format!("week[{day}]"), openings, &mut violations);
        }
        if self.exceptions.len() > Self::MAX_EXCEPTIONS {
            let description = format!("at most {} exceptions", Self::MAX_EXCEPTIONS);
            violations.push(Violation { field: "exceptions".to_owned(), description });
        }
        for (date, openings) in &self.exceptions {
            let field = format!("exceptions[{date}]");
            check_openings(&field, openings, &mut violations);
            if !YEARS.contains(&date.year()) {
                let description = "a date lies in the years 1 to 9999".to_owned();
                violations.push(Violation { field, description });
            }
        }
        if violations.is_empty() && !self.opens_within_ten_years(today) {
            let description =
                "the calendar does not open within ten years; give the week an opening".to_owned();
            violations.push(Violation { field: "week".to_owned(), description });
        }
        if violations.is_empty() { Ok(()) } else { Err(Error::Invalid(violations)) }
    }

    fn opens_within_ten_years(&self, today: NaiveDate) -> bool {
        let calendar = Calendar::new(self.clone());
        let limit = today.with_year(today.year() + 10).unwrap_or(local::plus_days(today, 3_653));
        calendar.business_days(today, limit) > 0
    }

    /// The last year in which the calendar can be open: without an opening in the week, the one after the last
    /// exception's, since a night shift may run into the next year.
    pub(super) fn last_year(&self) -> i32 {
        let weekly = self.week.iter().any(|openings| !openings.is_empty());
        let last_exception = self.exceptions.last_key_value();
        if weekly { *YEARS.end() } else { last_exception.map_or(*YEARS.start(), |(date, _)| date.year() + 1) }
    }
}

fn check_openings(field: &str, openings: &[Opening], violations: &mut Vec<Violation>) {
    if openings.len() > Definition::MAX_OPENINGS {
        let description = format!("at most {} openings a day", Definition::MAX_OPENINGS);
        violations.push(Violation { field: field.to_owned(), description });
    }
    for (index, opening) in openings.iter().enumerate() {
        let description = if opening.opens == LocalTime::END_OF_DAY {
            "an opening starts before 24:00; write 00:00 of the next day"
        } else if opening.opens == opening.closes {
            "an opening has a length; the whole day is 00:00 to 24:00"
        } else {
            continue;
        };
        let field = format!("{field}.openings[{index}]");
        violations.push(Violation { field, description: description.to_owned() });
    }
}
