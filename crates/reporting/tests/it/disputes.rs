//! Rejections that were overturned: what was known before stays known, nothing was decided until sales decided anew, and the
//! clocks of both rounds count.

use handoff_proto::common::v1::TimeUnit;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{ClockMet, ClockStarted};
use handoff_proto::qualification::v1::RejectionAttribution;
use handoff_proto::reporting::v1 as pb;
use uuid::Uuid;

use crate::story::{Lead, Told, at};
use crate::world::{World, months, parts};

/// The same of the clock of the second round.
fn of_second_round(told: Told) -> Told {
    let clock_id = Uuid::from_u128(77).to_string();
    let fact = match told.fact {
        Fact::ClockStarted(it) => Fact::ClockStarted(ClockStarted { clock_id, round: 2, ..it }),
        Fact::ClockMet(it) => Fact::ClockMet(ClockMet { clock_id, ..it }),
        other => panic!("{other:?}"),
    };
    Told { fact, ..told }
}

/// Two leads that were handed over, one of which was accepted and one rejected in time, with their clocks.
async fn rejected(world: &mut World) -> Lead {
    let (mut good, mut lead) = (Lead::new(1), Lead::new(2));
    let begins = [&mut good, &mut lead].map(|lead| {
        let began = [lead.captured(at("2026-01-01")), lead.qualified(at("2026-01-05"))];
        (began, lead.clock_started(at("2026-01-05"), at("2026-01-07"), 2))
    });
    let (began, clocks): (Vec<_>, Vec<_>) = begins.into_iter().unzip();
    world.tell(began.into_iter().flatten()).await;
    world.tell_sla(clocks).await;
    let rejection = lead.rejected(at("2026-01-06"), "WRONG_SIZE", RejectionAttribution::Criteria);
    world.tell([good.accepted(at("2026-01-06"), "ada"), rejection]).await;
    world
        .tell_sla([good.clock_met(at("2026-01-06"), false, 1), lead.clock_met(at("2026-01-06"), false, 1)])
        .await;
    lead
}

/// Acceptance of a report from the rollups, which says the same from the facts: the rate, and its variant.
async fn acceptance(world: &World, query: pb::ReportQuery) -> [(i64, i64); 2] {
    let rates = |answer: &pb::GetSqlReportResponse| {
        let total = answer.total.as_ref().unwrap();
        [parts(total.acceptance_rate.as_ref()), parts(total.acceptance_rate_with_overturned.as_ref())]
    };
    let first = world.sql(query).await;
    let again = world.sql(first.basis.as_ref().unwrap().query.clone().unwrap()).await;
    assert_eq!(again.basis.as_ref().unwrap().source(), pb::Source::Facts);
    assert_eq!((&again.rows, &again.total), (&first.rows, &first.total));
    rates(&first)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_is_none_from_when_it_is_overturned_until_sales_decides_anew() {
    let mut world = World::start().await;
    let mut lead = rejected(&mut world).await;
    let january = || months("2026-01-01", "2026-02-01");
    assert_eq!(acceptance(&world, january()).await, [(1, 2), (1, 2)]);
    let before = world.sql(january()).await.basis.unwrap().query.unwrap();

    world.tell([lead.overturned(at("2026-01-12"), "ada")]).await;
    let cohort = || pb::ReportQuery { basis: pb::Basis::Cohort.into(), ..january() };
    assert_eq!(acceptance(&world, january()).await, [(1, 1), (2, 2)]);
    assert_eq!(acceptance(&world, cohort()).await, [(1, 1), (2, 2)]);
    let then = world.sql(before).await.total.unwrap();
    assert_eq!(parts(then.acceptance_rate.as_ref()), (1, 2), "as it was known then");
    let rejections: Vec<_> = then.rejections.iter().map(|it| (it.reason.as_str(), it.count)).collect();
    assert_eq!(rejections, [("WRONG_SIZE", 1)]);
    let waiting =
        world.velocity(pb::GetVelocityReportRequest { query: Some(january()), ..Default::default() });
    assert_eq!(waiting.await.total.unwrap().open_count, 1);

    world.tell([lead.accepted(at("2026-02-03"), "ada")]).await;
    assert_eq!(acceptance(&world, january()).await, [(1, 1), (1, 1)], "its decision is February's");
    assert_eq!(acceptance(&world, months("2026-02-01", "2026-03-01")).await, [(1, 1), (1, 1)]);
    assert_eq!(acceptance(&world, cohort()).await, [(2, 2), (2, 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn business_time_to_the_decision_is_that_of_the_clocks_of_all_rounds() {
    let mut world = World::start().await;
    let mut lead = rejected(&mut world).await;
    let second = |told| of_second_round(told);
    world.tell([lead.overturned(at("2026-02-12"), "ada")]).await;
    world.tell_sla([second(lead.clock_started(at("2026-02-12"), at("2026-02-14"), 2))]).await;
    world.tell([lead.accepted(at("2026-02-13"), "ada")]).await;
    world.tell_sla([second(lead.clock_met(at("2026-02-13"), false, 1))]).await;
    // The first clock was met and due long before the range begins.
    let asked = |query| pb::GetVelocityReportRequest {
        query: Some(query),
        time_unit: TimeUnit::BusinessDays.into(),
        ..Default::default()
    };
    let february = world.velocity(asked(months("2026-02-01", "2026-03-01"))).await;
    let (basis, total) = (february.basis.unwrap(), february.total.unwrap());
    assert_eq!(
        (basis.source(), total.sample_count, total.mean.as_deref()),
        (pb::Source::Rollup, 1, Some("2"))
    );
    assert_eq!(
        parts(total.sla_attainment.as_ref()),
        (1, 1),
        "the clock of the second round alone is due in it"
    );
    let again = world.velocity(asked(basis.query.unwrap())).await;
    assert_eq!(again.basis.unwrap().source(), pb::Source::Facts);
    assert_eq!(again.total.unwrap().mean.as_deref(), Some("2"));
}
