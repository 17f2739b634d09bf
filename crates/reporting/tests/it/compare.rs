//! Against the period before, and by both bases at once.

use handoff_proto::common::v1::TimeUnit;
use handoff_proto::qualification::v1::RejectionAttribution;
use handoff_proto::reporting::v1 as pb;

use crate::story::{Lead, Told, at, timestamp};
use crate::world::{World, months};

fn compared(query: pb::ReportQuery) -> pb::ReportQuery {
    pb::ReportQuery { compare_previous: true, ..query }
}

fn by_source(query: pb::ReportQuery) -> pb::ReportQuery {
    pb::ReportQuery { breakdown: pb::Dimension::Source.into(), ..query }
}

/// A lead that becomes an MQL at noon of a day and is accepted so many days later.
fn accepted(id: u128, source: &str, day: &str, days: i64) -> Vec<Told> {
    let mut lead = Lead::from(id, source);
    let noon = at(&format!("{day}T12:00:00Z"));
    let end = noon + chrono::TimeDelta::days(days);
    vec![lead.captured(noon), lead.qualified(noon), lead.accepted(end, "ada")]
}

/// Of the named figure: before, now, and the change.
fn change<'c>(changes: &'c [pb::Change], figure: &str) -> [Option<&'c str>; 3] {
    let found = changes.iter().find(|change| change.figure == figure).expect(figure);
    [found.previous.as_deref(), found.current.as_deref(), found.change.as_deref()]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_held_against_the_period_before_and_the_first_one_too() {
    let mut world = World::start().await;
    let days = ["2025-12-10", "2026-01-05", "2026-01-06", "2026-02-02", "2026-02-03", "2026-02-04"];
    let stories = days.iter().zip(0..).flat_map(|(day, id)| accepted(id, "web", day, 1));
    world.tell(stories).await;
    let answer = world.mql(compared(months("2026-01-01", "2026-04-01"))).await;
    let changes = |row: &pb::MqlRow, figure| change(&row.changes, figure).map(|it| it.map(str::to_owned));
    let count = |row| changes(row, "mql_count");
    let some = |texts: [&str; 3]| texts.map(|text| Some(text.to_owned()));
    assert_eq!(count(&answer.rows[0]), some(["1", "2", "1"]));
    assert_eq!(count(&answer.rows[1]), some(["2", "3", "0.5"]));
    assert_eq!(count(&answer.rows[2]), some(["3", "0", "-1"]));
    // The total against the three months before: October to December.
    let total = answer.total.as_ref().unwrap();
    assert_eq!(count(total), some(["1", "5", "4"]));
    assert_eq!(changes(&answer.rows[1], "cohort_efficiency"), some(["1", "1", "0"]));
    // March has no MQL, so its efficiency has no value, and neither has a change.
    let nothing = changes(&answer.rows[2], "cohort_efficiency");
    assert_eq!(nothing, [Some("1".to_owned()), None, None]);
    // 23 business days in December, 22 in January; in proportion as the figure says it.
    let days = change(&answer.rows[0].changes, "business_days");
    assert_eq!(days, [Some("23"), Some("22"), Some("-0.04347826087")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_before_is_a_value_and_no_change() {
    let mut world = World::start().await;
    world.tell(accepted(1, "web", "2026-03-02", 1)).await;
    let row = world.sql(compared(months("2026-03-01", "2026-04-01"))).await.rows.remove(0);
    assert_eq!(change(&row.changes, "sql_count"), [Some("0"), Some("1"), None]);
    assert_eq!(change(&row.changes, "acceptance_rate"), [None, Some("1"), None]);
    assert_eq!(change(&row.changes, "won_count"), [Some("0"), Some("0"), None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_only_the_period_before_has_gets_rows_too_and_an_older_one_does_not() {
    let mut world = World::start().await;
    let stories = [("old", "2025-11-20"), ("fair", "2026-01-20"), ("web", "2026-02-20")];
    world.tell(stories.iter().zip(0..).flat_map(|((source, day), id)| accepted(id, source, day, 1))).await;
    let query = by_source(months("2026-02-01", "2026-04-01"));
    let key = |row: &pb::MqlRow| {
        let key = row.key.clone().unwrap();
        (key.period, key.value.unwrap(), row.mql_count)
    };
    let shown: Vec<_> = world.mql(query.clone()).await.rows.iter().map(key).collect();
    let row = |period: &str, value: &str, count| (period.to_owned(), value.to_owned(), count);
    assert_eq!(shown, [row("2026-02", "web", 1), row("2026-03", "web", 0)]);

    let answer = world.mql(compared(query)).await;
    let shown: Vec<_> = answer.rows.iter().map(key).collect();
    assert_eq!(
        shown,
        [
            row("2026-02", "fair", 0),
            row("2026-02", "web", 1),
            row("2026-03", "fair", 0),
            row("2026-03", "web", 0)
        ]
    );
    let counts: Vec<_> = answer.rows.iter().map(|row| change(&row.changes, "mql_count")).collect();
    let gone = [Some("1"), Some("0"), Some("-1")];
    assert_eq!(counts, [gone, [Some("0"), Some("1"), None], [Some("0"), Some("0"), None], gone]);
    // December and January had one: the total's range is as long as the report's.
    let total = answer.total.unwrap();
    assert_eq!(change(&total.changes, "mql_count"), [Some("1"), Some("1"), Some("0")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn comparing_changes_no_figure() {
    let mut world = World::start().await;
    // Decisions before the range that took long, so that the age from which members are judged could be mistaken.
    let story = |id: u128| {
        let (month, days) = if id < 10 { ("2026-01", 20) } else { ("2026-02", 1) };
        let mut told = accepted(id, "web", &format!("{month}-{:02}", 10 + id % 10), days);
        if id.is_multiple_of(3) {
            told.truncate(2);
        }
        told
    };
    world.tell((0..20).flat_map(story)).await;
    let query = pb::ReportQuery {
        as_of_time: Some(timestamp(at("2026-02-25"))),
        basis: pb::Basis::CohortAndPeriod.into(),
        ..months("2026-02-01", "2026-03-01")
    };
    let alone = world.mql(query.clone()).await.rows;
    let with = world.mql(compared(query.clone())).await.rows;
    let figures = |row: &pb::MqlRow| pb::MqlRow { changes: Vec::new(), ..row.clone() };
    assert!(with.iter().all(|row| !row.changes.is_empty()));
    assert_eq!(alone, with.iter().map(figures).collect::<Vec<_>>());

    let alone = world.sql(query.clone()).await.rows;
    let with = world.sql(compared(query.clone())).await.rows;
    let figures = |row: &pb::SqlRow| pb::SqlRow { changes: Vec::new(), ..row.clone() };
    assert_eq!(alone, with.iter().map(figures).collect::<Vec<_>>());

    let request = |query| pb::GetVelocityReportRequest { query: Some(query), ..Default::default() };
    let alone = world.velocity(request(query.clone())).await.rows;
    let with = world.velocity(request(compared(query))).await.rows;
    let figures = |row: &pb::VelocityRow| pb::VelocityRow { changes: Vec::new(), ..row.clone() };
    assert_eq!(alone, with.iter().map(figures).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn months_are_those_of_the_zone_on_both_sides_of_a_change_of_clocks() {
    let mut world = World::start().await;
    let story = |id: u128, instant: &str| {
        let mut lead = Lead::new(id);
        [lead.captured(at(instant)), lead.qualified(at(instant))]
    };
    // The last half hour of February and the first of March in Rome, at +01:00; the same of March and April at +02:00.
    let instants = [
        "2026-02-28T22:30:00Z",
        "2026-02-28T23:30:00Z",
        "2026-03-31T21:30:00Z",
        "2026-03-31T22:30:00Z",
        "2026-03-31T22:45:00Z",
    ];
    world.tell(instants.iter().zip(0..).flat_map(|(instant, id)| story(id, instant))).await;
    let query = pb::ReportQuery { time_zone: "Europe/Rome".into(), ..months("2026-03-01", "2026-05-01") };
    let answer = world.mql(compared(query)).await;
    let counts: Vec<_> = answer.rows.iter().map(|row| change(&row.changes, "mql_count")).collect();
    assert_eq!(counts, [[Some("1"), Some("2"), Some("1")], [Some("2"), Some("2"), Some("0")]]);
    let total = answer.total.unwrap();
    assert_eq!(change(&total.changes, "mql_count"), [Some("1"), Some("4"), Some("3")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_is_not_over_says_so() {
    let mut world = World::start().await;
    let days = ["2026-02-10", "2026-02-20", "2026-03-10", "2026-03-20"];
    world.tell(days.iter().zip(0..).flat_map(|(day, id)| accepted(id, "web", day, 1))).await;
    let as_of = |instant: &str| pb::ReportQuery {
        as_of_time: Some(timestamp(at(instant))),
        ..compared(months("2026-02-01", "2026-04-01"))
    };
    let running = |answer: &pb::GetMqlReportResponse| -> Vec<_> {
        let rows = answer.rows.iter().chain(&answer.total);
        rows.map(|row| row.key.as_ref().unwrap().running).collect()
    };
    let answer = world.mql(as_of("2026-03-15")).await;
    assert_eq!(running(&answer), [false, true, true]);
    // The part of March is held against the whole of February.
    let march = change(&answer.rows[1].changes, "mql_count");
    assert_eq!(march, [Some("2"), Some("1"), Some("-0.5")]);
    // At its end it is over.
    assert_eq!(running(&world.mql(as_of("2026-04-01")).await), [false, false, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_bases_are_the_rows_of_each() {
    let mut world = World::start().await;
    let story = |id: u128| {
        let mut told = accepted(
            id,
            if id.is_multiple_of(2) { "web" } else { "fair" },
            "2026-01-28",
            4 + i64::from(id as u8),
        );
        if id % 4 == 3 {
            let mut lead = Lead::from(id, "fair");
            let (noon, end) = (at("2026-01-28T12:00:00Z"), at("2026-02-03"));
            told = vec![
                lead.captured(noon),
                lead.qualified(noon),
                lead.rejected(end, "NO_NEED_NOW", RejectionAttribution::Timing),
            ];
        }
        told
    };
    world.tell((0..8).flat_map(story)).await;
    let query = |basis: pb::Basis| pb::ReportQuery {
        basis: basis.into(),
        ..compared(by_source(months("2026-01-01", "2026-03-01")))
    };
    let (period, cohort) =
        (world.sql(query(pb::Basis::Period)).await, world.sql(query(pb::Basis::Cohort)).await);
    let both = world.sql(query(pb::Basis::CohortAndPeriod)).await;
    let (first, second) = (both.rows.iter().step_by(2), both.rows.iter().skip(1).step_by(2));
    assert_eq!((first.cloned().collect(), second.cloned().collect()), (period.rows, cohort.rows));
    assert_eq!((&both.total, &both.cohort_total), (&period.total, &cohort.total));
    assert_ne!(both.total, both.cohort_total);
    assert_eq!((period.cohort_total, cohort.cohort_total), (None, None));
    let bases: Vec<_> = both.rows.iter().map(|row| row.key.as_ref().unwrap().basis()).collect();
    assert_eq!(bases[..2], [pb::Basis::Period, pb::Basis::Cohort]);
    assert_eq!(both.basis.unwrap().query.unwrap().basis(), pb::Basis::CohortAndPeriod);

    let request = |basis| pb::GetVelocityReportRequest {
        query: Some(query(basis)),
        time_unit: TimeUnit::Calendar.into(),
        ..Default::default()
    };
    let (period, cohort) =
        (world.velocity(request(pb::Basis::Period)).await, world.velocity(request(pb::Basis::Cohort)).await);
    let both = world.velocity(request(pb::Basis::CohortAndPeriod)).await;
    let (first, second) = (both.rows.iter().step_by(2), both.rows.iter().skip(1).step_by(2));
    assert_eq!((first.cloned().collect(), second.cloned().collect()), (period.rows, cohort.rows));
    assert_eq!((both.total, both.cohort_total), (period.total, cohort.total));

    // The figures of the MQL report name their own basis: one row says it all.
    let both = world.mql(query(pb::Basis::CohortAndPeriod)).await;
    assert_eq!(both.rows.len(), 4);
    assert_eq!(both.rows[0].key.as_ref().unwrap().basis(), pb::Basis::CohortAndPeriod);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_compared_in_the_unit_of_the_report() {
    let mut world = World::start().await;
    world.tell([accepted(1, "web", "2026-02-02", 2), accepted(2, "web", "2026-03-02", 3)].concat()).await;
    let request = |unit: TimeUnit| pb::GetVelocityReportRequest {
        query: Some(compared(months("2026-03-01", "2026-04-01"))),
        time_unit: unit.into(),
        limits: vec![3 * 86_400],
        ..Default::default()
    };
    let row = world.velocity(request(TimeUnit::Calendar)).await.rows.remove(0);
    assert_eq!(change(&row.changes, "mean"), [Some("172800"), Some("259200"), Some("0.5")]);
    assert_eq!(change(&row.changes, "within_counts[0]"), [Some("1"), Some("1"), Some("0")]);
    let row = world.velocity(request(TimeUnit::CalendarDays)).await.rows.remove(0);
    assert_eq!(change(&row.changes, "p90"), [Some("2"), Some("3"), Some("0.5")]);
}
