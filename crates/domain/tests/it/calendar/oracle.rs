//! A second opinion: the rules written down naively, interval by interval and day by day, without any code of the
//! calendar under test.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use handoff_domain::calendar::{Definition, LocalInterval};

/// The naive reading of a definition.
pub(super) struct Oracle<'a>(pub(super) &'a Definition);

impl Oracle<'_> {
    pub(super) fn date(&self, t: DateTime<Utc>) -> NaiveDate {
        t.with_timezone(&self.0.time_zone).date_naive()
    }

    pub(super) fn open(&self, t: DateTime<Utc>) -> bool {
        self.intervals(t, t).iter().any(|(open, close)| *open <= t && t < *close)
    }

    /// Walks over the edges of all intervals in `[a, b)` and adds up the stretches in which any of them is open.
    pub(super) fn elapsed(&self, a: DateTime<Utc>, b: DateTime<Utc>) -> TimeDelta {
        let mut edges = Vec::new();
        for (open, close) in self.intervals(a, b) {
            let (open, close) = (open.max(a), close.min(b));
            if open < close {
                edges.extend([(open, 1), (close, -1)]);
            }
        }
        edges.sort();
        let (mut sum, mut depth, mut since) = (TimeDelta::zero(), 0, a);
        for (at, step) in edges {
            if depth > 0 {
                sum += at - since;
            }
            (since, depth) = (at, depth + step);
        }
        sum
    }

    /// The last close of a date on which an interval opens.
    pub(super) fn close(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        self.opening_on(date).into_iter().map(|(_, close)| close).max()
    }

    pub(super) fn deadline_days(&self, a: DateTime<Utc>, days: u32) -> DateTime<Utc> {
        let mut date = self.date(a);
        if days == 0 {
            let tomorrow = date.succ_opt().expect("a date");
            return self.close(date).unwrap_or_else(|| to_utc(self.0.time_zone, tomorrow.into()));
        }
        let mut left = days;
        loop {
            date = date.succ_opt().expect("a date");
            if let Some(close) = self.close(date) {
                left -= 1;
                if left == 0 {
                    return close;
                }
            }
        }
    }

    pub(super) fn days(&self, a: DateTime<Utc>, b: DateTime<Utc>) -> u32 {
        (0..).find(|days| b <= self.deadline_days(a, *days)).expect("a calendar that opens again")
    }

    fn intervals(&self, a: DateTime<Utc>, b: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let (first, last) = (self.date(a) - TimeDelta::days(4), self.date(b) + TimeDelta::days(2));
        first.iter_days().take_while(|date| *date <= last).flat_map(|date| self.opening_on(date)).collect()
    }

    /// The intervals that open on a local date, in UTC, but for those that the zone swallows.
    fn opening_on(&self, date: NaiveDate) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let day = self.0.weekly_hours.get(date.weekday().number_from_monday() as usize - 1);
        let hours = match self.0.exceptions.get(&date) {
            Some(exception) => &exception.hours,
            None => day.expect("seven days"),
        };
        let spans = hours.iter().map(|interval| self.span(date, interval));
        spans.filter(|(open, close)| open < close).collect()
    }

    fn span(&self, date: NaiveDate, interval: &LocalInterval) -> (DateTime<Utc>, DateTime<Utc>) {
        let midnight = NaiveDateTime::from(date);
        let at = |seconds: u32| midnight + TimeDelta::seconds(i64::from(seconds));
        let mut close = at(interval.close.seconds());
        if interval.close <= interval.open {
            close += TimeDelta::days(1);
        }
        (to_utc(self.0.time_zone, at(interval.open.seconds())), to_utc(self.0.time_zone, close))
    }
}

/// The instant that shows the local time, the earlier of two; in a gap, the offset of the day before applies.
fn to_utc(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    let with_offset_of = |near: NaiveDateTime| local - zone.offset_from_utc_datetime(&near).fix();
    let before = with_offset_of(local - TimeDelta::days(1));
    let after = with_offset_of(local + TimeDelta::days(1));
    let shows = |utc: &NaiveDateTime| utc.and_utc().with_timezone(&zone).naive_local() == local;
    [before, after].into_iter().find(shows).unwrap_or(before).and_utc()
}
