//! One year of a calendar, expanded: the UTC intervals in which it is open, and the closes of its business dates.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::definition::{Definition, LocalInterval};
use super::local;

/// The open time of one UTC year and the business dates of the same local year. All numbers are microseconds; those
/// of instants count from 1970.
#[derive(Debug, Clone, Default)]
pub(super) struct Year {
    /// Where the intervals start, ascending. They are disjoint, not adjacent, and lie inside the UTC year.
    opens: Vec<i64>,
    /// Where they end.
    closes: Vec<i64>,
    /// The open time of the year before each of them.
    before: Vec<i64>,
    total: i64,
    /// The local dates of the year on which an interval opens, ascending, with the last close of each. They stem
    /// from the intervals before merging: in a calendar that is always open every date still has its close.
    pub(super) dates: Vec<(NaiveDate, i64)>,
    /// The first instant of each of those dates. A date is later than the local date of an instant if it begins after
    /// that: so whoever asks by instants needs no zone.
    pub(super) begins: Vec<i64>,
}

impl Year {
    /// The year of a definition. Local intervals are turned to UTC first; only then are empty ones dropped and
    /// overlapping ones merged, because the night on which clocks are moved decides which those are.
    pub(super) fn expand(definition: &Definition, year: i32) -> Self {
        let (start, end) = (starts_at(year), starts_at(year + 1));
        let mut expanded = Self::default();
        let mut spans = Vec::new();
        // An interval ends at most two days after its date begins, zones are less than a day away from UTC, and the
        // longest gap is a day: dates further out than this cannot reach into the year.
        let first = local::minus_days(new_year(year), 4);
        let last = new_year(year + 1);
        for date in first.iter_days().take_while(|date| *date <= last) {
            let mut close = None;
            for interval in definition.hours(date) {
                let span = to_utc(definition, date, *interval);
                if span.0 < span.1 {
                    close = close.max(Some(span.1));
                    spans.push((span.0.max(start), span.1.min(end)));
                }
            }
            if let Some(close) = close.filter(|_| date.year() == year) {
                expanded.dates.push((date, close));
                expanded.begins.push(local::midnight(definition.time_zone, date).timestamp_micros());
            }
        }
        spans.retain(|(open, close)| open < close);
        spans.sort_unstable();
        for (open, close) in spans {
            expanded.push(open, close);
        }
        expanded
    }

    /// Adds an interval that starts no earlier than the ones before it.
    fn push(&mut self, open: i64, close: i64) {
        if let Some(last) = self.closes.last_mut().filter(|last| open <= **last) {
            self.total += (close - *last).max(0);
            *last = close.max(*last);
        } else {
            self.opens.push(open);
            self.closes.push(close);
            self.before.push(self.total);
            self.total += close - open;
        }
    }

    pub(super) fn open(&self, t: i64) -> bool {
        let started = self.opens.partition_point(|open| *open <= t);
        started > 0 && t < self.closes[started - 1]
    }

    pub(super) fn total(&self) -> i64 {
        self.total
    }

    /// The open time from the start of the year to `t`, which lies in the year.
    pub(super) fn elapsed_until(&self, t: i64) -> i64 {
        let started = self.opens.partition_point(|open| *open <= t);
        match started.checked_sub(1) {
            Some(last) => self.before[last] + t.min(self.closes[last]) - self.opens[last],
            None => 0,
        }
    }

    /// The first instant at which `amount` of the year's open time has passed; `0 < amount <= total`.
    pub(super) fn locate(&self, amount: i64) -> i64 {
        let index = self.before.partition_point(|before| *before < amount) - 1;
        self.opens[index] + amount - self.before[index]
    }
}

/// The instant at which a UTC year starts.
pub(super) fn starts_at(year: i32) -> i64 {
    new_year(year).and_time(NaiveTime::MIN).and_utc().timestamp_micros()
}

/// The first of January of a year of the wire, or of one next to those.
fn new_year(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MAX)
}

fn to_utc(definition: &Definition, date: NaiveDate, interval: LocalInterval) -> (i64, i64) {
    let at = |seconds: u32| -> DateTime<Utc> {
        let midnight = date.and_time(NaiveTime::MIN);
        let local = midnight.checked_add_signed(TimeDelta::seconds(i64::from(seconds)));
        local::to_utc(definition.time_zone, local.unwrap_or(midnight))
    };
    (at(interval.open.seconds()).timestamp_micros(), at(interval.closes_after()).timestamp_micros())
}
