//! Business days: local dates on which an interval opens, each with its last close.
//!
//! An interval belongs to the date on which it opens, so a night shift from 22:00 to 06:00 makes one business date
//! and closes it on the next morning.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::year::Year;
use super::{Calendar, YEARS, instant, local, micros};

/// A local date on which an interval opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusinessDate {
    /// The local date.
    pub date: NaiveDate,
    /// Its last close; after midnight for a night shift.
    pub close: DateTime<Utc>,
}

/// A date whose local date lies at least this many days before an instant's has closed by then: an interval ends at
/// most two days after its date begins, and the longest gap of a zone is a day.
const SURELY_CLOSED_DAYS: u64 = 4;

impl Calendar {
    /// The close of the `days`-th business date after the local date of `a`; for 0 the last close of that date, or
    /// its end if it is closed. None if there are not that many business dates any more.
    pub fn deadline_days(&self, a: DateTime<Utc>, days: u32) -> Option<DateTime<Utc>> {
        let Some(index) = days.checked_sub(1) else {
            return Some(self.last_close(self.local_date(a)));
        };
        let (from, mut index) = (micros(a), index as usize);
        let mut at = instant(from).year();
        loop {
            let year = self.year(at);
            // In the year after, too: where the sun rises early its first date may have begun before the instant.
            let later = year.begins.partition_point(|begin| *begin <= from);
            if let Some((_, close)) = year.dates[later..].get(index) {
                return Some(instant(*close));
            }
            index -= year.dates.len() - later;
            at += 1;
            if at > self.last_year {
                return None;
            }
        }
    }

    /// The business days between `a` and `b`: the least n for which `b` is no later than `deadline_days(a, n)`. If
    /// the calendar never opens again before `b`, one more than the business dates that are left.
    pub fn days(&self, a: DateTime<Utc>, b: DateTime<Utc>) -> u32 {
        let (date, b) = (self.local_date(a), instant(micros(b)));
        if b <= self.last_close(date) {
            return 0;
        }
        let skip_to = date.max(local::minus_days(self.local_date(b), SURELY_CLOSED_DAYS));
        let skipped = self.business_days(local::plus_days(date, 1), local::plus_days(skip_to, 1));
        let further = self.dates_after(skip_to).take_while(|day| day.close < b).count();
        skipped + u32::try_from(further).unwrap_or(u32::MAX - 1).saturating_add(1)
    }

    /// How many business dates lie in `[from, to)` (M20).
    pub fn business_days(&self, from: NaiveDate, to: NaiveDate) -> u32 {
        if to <= from {
            return 0;
        }
        let before = |year: &Year, date| year.dates.partition_point(|(day, _)| *day < date);
        let last = to.year().min(self.last_year);
        let count: usize = (from.year().max(*YEARS.start())..=last)
            .map(|at| {
                let year = self.year(at);
                before(&year, to) - before(&year, from)
            })
            .sum();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The business dates after `date`, in order.
    pub fn dates_after(&self, date: NaiveDate) -> impl Iterator<Item = BusinessDate> {
        let at = date.year().max(*YEARS.start());
        let year = self.year(at);
        let index = year.dates.partition_point(|(day, _)| *day <= date);
        BusinessDates { calendar: self, at, year, index }
    }

    /// Whether an interval opens on the local date.
    pub fn is_business_date(&self, date: NaiveDate) -> bool {
        self.close_of(date).is_some()
    }

    /// The last close of a date, or the end of a date that is closed.
    fn last_close(&self, date: NaiveDate) -> DateTime<Utc> {
        let end = || local::midnight(self.definition.time_zone, local::plus_days(date, 1));
        self.close_of(date).unwrap_or_else(end)
    }

    fn close_of(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        let year = self.year(date.year());
        let index = year.dates.binary_search_by_key(&date, |(day, _)| *day).ok()?;
        Some(instant(year.dates[index].1))
    }
}

struct BusinessDates<'a> {
    calendar: &'a Calendar,
    at: i32,
    year: Cow<'a, Year>,
    index: usize,
}

impl Iterator for BusinessDates<'_> {
    type Item = BusinessDate;

    fn next(&mut self) -> Option<BusinessDate> {
        while self.index == self.year.dates.len() {
            if self.at >= self.calendar.last_year {
                return None;
            }
            self.at += 1;
            self.year = self.calendar.year(self.at);
            self.index = 0;
        }
        let (date, close) = self.year.dates[self.index];
        self.index += 1;
        Some(BusinessDate { date, close: instant(close) })
    }
}
