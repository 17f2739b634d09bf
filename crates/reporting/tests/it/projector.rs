//! Facts follow the logs: to their heads, each event once, whichever log is ahead and however often the service stops.

use handoff_proto::reporting::v1 as pb;
use tonic::Code;

use crate::story::{Lead, Told, at, tenant};
use crate::world::{TENANT, World, months, parts, positions};

fn decided(id: u128) -> Vec<Told> {
    let mut lead = Lead::new(id);
    vec![
        lead.captured(at("2026-01-02")),
        lead.qualified(at("2026-01-05")),
        lead.routed(at("2026-01-06"), "ada", "north"),
        lead.accepted(at("2026-01-07"), "ada"),
    ]
}

fn clocked(id: u128) -> [Told; 2] {
    let lead = Lead::new(id);
    let (start, stop) = (at("2026-01-05"), at("2026-01-07"));
    [lead.clock_started(start, at("2026-01-07T18:00:00Z"), 2), lead.clock_met(stop, false, 2)]
}

fn velocity() -> pb::GetVelocityReportRequest {
    pb::GetVelocityReportRequest { query: Some(months("2026-01-01", "2026-02-01")), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_how_far_it_has_read_both_logs() {
    let mut world = World::start().await;
    world.tell(decided(1)).await;
    world.tell_sla(clocked(1)).await;
    let basis = world.velocity(velocity()).await.basis.unwrap();
    assert_eq!(positions(Some(&basis)), [5, 2]);
    assert!(basis.positions.iter().all(|position| position.record_time.is_some()));
    let basis = world.sql(months("2026-01-01", "2026-02-01")).await.basis.unwrap();
    assert_eq!(positions(Some(&basis)), [5, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_in_between_goes_on_where_it_was() {
    let mut world = World::start().await;
    let mut reports = Vec::new();
    for round in 0..4_u128 {
        world.tell((round * 300..round * 300 + 300).flat_map(decided)).await;
        world.tell_sla((round * 300..round * 300 + 300).flat_map(clocked)).await;
        // Sometimes it has read everything when it stops, sometimes it is in the middle.
        if round % 2 == 0 {
            world.catch_up().await;
        }
        world.stop_reporting().await;
        world.start_reporting().await;
        reports.push(world.mql(months("2026-01-01", "2026-02-01")).await.total.unwrap().mql_count);
    }
    assert_eq!(reports, [300, 600, 900, 1_200]);
    let total = world.velocity(velocity()).await.total.unwrap();
    assert_eq!((total.sample_count, parts(total.sla_attainment.as_ref())), (1_200, (1_200, 1_200)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_whose_hand_over_is_not_heard_of_yet_is_in_no_figure() {
    let mut world = World::start().await;
    world.tell_sla(clocked(1)).await;
    assert_eq!(parts(world.velocity(velocity()).await.total.unwrap().sla_attainment.as_ref()), (0, 0));
    world.tell(decided(1)).await;
    let total = world.velocity(velocity()).await.total.unwrap();
    assert_eq!(parts(total.sla_attainment.as_ref()), (1, 1));
    assert_eq!(total.verdicts[0].statistic_value.as_deref(), Some("2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_met_before_the_range_counts_where_it_is_due() {
    let mut world = World::start().await;
    let mut lead = Lead::new(1);
    let (start, stop, due) = (at("2026-01-29"), at("2026-01-30"), at("2026-02-02"));
    let rejected = handoff_proto::qualification::v1::RejectionAttribution::Timing;
    world
        .tell([lead.captured(start), lead.qualified(start), lead.rejected(stop, "NO_NEED_NOW", rejected)])
        .await;
    world.tell_sla([lead.clock_started(start, due, 2), lead.clock_met(stop, false, 1)]).await;
    let query = Some(months("2026-02-01", "2026-03-01"));
    let total =
        world.velocity(pb::GetVelocityReportRequest { query, ..Default::default() }).await.total.unwrap();
    assert_eq!((parts(total.sla_attainment.as_ref()), total.sample_count), ((1, 1), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn either_log_may_come_first() {
    let mut world = World::unread().await;
    world.tell_sla(clocked(1)).await;
    world.start_reporting().await;
    let refusal = world.try_mql(months("2026-01-01", "2026-02-01")).await.unwrap_err();
    assert_eq!(refusal.code(), Code::NotFound, "{refusal:?}");
    world.tell(std::iter::once(tenant(TENANT, "UTC", at("2025-01-01"))).chain(decided(1))).await;
    assert_eq!(parts(world.velocity(velocity()).await.total.unwrap().sla_attainment.as_ref()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_sees_nothing_of_it() {
    let mut world = World::start().await;
    world.tell(decided(1)).await;
    world.catch_up().await;
    let query = Some(months("2026-01-01", "2026-02-01"));
    let mut stranger = world.client_of("other").await;
    let refusal = stranger.get_mql_report(pb::GetMqlReportRequest { query }).await.unwrap_err();
    assert_eq!((refusal.code(), refusal.message().contains("tenants/other")), (Code::NotFound, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_before_the_hand_over_counts_for_its_cycle_and_not_from_the_mql_on() {
    let mut world = World::start().await;
    let mut handed_over = Lead::new(1);
    let mut never = Lead::new(2);
    world
        .tell([
            handed_over.captured(at("2026-01-02")),
            handed_over.contacted_early(at("2026-01-04")),
            handed_over.contacted_early(at("2026-01-03")),
            handed_over.qualified(at("2026-01-05")),
            handed_over.contacted(at("2026-01-09")),
            never.captured(at("2026-01-02")),
            never.contacted_early(at("2026-01-05")),
        ])
        .await;
    let between = async |start: pb::Milestone| {
        let request = pb::GetVelocityReportRequest {
            start_milestone: start.into(),
            end_milestone: pb::Milestone::FirstAttempt.into(),
            time_unit: handoff_proto::common::v1::TimeUnit::CalendarDays.into(),
            ..velocity()
        };
        world.velocity(request).await.total.unwrap()
    };
    let total = between(pb::Milestone::Captured).await;
    assert_eq!((total.sample_count, total.mean.as_deref(), total.max.as_deref()), (2, Some("2"), Some("3")));
    let total = between(pb::Milestone::Mql).await;
    assert_eq!((total.sample_count, total.invalid_count), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sql_that_was_given_back_stays_an_sql_and_waits_for_nothing() {
    let mut world = World::start().await;
    world.tell(decided(1)).await;
    let mut lead = Lead::new(2);
    let story = [
        lead.captured(at("2026-01-02")),
        lead.qualified(at("2026-01-05")),
        lead.accepted(at("2026-01-07"), "ada"),
        lead.sql_returned(at("2026-01-09")),
    ];
    world.tell(story).await;
    let total = world.sql(months("2026-01-01", "2026-02-01")).await.total.unwrap();
    assert_eq!((total.sql_count, total.rejections.len()), (2, 0));
    assert_eq!(parts(total.acceptance_rate.as_ref()), (2, 2));
    let request = pb::GetVelocityReportRequest {
        start_milestone: pb::Milestone::Accepted.into(),
        end_milestone: pb::Milestone::Opportunity.into(),
        ..velocity()
    };
    let total = world.velocity(request).await.total.unwrap();
    assert_eq!(total.open_count, 1, "the one that was not given back");
}
