//! Two axes of time: when it happened, and since when it is known. And the two ways to put a lead into a period.

use handoff_proto::reporting::v1 as pb;

use crate::story::{Lead, at, contract, timestamp};
use crate::world::{World, months, parts};

fn january_and_february() -> pb::ReportQuery {
    months("2026-01-01", "2026-03-01")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_of_january_that_is_accepted_in_february_is_in_two_places() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    world
        .tell([
            lead.captured(at("2026-01-10")),
            lead.qualified(at("2026-01-30")),
            lead.accepted(at("2026-02-02"), "ada"),
        ])
        .await;
    let answer = world.mql(january_and_february()).await;
    let [january, february] = answer.rows.as_slice() else { panic!("two months") };
    assert_eq!(parts(january.cohort_efficiency.as_ref()), (1, 1));
    assert_eq!(parts(january.period_efficiency.as_ref()), (0, 1));
    assert_eq!(parts(february.period_efficiency.as_ref()), (1, 0));
    let counts = |answer: pb::GetSqlReportResponse| -> Vec<_> {
        answer.rows.iter().map(|row| (row.sql_count, parts(row.acceptance_rate.as_ref()))).collect()
    };
    assert_eq!(counts(world.sql(january_and_february()).await), [(0, (0, 0)), (1, (1, 1))]);
    let cohort = pb::ReportQuery { basis: pb::Basis::Cohort.into(), ..january_and_february() };
    assert_eq!(counts(world.sql(cohort).await), [(1, (1, 1)), (0, (0, 0))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_of_leaves_out_what_happened_later() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    world
        .tell([
            lead.captured(at("2026-01-10")),
            lead.qualified(at("2026-01-30")),
            lead.accepted(at("2026-02-02"), "ada"),
        ])
        .await;
    let until = |instant: &str| pb::ReportQuery {
        as_of_time: Some(timestamp(at(instant))),
        ..january_and_february()
    };
    let efficiency =
        |answer: pb::GetMqlReportResponse| parts(answer.total.unwrap().cohort_efficiency.as_ref());
    assert_eq!(efficiency(world.mql(until("2026-02-01")).await), (0, 1));
    assert_eq!(efficiency(world.mql(until("2026-02-02")).await), (1, 1));
    assert_eq!(efficiency(world.mql(until("2026-01-29")).await), (0, 0));

    // Before the range, the lead was waiting already, though it is over now.
    let march = pb::ReportQuery {
        as_of_time: Some(timestamp(at("2026-02-01"))),
        ..months("2026-03-01", "2026-04-01")
    };
    let request = pb::GetVelocityReportRequest { query: Some(march), ..Default::default() };
    assert_eq!(world.velocity(request).await.total.unwrap().open_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_fact_changes_what_is_known_and_not_what_was_known() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    world.tell([lead.captured(at("2026-01-10")), lead.qualified(at("2026-01-30"))]).await;
    let before = world.mql(january_and_february()).await;
    let positions = before.basis.as_ref().unwrap().positions.clone();
    let known = positions[0].record_time;
    // It happened in February and nobody said so until now.
    world.tell([lead.accepted(at("2026-02-02"), "ada")]).await;

    let as_of = Some(timestamp(at("2026-02-10")));
    let now = pb::ReportQuery { as_of_time: as_of, ..january_and_february() };
    let then = pb::ReportQuery { known_at_time: known, ..now.clone() };
    let efficiency =
        |answer: pb::GetMqlReportResponse| parts(answer.total.unwrap().cohort_efficiency.as_ref());
    assert_eq!(efficiency(world.mql(now).await), (1, 1));
    assert_eq!(efficiency(world.mql(then.clone()).await), (0, 1));
    let request = |query| pb::GetVelocityReportRequest { query: Some(query), ..Default::default() };
    let open = |answer: pb::GetVelocityReportResponse| answer.total.unwrap().open_count;
    assert_eq!(open(world.velocity(request(then)).await), 1);
    assert_eq!(open(world.velocity(request(january_and_february())).await), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_asked_again_with_its_own_instants_is_the_same() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    world.tell([lead.captured(at("2026-01-10")), lead.qualified(at("2026-01-30"))]).await;
    let first = world.mql(january_and_february()).await;
    world.tell([lead.accepted(at("2026-02-02"), "ada")]).await;
    let again = world.mql(first.basis.as_ref().unwrap().query.clone().unwrap()).await;
    assert_eq!((again.rows, again.total), (first.rows, first.total));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_default_is_resolved_in_the_answer() {
    let world = World::start().await;
    let basis = world.mql(months("2026-01-15", "2026-02-15")).await.basis.unwrap();
    let query = basis.query.clone().unwrap();
    assert_eq!((query.start_date.as_str(), query.end_date.as_str()), ("2026-01-01", "2026-03-01"));
    assert_eq!((query.time_zone.as_str(), query.calendar.as_str()), ("UTC", "calendars/default"));
    assert_eq!(query.period_kind(), pb::PeriodKind::Month);
    assert_eq!((query.basis(), query.unit()), (pb::Basis::Period, pb::CountUnit::Handoff));
    assert_eq!(query.skip_policy(), pb::SkipPolicy::ImplyPassed);
    assert!(query.as_of_time.is_some() && query.known_at_time.is_some());
    assert_eq!(basis.source(), pb::Source::Rollup);
    let metrics: Vec<_> = basis.definitions.iter().map(|definition| definition.metric.as_str()).collect();
    assert_eq!(metrics, ["M1", "M3", "M4", "M20", "M21"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_unsigned_until_a_signed_one_is_in_effect() {
    let mut world = World::start().await;
    let mut unsigned = Vec::new();
    let as_of =
        |instant| pb::ReportQuery { as_of_time: Some(timestamp(at(instant))), ..january_and_february() };
    unsigned.push(world.mql(as_of("2026-02-01")).await.basis.unwrap().contract_unsigned);
    world.tell_sla([contract(at("2025-01-01"), 1, false), contract(at("2026-02-10"), 2, true)]).await;
    for instant in ["2026-02-01", "2026-02-11"] {
        unsigned.push(world.mql(as_of(instant)).await.basis.unwrap().contract_unsigned);
    }
    assert_eq!(unsigned, [true, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_midnights_are_those_of_the_zone_asked_for() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    // Still January in New York.
    world.tell([lead.captured(at("2026-01-10")), lead.qualified(at("2026-02-01T03:00:00Z"))]).await;
    let new_york = pb::ReportQuery { time_zone: "America/New_York".into(), ..january_and_february() };
    let counts = |answer: pb::GetMqlReportResponse| -> Vec<_> {
        answer.rows.iter().map(|row| row.mql_count).collect()
    };
    assert_eq!(counts(world.mql(january_and_february()).await), [0, 1]);
    assert_eq!(counts(world.mql(new_york).await), [1, 0]);
}
