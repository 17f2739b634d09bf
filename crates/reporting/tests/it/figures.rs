//! The numbers of the requirements, through the service.

use handoff_proto::common::v1::TimeUnit;
use handoff_proto::qualification::v1::RejectionAttribution;
use handoff_proto::reporting::v1 as pb;

use crate::story::{Lead, Told, at, calendar};
use crate::world::{World, months, parts};

#[tokio::test(flavor = "multi_thread")]
async fn forty_of_a_hundred_is_forty_per_cent() {
    let mut world = World::start().await;
    let story = |id| -> Vec<Told> {
        let mut lead = Lead::new(id);
        let (captured, qualified) = (lead.captured(at("2026-01-05")), lead.qualified(at("2026-01-06")));
        let decided = if id < 40 {
            lead.accepted(at("2026-01-07"), "ada")
        } else {
            lead.rejected(at("2026-01-07"), "NO_BUDGET_NOW", RejectionAttribution::Timing)
        };
        vec![captured, qualified, decided]
    };
    world.tell((0..100).flat_map(story)).await;

    let total = world.mql(months("2026-01-01", "2026-02-01")).await.total.unwrap();
    assert_eq!((total.mql_count, total.first_time_mql_count, total.implied_mql_count), (100, 100, 0));
    for ratio in [total.cohort_efficiency, total.matured_cohort_efficiency, total.period_efficiency] {
        let ratio = ratio.unwrap();
        assert_eq!((ratio.numerator, ratio.denominator, ratio.value.as_deref()), (40, 100, Some("0.4")));
    }
    let total = world.sql(months("2026-01-01", "2026-02-01")).await.total.unwrap();
    assert_eq!(total.sql_count, 40);
    assert_eq!(parts(total.acceptance_rate.as_ref()), (40, 100));
    let why = pb::RejectionCount { reason: "NO_BUDGET_NOW".into(), attribution: "TIMING".into(), count: 60 };
    assert_eq!(total.rejections, [why]);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_days_against_two_is_sales_dropping_the_ball() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    let (start, due, stop) =
        (at("2026-03-02T10:00:00Z"), at("2026-03-04T18:00:00Z"), at("2026-03-05T10:00:00Z"));
    world.tell([lead.captured(start), lead.qualified(start), lead.accepted(stop, "ada")]).await;
    world
        .tell_sla([
            lead.clock_started(start, due, 2),
            lead.clock_breached(due),
            lead.clock_met(stop, true, 3),
        ])
        .await;

    let request = pb::GetVelocityReportRequest {
        query: Some(months("2026-03-01", "2026-04-01")),
        time_unit: TimeUnit::BusinessDays.into(),
        limits: vec![2, 3],
        ..Default::default()
    };
    let answer = world.velocity(request).await;
    let row = &answer.rows[0];
    assert_eq!((row.sample_count, row.mean.as_deref()), (1, Some("3")));
    assert_eq!(row.within_counts, [0, 1]);
    assert_eq!(parts(row.sla_attainment.as_ref()), (0, 1));
    let [verdict] = row.verdicts.as_slice() else { panic!("one target was in force: {:?}", row.verdicts) };
    assert_eq!(verdict.verdict(), pb::Verdict::NotAdhering);
    assert_eq!((verdict.statistic_value.as_deref(), verdict.target_value.as_str()), (Some("3"), "2"));
    assert_eq!((verdict.overshoot.as_deref(), verdict.time_unit()), (Some("0.5"), TimeUnit::BusinessDays));
    assert_eq!(answer.total.as_ref().unwrap().verdicts, row.verdicts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_is_of_the_stage_that_is_clocked() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    let (start, stop) = (at("2026-03-02"), at("2026-03-03"));
    world.tell([lead.captured(start), lead.qualified(start), lead.accepted(stop, "ada")]).await;
    world.tell_sla([lead.clock_started(start, at("2026-03-04"), 2), lead.clock_met(stop, false, 1)]).await;
    let request = pb::GetVelocityReportRequest {
        query: Some(months("2026-03-01", "2026-04-01")),
        start_milestone: pb::Milestone::Captured.into(),
        ..Default::default()
    };
    let total = world.velocity(request).await.total.unwrap();
    assert_eq!((total.sample_count, total.verdicts.len(), total.sla_attainment), (1, 0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn business_days_are_those_of_the_calendar_that_the_request_names() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    world.tell([lead.captured(at("2026-02-02")), lead.qualified(at("2026-02-02"))]).await;
    // Open on Mondays and Tuesdays: nine of them in January, eight in February 2026.
    let tenant = world.tenant().0;
    world
        .tell_sla([
            calendar(tenant, "short", 1, &[1], at("2026-01-01")),
            calendar(tenant, "short", 2, &[1, 2], at("2026-01-02")),
        ])
        .await;

    let days = |answer: pb::GetMqlReportResponse| -> Vec<_> {
        answer.rows.into_iter().map(|row| (row.business_days, row.growth_to_hold)).collect()
    };
    let usual = months("2026-01-01", "2026-03-01");
    let short = pb::ReportQuery { calendar: "calendars/short".into(), ..usual.clone() };
    assert_eq!(days(world.mql(short.clone()).await), [(8, None), (8, Some("0".into()))]);
    // Monday to Friday: 22 and 20 days.
    assert_eq!(days(world.mql(usual).await), [(22, None), (20, Some("0.1".into()))]);
    let total = world.mql(short).await.total.unwrap();
    assert_eq!(parts(total.mql_per_business_day.as_ref()), (1, 16));
}

#[tokio::test(flavor = "multi_thread")]
async fn won_deals_are_counted_and_their_amounts_added() {
    let mut world = World::start().await;
    let story = |id: u128| {
        let mut lead = Lead::new(id);
        [
            lead.captured(at("2026-01-05")),
            lead.qualified(at("2026-01-06")),
            lead.accepted(at("2026-01-07"), "ada"),
            lead.opened(at("2026-01-08")),
            if id < 2 { lead.won(at("2026-02-09"), 1_000, true) } else { lead.lost(at("2026-02-09")) },
        ]
    };
    world.tell((0..4).flat_map(story)).await;
    let answer = world.sql(months("2026-01-01", "2026-03-01")).await;
    let february = &answer.rows[1];
    assert_eq!((february.won_count, february.won_amounts[0].units), (2, 2_000));
    assert_eq!(parts(february.lead_to_customer.as_ref()), (2, 0));
    let cohort = pb::ReportQuery { basis: pb::Basis::Cohort.into(), ..months("2026-01-01", "2026-03-01") };
    let answer = world.sql(cohort).await;
    assert_eq!((answer.rows[0].won_count, answer.rows[1].won_count), (2, 0));
    assert_eq!(parts(answer.rows[0].lead_to_customer.as_ref()), (2, 4));
}
