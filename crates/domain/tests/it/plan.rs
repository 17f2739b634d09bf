//! The reverse funnel M19: its numbers, its closure, and what it refuses.

use handoff_domain::error::Error;
use handoff_domain::plan::{Class, Goal, Plan, check_closure, mix, plan, steps, to_decimal};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;

/// Ten million at fifty thousand a deal, 25 % of the SQLs and 20 % of the MQLs (F10).
fn goal() -> Goal {
    Goal {
        revenue: "10000000".to_owned(),
        deal_value: "50000".to_owned(),
        sql_to_deal: "0.25".to_owned(),
        mql_to_sql: "20 %".to_owned(),
        ..Goal::default()
    }
}

fn planned(deals: u32, sqls: u32, mqls: u32) -> Plan {
    Plan { deals: deals.into(), sqls: sqls.into(), mqls: mqls.into(), leads: None, visits: None }
}

fn fields<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result {
        Err(Error::Invalid(violations)) => violations.into_iter().map(|v| v.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn f10_takes_200_deals_800_sqls_and_4000_mqls() {
    let plan = plan(&goal()).expect("a goal");
    assert_eq!(plan, planned(200, 800, 4_000));
    assert_eq!(check_closure(&goal(), &plan), Ok(()));
}

#[test]
fn the_plan_of_the_source_does_not_close_and_is_refused() {
    let Err(Error::Invalid(violations)) = check_closure(&goal(), &planned(400, 1_600, 8_000)) else {
        panic!("400 deals are twice what it takes");
    };
    assert_eq!(violations.len(), 1, "what follows from the wrong number is not wrong again");
    assert_eq!(violations[0].field, "plan.deal_count");
    assert_eq!(
        violations[0].description,
        "400 is more than it takes: 200 closes; the least plan that reaches the goal is 200 deals, 800 SQLs, 4000 MQLs"
    );
}

#[test]
fn every_step_that_does_not_close_is_named() {
    assert_eq!(
        fields(check_closure(&goal(), &planned(199, 795, 3_974))),
        ["plan.deal_count", "plan.sql_count", "plan.mql_count"]
    );
    let with_leads = Plan { leads: Some(1.into()), ..planned(200, 800, 4_000) };
    assert_eq!(fields(check_closure(&goal(), &with_leads)), ["plan.lead_count"]);
    let goal = Goal { lead_to_mql: Some("0.5".to_owned()), ..goal() };
    assert_eq!(fields(check_closure(&goal, &planned(200, 800, 4_000))), ["plan.lead_count"]);
}

#[test]
fn leads_and_visits_follow_where_their_rates_are_given() {
    let goal =
        Goal { lead_to_mql: Some("30%".to_owned()), visit_to_lead: Some("0.021".to_owned()), ..goal() };
    let plan = plan(&goal).expect("a goal");
    assert_eq!(plan.leads, Some(13_334.into()));
    assert_eq!(plan.visits, Some(634_953.into()));
    assert_eq!(check_closure(&goal, &plan), Ok(()));
}

#[test]
fn every_step_is_enough_and_one_less_is_not() {
    let text = |number| to_decimal(&number).expect("a finite decimal");
    let goal = Goal { lead_to_mql: Some("30%".to_owned()), ..goal() };
    let shown = steps(&goal).expect("a goal").into_iter().map(|step| {
        let (reached, less) = (text(step.reached()), text(step.reached_by_one_less()));
        [step.count.to_string(), text(step.needed), text(step.each), reached, less]
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            ["200", "10000000", "50000", "10000000", "9950000"],
            ["800", "200", "0.25", "200", "199.75"],
            ["4000", "800", "0.2", "800", "799.8"],
            ["13334", "4000", "0.3", "4000.2", "3999.9"],
        ]
    );
}

#[test]
fn a_rate_is_exact_where_a_double_is_not() {
    // In doubles 3 / 0.1 is 30.000000000000004 or 30 by luck, and 0.07 · 100 is 7.000000000000001.
    for (deals, rate, sqls) in [("3", "0.1", 30), ("7", "0.07", 100), ("21", "0.7", 30)] {
        let goal = Goal {
            revenue: deals.to_owned(),
            deal_value: "1".to_owned(),
            sql_to_deal: rate.to_owned(),
            mql_to_sql: "1".to_owned(),
            ..Goal::default()
        };
        assert_eq!(plan(&goal).expect("a goal").sqls, BigInt::from(sqls), "{deals} / {rate}");
    }
}

#[test]
fn impossible_rates_and_amounts_are_refused_all_at_once() {
    let wrong = Goal {
        revenue: "0".to_owned(),
        deal_value: "-1".to_owned(),
        sql_to_deal: "0".to_owned(),
        mql_to_sql: "1.01".to_owned(),
        lead_to_mql: None,
        visit_to_lead: Some("many".to_owned()),
    };
    assert_eq!(
        fields(plan(&wrong)),
        ["revenue", "deal_value", "sql_to_deal", "mql_to_sql", "visit_to_lead", "visit_to_lead"]
    );
    let certain = Goal { sql_to_deal: "100 %".to_owned(), mql_to_sql: "1".to_owned(), ..goal() };
    assert_eq!(plan(&certain), Ok(planned(200, 200, 200)));
}

#[test]
fn a_mix_of_classes_closes_if_its_expectation_reaches_the_goal() {
    let class = |lead_count, rate: &str, deal_value: &str| Class {
        lead_count,
        lead_to_deal: rate.to_owned(),
        deal_value: deal_value.to_owned(),
    };
    let classes = [class(2_000, "5%", "50000"), class(10_000, "0.01", "50000")];
    let exact = mix("10000000", &classes).expect("numbers");
    assert!(exact.closes());
    assert_eq!(exact.gap, BigRational::from_integer(0.into()));
    let short = mix("10000000.01", &classes).expect("numbers");
    assert!(!short.closes());
    assert_eq!(short.gap, BigRational::new(1.into(), 100.into()));
    assert_eq!(fields(mix("1", &[class(1, "2", "x")])), ["mix[0].lead_to_deal", "mix[0].deal_value"]);
}

proptest! {
    #[test]
    fn a_plan_always_closes_and_one_less_of_anything_does_not(
        revenue in 1_u64..1_000_000_000,
        deal_value in 1_u64..1_000_000,
        rates in proptest::collection::vec(1_u32..=1_000, 4),
    ) {
        let rate = |index: usize| format!("{}.{}%", rates[index] / 10, rates[index] % 10);
        let goal = Goal {
            revenue: revenue.to_string(),
            deal_value: deal_value.to_string(),
            sql_to_deal: rate(0),
            mql_to_sql: rate(1),
            lead_to_mql: Some(rate(2)),
            visit_to_lead: Some(rate(3)),
        };
        let plan = plan(&goal).expect("a goal");
        prop_assert_eq!(check_closure(&goal, &plan), Ok(()));
        // The closure of M19 in integers: rates are thousandths here.
        let thousand = BigInt::from(1_000);
        let closes = |below: &BigInt, rate: u32, above: &BigInt| {
            below * rate >= above * &thousand && (below - BigInt::from(1)) * rate < above * &thousand
        };
        let (leads, visits) = (plan.leads.clone().expect("leads"), plan.visits.clone().expect("visits"));
        let revenue = BigInt::from(revenue);
        prop_assert!(&plan.deals * deal_value >= revenue && (&plan.deals - BigInt::from(1)) * deal_value < revenue);
        prop_assert!(closes(&plan.sqls, rates[0], &plan.deals));
        prop_assert!(closes(&plan.mqls, rates[1], &plan.sqls));
        prop_assert!(closes(&leads, rates[2], &plan.mqls));
        prop_assert!(closes(&visits, rates[3], &leads));
    }
}
