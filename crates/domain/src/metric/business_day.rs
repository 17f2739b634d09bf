//! M20 and M21: figures per business day, so that a short month can be held against a long one (F14).

use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::exact::Exact;
use super::ratio::{Ratio, ZeroDenominator};
use crate::calendar::{Calendar, local};
use crate::period::Period;

/// What arrives on a business day of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerBusinessDay {
    /// Arrivals over business days, both of the completed days only. Arrivals on closed days stay in the numerator.
    pub rate: Ratio,
    /// The arrivals of the day that is not over, if it lies in the period; in no rate.
    pub today: Option<u64>,
}

/// M20: arrivals in the local dates of the period, in the report's `zone`, per business day of `calendar`.
///
/// A period that still runs at `as_of` counts its completed days. Without a completed business day there is no value.
pub fn per_business_day(
    arrivals: impl IntoIterator<Item = DateTime<Utc>>,
    period: &Period,
    zone: Tz,
    calendar: &Calendar,
    as_of: DateTime<Utc>,
) -> PerBusinessDay {
    let (today, completed) = (local::date(zone, as_of), completed(period, zone, as_of));
    let (mut arrived, mut arrived_today) = (0, 0);
    for at in arrivals.into_iter().filter(|at| *at <= as_of) {
        let date = local::date(zone, at);
        arrived += u64::from(completed.contains(&date));
        arrived_today += u64::from(date == today);
    }
    let business_days = calendar.business_days(completed.start, completed.end);
    PerBusinessDay {
        rate: Ratio::new(arrived, u64::from(business_days)),
        today: period.contains(today).then_some(arrived_today),
    }
}

/// The dates of a period that are over at `as_of`; none of one that is still to come.
pub fn completed(period: &Period, zone: Tz, as_of: DateTime<Utc>) -> Range<NaiveDate> {
    let end = period.end().min(local::date(zone, as_of));
    period.start()..end.max(period.start())
}

/// M21: how much more must come in on each business day for the total to stay the same. 23 → 20 days: 3/20, +15 %.
///
/// # Errors
/// `ZeroDenominator` if the current period has no business day.
pub fn growth_to_hold(previous_days: u32, current_days: u32) -> Result<Exact, ZeroDenominator> {
    let (previous, current) = (i128::from(previous_days), i128::from(current_days));
    Exact::new(previous - current, current).ok_or(ZeroDenominator)
}
