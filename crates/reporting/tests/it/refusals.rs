//! What a report refuses, with the field that is wrong.

use handoff_proto::common::v1::TimeUnit;
use handoff_proto::reporting::v1 as pb;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::story::{Lead, at, timestamp};
use crate::world::{World, months};

fn fields(refusal: &Status) -> Vec<String> {
    assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal:?}");
    let violations = refusal.get_details_bad_request().unwrap().field_violations;
    violations.into_iter().map(|violation| violation.field).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_query_is_named_at_once() {
    let world = World::start().await;
    let query = pb::ReportQuery {
        period_kind: 99,
        start_date: "2026-1-1".into(),
        end_date: String::new(),
        time_zone: "Atlantis".into(),
        as_of_time: Some(timestamp(at("2999-01-01"))),
        filters: vec![pb::DimensionFilter::default()],
        calendar: "default".into(),
        ..Default::default()
    };
    let expected = [
        "query.period_kind",
        "query.start_date",
        "query.end_date",
        "query.time_zone",
        "query.as_of_time",
        "query.filters[0].dimension",
        "query.calendar",
    ];
    assert_eq!(fields(&world.try_mql(query).await.unwrap_err()), expected);
    let refusal = world.client().await.get_sql_report(pb::GetSqlReportRequest::default()).await.unwrap_err();
    assert_eq!(fields(&refusal), ["query"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_has_a_longest_length_and_an_order() {
    let world = World::start().await;
    world.catch_up().await;
    let refused = async |start: &str, end: &str, kind: pb::PeriodKind| {
        let query = pb::ReportQuery { period_kind: kind.into(), ..months(start, end) };
        match world.try_mql(query).await {
            Ok(answer) => vec![format!("{} rows", answer.rows.len())],
            Err(refusal) => fields(&refusal),
        }
    };
    assert_eq!(refused("2016-01-01", "2026-01-08", pb::PeriodKind::Month).await, ["121 rows"]);
    assert_eq!(refused("2016-01-01", "2026-01-09", pb::PeriodKind::Month).await, ["query.end_date"]);
    assert_eq!(refused("2026-01-01", "2026-01-01", pb::PeriodKind::Custom).await, ["query.end_date"]);
    assert_eq!(refused("2024-01-01", "2026-09-27", pb::PeriodKind::Day).await, ["1000 rows"]);
    assert_eq!(refused("2024-01-01", "2026-09-28", pb::PeriodKind::Day).await, ["query.period_kind"]);
    assert_eq!(refused("2026-01-15", "2026-01-16", pb::PeriodKind::Custom).await, ["1 rows"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_an_answer_may_have_are_refused() {
    let mut world = World::start().await;
    let story = |id: u128| {
        let mut lead = Lead::from(id, &format!("source {id}"));
        [lead.captured(at("2026-01-02")), lead.qualified(at("2026-01-03"))]
    };
    world.tell((0..6).flat_map(story)).await;
    world.catch_up().await;
    let daily = |start| pb::ReportQuery {
        period_kind: pb::PeriodKind::Day.into(),
        breakdown: pb::Dimension::Source.into(),
        ..months(start, "2026-09-27")
    };
    assert_eq!(fields(&world.try_mql(daily("2024-01-01")).await.unwrap_err()), ["query.breakdown"]);
    assert_eq!(world.try_mql(daily("2024-06-17")).await.unwrap().rows.len(), 832 * 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_velocity_is_of_hand_overs_between_two_milestones() {
    let world = World::start().await;
    let query = pb::ReportQuery { unit: pb::CountUnit::Lead.into(), ..months("2026-01-01", "2026-02-01") };
    let request = pb::GetVelocityReportRequest {
        query: Some(query),
        start_milestone: pb::Milestone::Won.into(),
        end_milestone: pb::Milestone::Won.into(),
        time_unit: TimeUnit::Calendar.into(),
        limits: vec![60, -1, i64::MAX],
        ..Default::default()
    };
    let expected = ["query.unit", "end_milestone", "limits[1]", "limits[2]"];
    assert_eq!(fields(&world.try_velocity(request).await.unwrap_err()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_nobody_knows_is_not_found() {
    let world = World::start().await;
    world.catch_up().await;
    let query = pb::ReportQuery { calendar: "calendars/moon".into(), ..months("2026-01-01", "2026-02-01") };
    let refusal = world.try_mql(query).await.unwrap_err();
    assert_eq!(refusal.code(), Code::NotFound);
    assert_eq!(refusal.get_details_resource_info().unwrap().resource_name, "calendars/moon");
}
