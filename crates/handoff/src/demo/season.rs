//! When leads come: more on weekdays than at weekends, fewer in August and around Christmas, more from year to year, and
//! by the hour of the day.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::office;
use super::random::Random;

/// How far the sample goes back.
const MONTHS: u32 = 18;
/// January to December.
const MONTH_WEIGHTS: [u64; 12] = [100, 105, 115, 105, 105, 95, 80, 55, 110, 120, 115, 70];
/// Monday to Sunday.
const WEEKDAY_WEIGHTS: [u64; 7] = [120, 125, 120, 115, 100, 45, 50];
/// From 00 to 23 local time.
const HOUR_WEIGHTS: [u64; 24] =
    [6, 4, 3, 2, 2, 4, 10, 25, 60, 95, 110, 100, 70, 65, 90, 100, 95, 80, 60, 50, 45, 40, 28, 14];

/// The instants at which `count` leads are captured before `until`, in order.
pub(crate) fn arrivals(seed: u64, count: u64, until: DateTime<Utc>, zone: Tz) -> Vec<DateTime<Utc>> {
    let last = until.with_timezone(&zone).date_naive();
    let first = last - Months::new(MONTHS);
    let weights: Vec<u64> =
        first.iter_days().take_while(|day| *day <= last).map(|day| weight(day, first)).collect();
    let total: u64 = weights.iter().sum();
    let mut instants = Vec::new();
    let mut before = 0;
    for (index, day) in first.iter_days().take(weights.len()).enumerate() {
        // Rounding the running total, not each day, keeps the sum at `count`.
        let upto = before + weights[index];
        let here = count * upto / total - count * before / total;
        before = upto;
        let mut random = Random::new(seed ^ 0x5ea5_0000, index as u64);
        instants.extend((0..here).map(|_| moment(day, &mut random, zone)));
    }
    // What would come later today comes on the day before, as there must not be a future.
    for instant in &mut instants {
        if *instant >= until {
            *instant -= chrono::TimeDelta::days(1);
        }
    }
    instants.sort_unstable();
    instants
}

fn weight(day: NaiveDate, first: NaiveDate) -> u64 {
    let growth = 1_000 + u64::try_from((day - first).num_days()).unwrap_or_default();
    let month = MONTH_WEIGHTS[day.month0() as usize];
    let weekday = WEEKDAY_WEIGHTS[day.weekday().num_days_from_monday() as usize];
    growth * month * weekday
}

fn moment(day: NaiveDate, random: &mut Random, zone: Tz) -> DateTime<Utc> {
    let hours: Vec<u32> = (0..24).collect();
    let hour = random.weighted(&hours, |hour| HOUR_WEIGHTS[*hour as usize]).copied().unwrap_or_default();
    let second = u32::try_from(random.below(3_600)).unwrap_or_default();
    let time =
        NaiveTime::from_num_seconds_from_midnight_opt(hour * 3_600 + second, 0).unwrap_or(NaiveTime::MIN);
    office::instant(day, time, zone)
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;

    fn leads() -> Vec<DateTime<Utc>> {
        let until = "2026-11-22T14:30:00Z".parse().unwrap();
        arrivals(1, 20_000, until, Tz::Europe__Rome)
    }

    #[test]
    fn all_come_in_order_within_eighteen_months_and_none_in_the_future() {
        let leads = leads();
        assert_eq!(leads.len(), 20_000);
        assert!(leads.is_sorted());
        assert!(leads[0].date_naive() >= NaiveDate::from_ymd_opt(2025, 5, 21).unwrap(), "{}", leads[0]);
        assert!(leads[19_999] < "2026-11-22T14:30:00Z".parse::<DateTime<Utc>>().unwrap());
    }

    #[test]
    fn weekends_and_august_are_quiet() {
        let count = |is: &dyn Fn(NaiveDate) -> bool| {
            leads().iter().filter(|at| is(at.with_timezone(&Tz::Europe__Rome).date_naive())).count()
        };
        assert!(
            count(&|day| day.weekday() == Weekday::Sun) * 2 < count(&|day| day.weekday() == Weekday::Tue)
        );
        let month = |year, month| count(&move |day| (day.year(), day.month()) == (year, month));
        assert!(month(2026, 8) * 3 < month(2026, 10) * 2);
        assert!(month(2025, 10) < month(2026, 10));
    }
}
