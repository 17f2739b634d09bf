//! First contacts of real loan applications (R35), against the control totals that came with them.

use std::path::PathBuf;
use std::{env, fs};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use handoff_domain::calendar::{Calendar, Definition};
use handoff_domain::id::LeadId;
use handoff_domain::metric::Basis;
use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::fact::HandoffFact;
use handoff_domain::metric::milestone::Milestone;
use handoff_domain::metric::ruler::{Logged, Ruler};
use handoff_domain::metric::velocity::{Velocity, VelocityQuery, velocity};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::given::{at, span};

const HOUR: i64 = 3_600_000_000;

fn folder() -> PathBuf {
    PathBuf::from(env::var_os("HANDOFF_TEST_DATA").expect("the tests are ignored without it"))
}

fn applications() -> Vec<HandoffFact> {
    let path = folder().join("loan_applications/applications_2011-10_2011-11.csv");
    let fact = |row: csv::StringRecord| {
        let instant = |text: &str| -> Option<DateTime<Utc>> {
            (!text.is_empty()).then(|| DateTime::parse_from_rfc3339(text).expect("an instant").to_utc())
        };
        let id = Uuid::from_u128(row[0].parse().expect("a number"));
        HandoffFact {
            captured_at: instant(&row[1]),
            first_attempt_at: instant(&row[2]),
            ..HandoffFact::new(LeadId(id), "default", 1)
        }
    };
    csv::Reader::from_path(path)
        .expect("applications")
        .into_records()
        .map(|row| fact(row.expect("a row")))
        .collect()
}

/// Monday to Friday 09–17 in Amsterdam, without holidays.
fn office() -> Calendar {
    let mut definition = Definition::office_hours(Tz::Europe__Amsterdam);
    for interval in definition.weekly_hours.iter_mut().flatten() {
        interval.close = "17:00".parse().expect("a time of day");
    }
    Calendar::new(definition)
}

fn first_contact(ruler: Ruler<'_>, limits: &[i64]) -> Velocity {
    let query = VelocityQuery {
        from: Milestone::Captured,
        to: Milestone::FirstAttempt,
        span: &span("2011-10-01", "2012-04-01"),
        basis: Basis::Period,
        ruler,
        limits,
        as_of: at("2012-04-01 00:00"),
    };
    velocity(&applications(), &Logged::default(), &query)
}

fn check(result: &Velocity, unit: &str) {
    let text = fs::read_to_string(folder().join("control_totals.json")).expect("control totals");
    let totals: Value = serde_json::from_str(&text).expect("JSON");
    let expected = &totals["loan_applications"]["durations"]["created_at->first_contact_at"];
    assert_eq!(Some(result.n), expected["n"].as_u64());
    assert_eq!(Some(result.invalid_n), expected["negative_excluded"].as_u64());
    assert_eq!(Some(result.open.n), expected["started_but_not_reached"].as_u64());
    let figures = [
        ("mean", result.mean),
        ("median", result.median),
        ("p90", result.p90),
        ("max", result.max.map(Exact::whole)),
    ];
    for (name, figure) in figures {
        let us = figure.expect("samples");
        let hours =
            Exact::new(us.numerator(), us.denominator() * i128::from(HOUR)).expect("an hour is not zero");
        let expected: Decimal = expected[unit][name].to_string().parse().expect("a number");
        // To the six digits given; not by equality, because 15.7808445 was rounded down from its binary neighbour.
        let difference = (hours.to_decimal(9) - expected).abs();
        assert!(difference <= Decimal::new(5, 7), "{unit} {name}: {hours:?} is not {expected}");
    }
}

#[test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
fn within_an_hour_2082_and_within_a_day_3771_of_3935_by_the_clock() {
    let result = first_contact(Ruler::Calendar, &[HOUR, 24 * HOUR]);
    assert_eq!((result.n, &result.within[..]), (3_935, &[(HOUR, 2_082), (24 * HOUR, 3_771)][..]));
    check(&result, "calendar_h");
}

#[test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
fn within_an_hour_3007_and_within_a_day_3933_of_3935_in_office_hours() {
    let office = office();
    let result = first_contact(Ruler::Business(&office), &[HOUR, 24 * HOUR]);
    assert_eq!((result.n, &result.within[..]), (3_935, &[(HOUR, 3_007), (24 * HOUR, 3_933)][..]));
    check(&result, "business_h");
}
