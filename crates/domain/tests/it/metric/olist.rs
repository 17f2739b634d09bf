//! The Olist funnel against the control totals that came with it: first contact is capture and MQL, a won deal is a
//! customer through skipped stages.

use std::collections::HashMap;
use std::path::PathBuf;
use std::{env, fs};

use chrono::{DateTime, Datelike, Days, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use handoff_domain::calendar::{Calendar, Definition};
use handoff_domain::id::{HandoffId, LeadId};
use handoff_domain::metric::business_day::per_business_day;
use handoff_domain::metric::conversion::lead_to_customer;
use handoff_domain::metric::count::{Counting, mql_count};
use handoff_domain::metric::dimension::{Dimension, Dimensions, by_span, group_by};
use handoff_domain::metric::efficiency::{Maturity, efficiency_of_cohort};
use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::fact::{Acceptance, Decision, End, HandoffFact, LeadFact};
use handoff_domain::metric::milestone::{Milestone, Stamp};
use handoff_domain::metric::ratio::Ratio;
use handoff_domain::metric::ruler::{Logged, Ruler};
use handoff_domain::metric::velocity::{VelocityQuery, velocity};
use handoff_domain::metric::{Basis, Span, span_of};
use handoff_domain::period::{Period, PeriodKind};
use serde_json::Value;
use uuid::Uuid;

use super::given::{at, span};

fn folder() -> PathBuf {
    PathBuf::from(env::var_os("HANDOFF_TEST_DATA").expect("the tests are ignored without it"))
}

/// The rows of a table of control totals.
fn totals(table: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder().join("control_totals.json")).expect("control totals");
    let totals: Value = serde_json::from_str(&text).expect("JSON");
    totals["olist"][table]["rows"].as_array().expect(table).clone()
}

fn rows(file: &str) -> Vec<HashMap<String, String>> {
    let path = folder().join("olist").join(file);
    csv::Reader::from_path(path).expect(file).deserialize().map(|row| row.expect(file)).collect()
}

fn hand_overs() -> Vec<HandoffFact> {
    let won: HashMap<String, DateTime<Utc>> = rows("olist_closed_deals_dataset.csv")
        .into_iter()
        .map(|row| {
            let won_at =
                NaiveDateTime::parse_from_str(&row["won_date"], "%Y-%m-%d %H:%M:%S").expect("won_date");
            (row["mql_id"].clone(), won_at.and_utc())
        })
        .collect();
    let fact = |row: HashMap<String, String>| {
        let id = Uuid::parse_str(&row["mql_id"]).expect("32 hexadecimal digits");
        let contact = at(&format!("{} 00:00", row["first_contact_date"]));
        let won_at = won.get(&row["mql_id"]).copied();
        HandoffFact {
            handoff: Some(HandoffId(id)),
            captured_at: Some(contact),
            mql: Some(Stamp::recorded(contact)),
            end: won_at.map(|at| End { at, decision: Decision::Accepted(Acceptance::Implied) }),
            won_at,
            imported: true,
            dimensions: Dimensions::default().with(Dimension::Source, &row["origin"]),
            ..HandoffFact::new(LeadId(id), "default", 1)
        }
    };
    rows("olist_marketing_qualified_leads_dataset.csv").into_iter().map(fact).collect()
}

fn lead(fact: &HandoffFact) -> LeadFact {
    LeadFact {
        lead: fact.lead,
        captured_at: fact.captured_at.expect("every lead was captured"),
        customer_at: fact.won_at,
        imported: true,
        dimensions: fact.dimensions.clone(),
    }
}

/// The month written `2018-01`.
fn month(text: &Value) -> Period {
    let first = format!("{}-01", text.as_str().expect("a month")).parse().expect("a month");
    Period::containing(PeriodKind::Month, first).expect("a month")
}

fn instants(month: &Period) -> Span {
    span_of(month, Tz::UTC)
}

/// A ratio to the six digits that the control totals give.
fn six_digits(ratio: Ratio) -> Option<f64> {
    ratio.value().ok()?.to_decimal(6).to_string().parse().ok()
}

/// The row holds the denominator, the numerator and the share.
fn check_share(ratio: Ratio, row: &[Value]) {
    assert_eq!(Some(ratio.denominator), row[0].as_u64(), "{row:?}");
    assert_eq!(Some(ratio.numerator), row[1].as_u64(), "{row:?}");
    assert_eq!(six_digits(ratio), row[2].as_f64(), "{row:?}");
}

const EVERYTHING: Maturity = Maturity { window: TimeDelta::zero(), matured_only: false };

fn ever() -> Span {
    span("2017-01-01", "2019-01-01")
}

