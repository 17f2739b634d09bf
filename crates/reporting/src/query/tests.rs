//! What a report may ask, at each limit and one beyond (docs/LIMITS.md).

use super::*;

fn faults(query: &pb::ReportQuery) -> Vec<String> {
    let mut check = Violations::new();
    Query::read(&mut check, Some(query), DateTime::UNIX_EPOCH);
    match check.finish() {
        Err(handoff_domain::error::Error::Invalid(found)) => {
            found.into_iter().map(|fault| fault.field).collect()
        }
        _ => Vec::new(),
    }
}

fn query(start: &str, days: i64, kind: pb::PeriodKind) -> pb::ReportQuery {
    let start = NaiveDate::parse_from_str(start, "%Y-%m-%d").expect("a date");
    pb::ReportQuery {
        start_date: start.to_string(),
        end_date: (start + TimeDelta::days(days)).to_string(),
        period_kind: kind.into(),
        ..pb::ReportQuery::default()
    }
}

#[test]
fn a_range_is_of_3660_days_and_not_one_more() {
    assert_eq!(faults(&query("2020-01-01", 3_660, pb::PeriodKind::Month)), [""; 0]);
    assert_eq!(faults(&query("2020-01-01", 3_661, pb::PeriodKind::Month)), ["query.end_date"]);
}

#[test]
fn a_range_is_cut_into_1000_periods_and_not_one_more() {
    assert_eq!(faults(&query("2020-01-01", 1_000, pb::PeriodKind::Day)), [""; 0]);
    assert_eq!(faults(&query("2020-01-01", 1_001, pb::PeriodKind::Day)), ["query.period_kind"]);
}

#[test]
fn a_report_has_20_filters_of_500_characters() {
    let judge = |filters: usize, characters: usize| {
        let filter =
            pb::DimensionFilter { dimension: pb::Dimension::Owner.into(), value: "ä".repeat(characters) };
        faults(&pb::ReportQuery {
            filters: vec![filter; filters],
            ..query("2026-01-01", 31, pb::PeriodKind::Month)
        })
    };
    assert_eq!(judge(20, 500), [""; 0]);
    assert_eq!(judge(21, 1), ["query.filters"]);
    assert_eq!(judge(1, 501), ["query.filters[0].value"]);
}
