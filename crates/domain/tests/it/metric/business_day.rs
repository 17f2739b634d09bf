//! M20 and M21.

use chrono_tz::Tz;
use handoff_domain::calendar::{Calendar, Definition};
use handoff_domain::metric::business_day::{PerBusinessDay, growth_to_hold, per_business_day};
use handoff_domain::metric::ratio::{Ratio, ZeroDenominator};
use handoff_domain::period::Period;

use super::given::at;

fn dates(from: &str, to: &str) -> Period {
    Period::range(from.parse().expect(from), to.parse().expect(to)).expect("not empty")
}

/// Arrivals on Fri the 9th, Sat the 10th, Mon the 12th and Tue the 13th of January, per business day of Rome.
fn check(from: &str, to: &str, as_of: &str, arrived: u64, days: u64, today: Option<u64>) {
    let arrivals = ["2026-01-09 10:00", "2026-01-10 10:00", "2026-01-11 23:30", "2026-01-13 10:00"].map(at);
    let rome = Calendar::new(Definition::office_hours(Tz::Europe__Rome));
    let result = per_business_day(arrivals, &dates(from, to), Tz::Europe__Rome, &rome, at(as_of));
    assert_eq!(
        result,
        PerBusinessDay { rate: Ratio::new(arrived, days), today },
        "{from} to {to} at {as_of}"
    );
}

#[test]
fn arrivals_on_closed_days_stay_in_the_numerator() {
    check("2026-01-05", "2026-01-12", "2026-02-01 00:00", 2, 5, None);
}

#[test]
fn a_running_period_counts_completed_days_and_shows_today_apart() {
    check("2026-01-05", "2026-01-19", "2026-01-12 12:00", 2, 5, Some(1));
    check("2026-01-05", "2026-01-19", "2026-01-13 09:59", 3, 6, Some(0));
    check("2026-01-05", "2026-01-19", "2026-01-13 10:00", 3, 6, Some(1));
    // Still to come: nothing is completed, and today is not in it.
    check("2026-01-05", "2026-01-19", "2026-01-04 12:00", 0, 0, None);
}

#[test]
fn edge_case_1_a_weekend_alone_has_no_business_day_and_no_value() {
    let arrivals = [at("2026-01-10 10:00")];
    let office = Calendar::new(Definition::office_hours(Tz::UTC));
    let weekend = dates("2026-01-10", "2026-01-12");
    let result = per_business_day(arrivals, &weekend, Tz::UTC, &office, at("2026-02-01 00:00"));
    assert_eq!(result.rate, Ratio::new(1, 0));
    assert_eq!(result.rate.value(), Err(ZeroDenominator));
}

#[test]
fn twenty_three_to_twenty_days_needs_15_percent_more_a_day() {
    let growth = growth_to_hold(23, 20).expect("twenty days");
    assert_eq!(growth.percent().to_decimal(1).to_string(), "15.0");
    let fewer = growth_to_hold(20, 23).expect("twenty-three days");
    assert_eq!(fewer.percent().to_decimal(1).to_string(), "-13.0");
    assert_eq!(growth_to_hold(23, 0), Err(ZeroDenominator));
}
