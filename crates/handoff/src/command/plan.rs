//! `handoff report plan`: the reverse funnel. Rates go to the service as they were typed; it reads them exactly.

use clap::Args;
use handoff_proto::common::v1::Money;
use handoff_proto::reporting::v1::{FunnelPlan, MixClass, PlanGoalRequest};

use crate::import::{NumberFormat, parse_amount};

/// The goal, and what is known of the way to it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The revenue to reach, as `10000000 USD`.
    #[arg(long, value_parser = parse_money, value_name = "AMOUNT CURRENCY")]
    revenue: Money,
    /// The average value of a deal, as `50000 USD`.
    #[arg(long, value_parser = parse_money, value_name = "AMOUNT CURRENCY")]
    deal_value: Money,
    /// The share of SQLs that become deals, as 0.25 or 25%.
    #[arg(long, value_name = "RATE")]
    sql_to_deal: String,
    /// The share of MQLs that become SQLs.
    #[arg(long, value_name = "RATE")]
    mql_to_sql: String,
    /// The share of leads that become MQLs, to plan the leads too.
    #[arg(long, value_name = "RATE", default_value = "")]
    lead_to_mql: String,
    /// The share of visits that become leads, to plan the visits too.
    #[arg(long, value_name = "RATE", default_value = "")]
    visit_to_lead: String,
    /// A plan to check: refused, with the numbers that would, unless it closes.
    #[arg(long, value_parser = parse_plan, value_name = "DEALS/SQLS/MQLS[/LEADS[/VISITS]]")]
    check: Option<FunnelPlan>,
    /// A class of leads of a mix, as `2000 at 5% worth 50000 USD`; may be given several times.
    #[arg(long = "class", value_parser = parse_class, value_name = "LEADS at RATE worth AMOUNT CURRENCY")]
    classes: Vec<MixClass>,
}

impl Arguments {
    pub(super) fn to_message(&self) -> PlanGoalRequest {
        PlanGoalRequest {
            revenue: Some(self.revenue.clone()),
            deal_value: Some(self.deal_value.clone()),
            sql_to_deal: self.sql_to_deal.clone(),
            mql_to_sql: self.mql_to_sql.clone(),
            lead_to_mql: self.lead_to_mql.clone(),
            visit_to_lead: self.visit_to_lead.clone(),
            plan: self.check,
            mix: self.classes.clone(),
        }
    }
}

fn parse_money(text: &str) -> Result<Money, String> {
    let (amount, currency) =
        text.trim().split_once(' ').ok_or("give an amount and its currency, as `50000 USD`")?;
    let english = NumberFormat { decimal_mark: Some('.'), thousands_mark: Some(','), marks: Vec::new() };
    parse_amount(amount, currency.trim(), &english)
}

fn parse_plan(text: &str) -> Result<FunnelPlan, String> {
    let counts: Result<Vec<i64>, _> = text.split('/').map(|count| count.trim().parse()).collect();
    match counts.as_deref() {
        Ok([deal_count, sql_count, mql_count, more @ ..]) if more.len() <= 2 => Ok(FunnelPlan {
            deal_count: *deal_count,
            sql_count: *sql_count,
            mql_count: *mql_count,
            lead_count: more.first().copied(),
            visit_count: more.get(1).copied(),
        }),
        _ => {
            Err("give the numbers of deals, SQLs and MQLs, as 200/800/4000, then of leads and visits"
                .to_owned())
        }
    }
}

fn parse_class(text: &str) -> Result<MixClass, String> {
    let usage = "give a class as `2000 at 5% worth 50000 USD`";
    let (leads, rest) = text.split_once(" at ").ok_or(usage)?;
    let (rate, value) = rest.split_once(" worth ").ok_or(usage)?;
    let lead_count = leads.trim().parse().map_err(|_| usage)?;
    Ok(MixClass { lead_count, lead_to_deal: rate.trim().to_owned(), deal_value: Some(parse_money(value)?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_a_currency() {
        let dollars = Money { currency_code: "USD".to_owned(), units: 10_000_000, nanos: 0 };
        assert_eq!(parse_money("10,000,000 USD"), Ok(dollars));
        assert!(parse_money("10000000").is_err());
        assert!(parse_money("much USD").is_err());
    }

    #[test]
    fn a_plan_has_three_to_five_numbers() {
        let plan = FunnelPlan { deal_count: 200, sql_count: 800, mql_count: 4_000, ..Default::default() };
        assert_eq!(parse_plan("200/800/4000"), Ok(plan));
        let to_visits = parse_plan("1/2/3/4/5").unwrap();
        assert_eq!((to_visits.lead_count, to_visits.visit_count), (Some(4), Some(5)));
        for bad in ["", "1/2", "1/2/3/4/5/6", "a/b/c"] {
            assert!(parse_plan(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_class_says_how_many_how_likely_and_how_much() {
        let class = parse_class("2000 at 5% worth 50000 USD").unwrap();
        assert_eq!((class.lead_count, class.lead_to_deal.as_str()), (2_000, "5%"));
        assert_eq!(class.deal_value.unwrap().units, 50_000);
        for bad in ["2000", "2000 at 5%", "x at 5% worth 1 USD", "1 at 5% worth 1"] {
            assert!(parse_class(bad).is_err(), "{bad}");
        }
    }
}