#[test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
fn mqls_by_month_and_by_origin_are_those_of_the_control_totals() {
    let facts = hand_overs();
    let months = totals("mql_by_month");
    let spans: Vec<Span> = months.iter().map(|row| instants(&month(&row[0]))).collect();
    let groups = by_span(&facts, &spans, |fact| fact.mql.map(|stamp| stamp.at));
    assert_eq!(groups.iter().map(Vec::len).sum::<usize>(), 8_000);
    for ((row, span), group) in months.iter().zip(&spans).zip(groups) {
        assert_eq!(Some(mql_count(group, span, Counting::default())), row[1].as_u64(), "{row}");
        assert_eq!(Some(mql_count(&facts, span, Counting::default())), row[1].as_u64(), "{row}");
    }
    let origins = group_by(&facts, |fact| fact.dimensions.get(Dimension::Source).map(str::to_owned));
    let expected = totals("mql_by_origin");
    assert_eq!(origins.len(), expected.len());
    for row in expected {
        let origin = row[0].as_str().filter(|origin| *origin != "(empty)").map(str::to_owned);
        let count = mql_count(origins[&origin].iter().copied(), &ever(), Counting::default());
        assert_eq!(Some(count), row[1].as_u64(), "{row}");
    }
}

#[test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
fn conversion_by_cohort_and_origin_is_that_of_the_control_totals() {
    let facts = hand_overs();
    let leads: Vec<LeadFact> = facts.iter().map(lead).collect();
    let as_of = at("2019-01-01 00:00");
    for row in totals("conv_by_cohort") {
        let cohort = instants(&month(&row[0]));
        let row = &row.as_array().expect("a row")[1..];
        check_share(efficiency_of_cohort(&facts, &cohort, Counting::default(), EVERYTHING, as_of), row);
        check_share(lead_to_customer(&leads, &cohort, Basis::Cohort), row);
    }
    let origins = group_by(&leads, |lead| lead.dimensions.get(Dimension::Source).map(str::to_owned));
    for row in totals("conv_by_origin") {
        let origin = row[0].as_str().filter(|origin| *origin != "(empty)").map(str::to_owned);
        let converted = lead_to_customer(origins[&origin].iter().copied(), &ever(), Basis::Cohort);
        check_share(converted, &row.as_array().expect("a row")[1..]);
    }
    for row in totals("same_month_ratio") {
        let of_month = lead_to_customer(&leads, &instants(&month(&row[0])), Basis::Period);
        let expected = [&row[1], &row[2], &row[3]].map(Value::clone);
        check_share(of_month, &expected);
    }
}

#[test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
fn edge_case_15_velocity_to_won_leaves_the_negative_sample_out_and_counts_it() {
    let facts = hand_overs();
    let (ever, limits) = (ever(), [0, 7, 14, 30, 60, 90, 180, 365]);
    let of = |basis| {
        let query = VelocityQuery {
            from: Milestone::Captured,
            to: Milestone::Won,
            span: &ever,
            basis,
            ruler: Ruler::CalendarDays(Tz::UTC),
            limits: &limits,
            as_of: at("2018-11-15 00:00"),
        };
        velocity(&facts, &Logged::default(), &query)
    };
    let result = of(Basis::Period);
    assert_eq!((result.n, result.invalid_n, result.open.n), (841, 1, 7_158));
    assert_eq!(result.mean.expect("samples").to_decimal(6).to_string(), "48.500595");
    assert_eq!(result.median, Some(Exact::whole(14)));
    assert_eq!(result.p75, Some(Exact::whole(55)));
    assert_eq!(result.p90, Some(Exact::whole(162)));
    assert_eq!(result.max, Some(427));
    assert_eq!(result.median_with_waiting, None, "nine of ten have not bought: no median yet");
    assert_eq!(of(Basis::Cohort), result, "everything lies in the span, so the bases agree");
    // The control totals count the negative sample within every limit.
    let expected = totals("cohort_within_all");
    for ((limit, count), expected) in result.within.iter().zip(&expected[0].as_array().expect("a row")[1..]) {
        assert_eq!(Some(count + 1), expected.as_u64(), "within {limit} days");
    }
}

#[test]
#[cfg_attr(not(test_data), ignore = "HANDOFF_TEST_DATA is not set")]
fn leads_per_monday_to_friday_are_those_of_the_control_totals() {
    let facts = hand_overs();
    let calendar = Calendar::new(Definition::office_hours(Tz::UTC));
    let arrivals: Vec<_> = facts.iter().filter_map(|fact| fact.captured_at).collect();
    for row in totals("leads_per_business_day") {
        let month = month(&row[0]);
        let result =
            per_business_day(arrivals.iter().copied(), &month, Tz::UTC, &calendar, at("2019-01-01 00:00"));
        assert_eq!(Some(result.rate.numerator), row[1].as_u64(), "{row}");
        assert_eq!(Some(result.rate.denominator), row[2].as_u64(), "{row}");
        assert_eq!(six_digits(result.rate), row[4].as_f64(), "{row}");
        let weekdays = month.start().iter_days().take_while(|date| month.contains(*date));
        let weekdays = weekdays.filter(|date| date.weekday().num_days_from_monday() < 5).count() as u64;
        assert_eq!(result.rate.denominator, weekdays);
        assert_eq!(result.today, None);
    }
    // While June ran, on Friday the 16th: what had come by the 15th, over its eleven business days.
    let june = month(&Value::from("2017-06"));
    let as_of = instants(&june).start + Days::new(15) + TimeDelta::hours(12);
    let result = per_business_day(arrivals, &june, Tz::UTC, &calendar, as_of);
    assert_eq!(result.rate.denominator, 11);
    assert_eq!(result.rate.numerator + result.today.expect("June runs"), 3);
}
