//! What people write down about their working hours, and what is wrong with it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::{Calendar, YEARS, local};
use crate::error::{Error, Violation};

/// The days of the week in the order of [`Definition::weekly_hours`].
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

/// An interval `[open, close)` of local time. If `close` is not later on the clock than `open`, it is a time of the
/// next date; 09:00 to 09:00 is 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocalInterval {
    /// From when.
    pub open: LocalTime,
    /// Until when, exclusive.
    pub close: LocalTime,
}

impl LocalInterval {
    /// The whole of a date.
    pub const ALL_DAY: Self = Self { open: LocalTime::MIDNIGHT, close: LocalTime::END_OF_DAY };

    /// 09:00 to 18:00.
    pub const OFFICE: Self = Self { open: LocalTime(9 * 3_600), close: LocalTime(18 * 3_600) };

    /// Where it closes, in seconds of local time after the midnight before it opens.
    pub(super) fn closes_after(self) -> u32 {
        if self.close <= self.open { self.close.0 + DAY_SECS } else { self.close.0 }
    }
}

/// A date that differs from the week.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exception {
    /// What opens on this date instead of the hours of the week; empty: nothing does. What opened on the date before
    /// still runs to its close.
    pub hours: Vec<LocalInterval>,
    /// What people call it, `Easter Monday`, or empty.
    pub display_name: String,
}

/// A calendar as people write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The IANA zone in which its times are meant.
    pub time_zone: Tz,
    /// What opens on each day of the week, Monday first; overlaps are merged.
    pub weekly_hours: [Vec<LocalInterval>; 7],
    /// The dates that differ.
    pub exceptions: BTreeMap<NaiveDate, Exception>,
}

impl Definition {
    /// At most so many intervals in a week, and on one exception.
    pub const MAX_INTERVALS: usize = 70;
    /// At most so many exceptions.
    pub const MAX_EXCEPTIONS: usize = 2_000;
    /// The longest name, in characters.
    pub const MAX_NAME_CHARS: usize = 200;

    /// Monday to Friday from 09:00 to 18:00: the calendar of a new tenant.
    pub fn office_hours(time_zone: Tz) -> Self {
        let weekly_hours = WEEKDAYS.map(|day| match day {
            Weekday::Sat | Weekday::Sun => Vec::new(),
            _ => vec![LocalInterval::OFFICE],
        });
        Self { time_zone, weekly_hours, exceptions: BTreeMap::new() }
    }

    /// Open around the clock.
    pub fn always_open(time_zone: Tz) -> Self {
        let weekly_hours = WEEKDAYS.map(|_| vec![LocalInterval::ALL_DAY]);
        Self { time_zone, weekly_hours, exceptions: BTreeMap::new() }
    }

    /// What opens on a local date.
    pub fn hours(&self, date: NaiveDate) -> &[LocalInterval] {
        match self.exceptions.get(&date) {
            Some(exception) => &exception.hours,
            None => &self.weekly_hours[date.weekday().num_days_from_monday() as usize],
        }
    }

    /// The same closed on these dates, each with its name. A date that has an exception already keeps it: somebody may
    /// have meant it to be open.
    pub fn with_holidays(&self, holidays: &BTreeMap<NaiveDate, String>) -> Self {
        let mut closed = self.clone();
        for (date, display_name) in holidays {
            let holiday = || Exception { hours: Vec::new(), display_name: display_name.clone() };
            closed.exceptions.entry(*date).or_insert_with(holiday);
        }
        closed
    }

    /// Refuses what no calendar can mean, and one that does not open within ten years of `today`: a clock in it would
    /// never be due. Fields are named `weekly_hours[MON][0].open` and `exceptions[2026-12-25].hours[0].open`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation.
    pub fn validate(&self, today: NaiveDate) -> Result<(), Error> {
        let mut violations = Vec::new();
        let mut refuse =
            |field: String, description: String| violations.push(Violation { field, description });
        if self.weekly_hours.iter().map(Vec::len).sum::<usize>() > Self::MAX_INTERVALS {
            refuse("weekly_hours".to_owned(), format!("at most {} intervals a week", Self::MAX_INTERVALS));
        }
        for (day, hours) in WEEKDAYS.iter().zip(&self.weekly_hours) {
            let day = day.to_string().to_uppercase();
            check_hours(&format!("weekly_hours[{day}]"), hours, &mut refuse);
        }
        if self.exceptions.len() > Self::MAX_EXCEPTIONS {
            refuse("exceptions".to_owned(), format!("at most {} exceptions", Self::MAX_EXCEPTIONS));
        }
        for (date, exception) in &self.exceptions {
            let field = format!("exceptions[{date}]");
            if !YEARS.contains(&date.year()) {
                refuse(field.clone(), "a date lies in the years 1 to 9999".to_owned());
            }
            if exception.display_name.chars().count() > Self::MAX_NAME_CHARS {
                let description = format!("a name has at most {} characters", Self::MAX_NAME_CHARS);
                refuse(format!("{field}.display_name"), description);
            }
            if exception.hours.len() > Self::MAX_INTERVALS {
                refuse(format!("{field}.hours"), format!("at most {} intervals a date", Self::MAX_INTERVALS));
            }
            check_hours(&format!("{field}.hours"), &exception.hours, &mut refuse);
        }
        if violations.is_empty() && !self.opens_within_ten_years(today) {
            let description =
                "the calendar does not open within ten years; give the week some hours".to_owned();
            violations.push(Violation { field: "weekly_hours".to_owned(), description });
        }
        if violations.is_empty() { Ok(()) } else { Err(Error::Invalid(violations)) }
    }

    fn opens_within_ten_years(&self, today: NaiveDate) -> bool {
        let calendar = Calendar::new(self.clone());
        let limit = today.with_year(today.year() + 10).unwrap_or(local::plus_days(today, 3_652));
        calendar.business_days(today, limit) > 0
    }

    /// The last year in which the calendar can be open: without any hours in the week, the one after the last
    /// exception's, since a night shift may run into the next year.
    pub(super) fn last_year(&self) -> i32 {
        let is_weekly = self.weekly_hours.iter().any(|hours| !hours.is_empty());
        let last_exception = self.exceptions.last_key_value();
        if is_weekly {
            *YEARS.end()
        } else {
            last_exception.map_or(*YEARS.start(), |(date, _)| date.year() + 1)
        }
    }
}

fn check_hours(field: &str, hours: &[LocalInterval], refuse: &mut impl FnMut(String, String)) {
    for (index, interval) in hours.iter().enumerate() {
        if interval.open == LocalTime::END_OF_DAY {
            refuse(
                format!("{field}[{index}].open"),
                "write 00:00 of the next day instead of 24:00".to_owned(),
            );
        }
    }
}
