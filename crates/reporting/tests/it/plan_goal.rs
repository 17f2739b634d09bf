//! The reverse funnel over gRPC: its numbers, why they close, and what it refuses.

use handoff_proto::common::v1::Money;
use handoff_proto::reporting::v1 as pb;
use tonic::Status;
use tonic_types::StatusExt;

use crate::world::World;

fn dollars(units: i64) -> Option<Money> {
    Some(Money { currency_code: "USD".into(), units, nanos: 0 })
}

/// Ten million at fifty thousand a deal, 25 % of the SQLs and 20 % of the MQLs (F10).
fn goal() -> pb::PlanGoalRequest {
    pb::PlanGoalRequest {
        revenue: dollars(10_000_000),
        deal_value: dollars(50_000),
        sql_to_deal: "0.25".into(),
        mql_to_sql: "20 %".into(),
        ..Default::default()
    }
}

fn planned(deal_count: i64, sql_count: i64, mql_count: i64) -> pb::FunnelPlan {
    pb::FunnelPlan { deal_count, sql_count, mql_count, ..Default::default() }
}

async fn plan(world: &World, request: pb::PlanGoalRequest) -> Result<pb::PlanGoalResponse, Status> {
    Ok(world.client().await.plan_goal(request).await?.into_inner())
}

async fn check(name: &str, world: &World, request: pb::PlanGoalRequest) {
    let refusal = plan(world, request).await.expect_err(name);
    let found = refusal.get_details_bad_request().expect("the fields at fault").field_violations;
    let lines = found.iter().map(|found| format!("field {}: {}", found.field, found.description));
    let first = format!("{:?}: {}", refusal.code(), refusal.message());
    let told: Vec<_> = std::iter::once(first).chain(lines).collect();
    insta::assert_snapshot!(name.to_owned(), told.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_takes_200_deals_800_sqls_and_4000_mqls() {
    let world = World::start().await;
    let answer = plan(&world, goal()).await.unwrap();
    assert_eq!(answer.plan, Some(planned(200, 800, 4_000)));
    assert_eq!(answer.definition.unwrap().metric, "M19");
    let step = |figure: &str, count, needed: &str, each: &str, reached: &str, less: &str| pb::PlanStep {
        figure: figure.into(),
        count,
        needed: needed.into(),
        each: each.into(),
        reached: reached.into(),
        reached_by_one_less: less.into(),
    };
    assert_eq!(
        answer.steps,
        [
            step("deal_count", 200, "10000000", "50000", "10000000", "9950000"),
            step("sql_count", 800, "200", "0.25", "200", "199.75"),
            step("mql_count", 4_000, "800", "0.2", "800", "799.8"),
        ]
    );
    let given = pb::PlanGoalRequest { plan: Some(planned(200, 800, 4_000)), ..goal() };
    assert_eq!(plan(&world, given).await.unwrap().plan, answer.plan);
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_and_visits_are_planned_where_their_rates_are_given() {
    let world = World::start().await;
    let request = pb::PlanGoalRequest { lead_to_mql: "30%".into(), visit_to_lead: "0.021".into(), ..goal() };
    let found = plan(&world, request).await.unwrap();
    let down_to_visits =
        pb::FunnelPlan { lead_count: Some(13_334), visit_count: Some(634_953), ..planned(200, 800, 4_000) };
    assert_eq!((found.plan, found.steps.len()), (Some(down_to_visits), 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mix_of_classes_says_whether_it_reaches_the_goal() {
    let world = World::start().await;
    let class = |lead_count, rate: &str| pb::MixClass {
        lead_count,
        lead_to_deal: rate.into(),
        deal_value: dollars(50_000),
    };
    let outcome = async |mix| plan(&world, pb::PlanGoalRequest { mix, ..goal() }).await.unwrap().mix.unwrap();
    let reaches = outcome(vec![class(2_000, "5%"), class(10_000, "0.01")]).await;
    assert_eq!((reaches.expected.as_str(), reaches.gap.as_str(), reaches.closes), ("10000000", "0", true));
    let short = outcome(vec![class(2_000, "5%"), class(9_999, "0.01")]).await;
    assert_eq!((short.expected.as_str(), short.gap.as_str(), short.closes), ("9999500", "500", false));
    assert_eq!(plan(&world, goal()).await.unwrap().mix, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_close_or_makes_no_sense_is_refused() {
    let world = World::start().await;
    let given = |plan| pb::PlanGoalRequest { plan: Some(plan), ..goal() };
    check("the_plan_of_the_source", &world, given(planned(400, 1_600, 8_000))).await;
    check("a_plan_that_is_short", &world, given(planned(199, 795, 3_974))).await;
    let with_leads = pb::FunnelPlan { lead_count: Some(1), ..planned(200, 800, 4_000) };
    check("a_plan_with_leads_and_no_rate", &world, given(with_leads)).await;

    check("an_empty_goal", &world, pb::PlanGoalRequest::default()).await;
    let euros = Some(Money { currency_code: "EUR".into(), units: -1, nanos: 0 });
    let wrong = pb::PlanGoalRequest {
        revenue: dollars(0),
        deal_value: euros.clone(),
        sql_to_deal: "0".into(),
        mql_to_sql: "1.01".into(),
        visit_to_lead: "many".into(),
        mix: vec![pb::MixClass { lead_count: -1, lead_to_deal: "2".into(), deal_value: euros }],
        ..Default::default()
    };
    check("a_goal_that_is_wrong_everywhere", &world, wrong).await;
    let endless = pb::PlanGoalRequest {
        revenue: dollars(i64::MAX),
        deal_value: Some(Money { currency_code: "USD".into(), units: 0, nanos: 1 }),
        ..goal()
    };
    check("a_goal_beyond_64_bits", &world, endless).await;
}
