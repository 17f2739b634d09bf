//! The reverse funnel (M19): from a revenue goal back to the deals, SQLs, MQLs, leads and visits that it takes.
//!
//! Everything is an exact rational, rates and money come as decimal text: a double would turn 20 % into something
//! else, and a ceiling would then make one lead of the difference. Every step is rounded up, because there is no half
//! deal. Fields are called as in the API's request, so that a refusal names what its sender knows.

mod exact;

use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};

use crate::error::{Error, Violation};

/// What a plan is made from, for one class of leads. Amounts and rates are decimal text, `50000` or `0.25`; a rate
/// may also be a percentage, `25 %`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goal {
    /// The revenue to reach.
    pub revenue: String,
    /// The average value of a deal, in the same currency.
    pub deal_value: String,
    /// The share of SQLs that become deals.
    pub sql_to_deal: String,
    /// The share of MQLs that become SQLs.
    pub mql_to_sql: String,
    /// The share of leads that become MQLs, if the plan is to say how many leads it takes.
    pub lead_to_mql: Option<String>,
    /// The share of visits that become leads, if it is to say how many visits that takes; needs `lead_to_mql`.
    pub visit_to_lead: Option<String>,
}

/// What it takes to reach a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Deals to win.
    pub deals: BigInt,
    /// SQLs to accept.
    pub sqls: BigInt,
    /// MQLs to hand over.
    pub mqls: BigInt,
    /// Leads to capture, if their rate was given.
    pub leads: Option<BigInt>,
    /// Visits to attract, if their rate was given.
    pub visits: Option<BigInt>,
}

impl fmt::Display for Plan {
    /// `200 deals, 800 SQLs, 4000 MQLs`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} deals, {} SQLs, {} MQLs", self.deals, self.sqls, self.mqls)?;
        self.leads.iter().try_for_each(|leads| write!(f, ", {leads} leads"))?;
        self.visits.iter().try_for_each(|visits| write!(f, ", {visits} visits"))
    }
}

/// One number of a plan and why it is right: `count` times `each` is at least `needed`, and one less is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub count: BigInt,
    /// The revenue, or the number of the step before.
    pub needed: BigRational,
    /// The value of a deal, or the rate.
    pub each: BigRational,
}

impl Step {
    /// What the number reaches.
    pub fn reached(&self) -> BigRational {
        BigRational::from_integer(self.count.clone()) * &self.each
    }

    /// What one less would.
    pub fn reached_by_one_less(&self) -> BigRational {
        self.reached() - &self.each
    }
}

/// A finite decimal in full, without zeros at its end: amounts, rates and their products with counts are such.
/// None for a number that no decimal is equal to, such as a third.
pub fn to_decimal(number: &BigRational) -> Option<String> {
    exact::to_decimal(number)
}

/// The least plan that reaches `goal`.
///
/// # Errors
/// [`Error::Invalid`] with every field that is no decimal number, an amount that is not positive, and a rate that is
/// 0 or over 1.
pub fn plan(goal: &Goal) -> Result<Plan, Error> {
    Ok(Numbers::read(goal)?.plan())
}

/// The least plan that reaches `goal`, step by step from the deals up.
///
/// # Errors
/// As [`plan`].
pub fn steps(goal: &Goal) -> Result<Vec<Step>, Error> {
    let numbers = Numbers::read(goal)?;
    let plan = numbers.plan();
    let rates = [Some(&numbers.sql_to_deal), Some(&numbers.mql_to_sql), numbers.lead_to_mql.as_ref()];
    let rates = rates.into_iter().chain([numbers.visit_to_lead.as_ref()]);
    let counts = [Some(plan.sqls), Some(plan.mqls), plan.leads, plan.visits];
    let first = Step { count: plan.deals, needed: numbers.revenue.clone(), each: numbers.deal_value.clone() };
    let mut steps = vec![first];
    for (count, rate) in counts.into_iter().zip(rates) {
        let Some((count, rate)) = count.zip(rate) else { break };
        let above = steps.last().map_or_else(BigInt::zero, |step| step.count.clone());
        steps.push(Step { count, needed: BigRational::from_integer(above), each: rate.clone() });
    }
    Ok(steps)
}
/// Refuses a plan that does not close: at every step its number must be enough for the step above, and one less must
/// not be. This is what the source's own example fails (slip 2: it plans 400 deals where 200 reach the goal).
///
/// # Errors
/// [`Error::Invalid`] with every step that does not close and the number that does, the first with the whole plan that
/// closes; as [`plan`] for the goal itself.
pub fn check_closure(goal: &Goal, plan: &Plan) -> Result<(), Error> {
    let numbers = Numbers::read(goal)?;
    let mut violations = Vec::new();
    let mut check = |step: &str, planned: Option<&BigInt>, closes: Option<BigInt>| {
        let description = match (planned, closes) {
            (Some(planned), Some(closes)) if *planned < closes => {
                format!("{planned} is too few: {closes} closes")
            }
            (Some(planned), Some(closes)) if *planned > closes => {
                format!("{planned} is more than it takes: {closes} closes")
            }
            (Some(_), None) => "there is no rate to plan it by".to_owned(),
            (None, Some(closes)) => format!("its rate is given, so it is part of the plan: {closes} closes"),
            _ => return,
        };
        violations.push(Violation { field: format!("plan.{step}"), description });
    };
    // Every step serves what was planned above it, so that one slip is not reported all the way down.
    let from = |above: Option<&BigInt>, rate: Option<&BigRational>| {
        above.zip(rate).map(|(above, rate)| enough(above, rate))
    };
    check("deal_count", Some(&plan.deals), Some(numbers.deals()));
    check("sql_count", Some(&plan.sqls), Some(enough(&plan.deals, &numbers.sql_to_deal)));
    check("mql_count", Some(&plan.mqls), Some(enough(&plan.sqls, &numbers.mql_to_sql)));
    check("lead_count", plan.leads.as_ref(), from(Some(&plan.mqls), numbers.lead_to_mql.as_ref()));
    check("visit_count", plan.visits.as_ref(), from(plan.leads.as_ref(), numbers.visit_to_lead.as_ref()));
    let Some(first) = violations.first_mut() else { return Ok(()) };
    first.description.push_str(&format!("; the least plan that reaches the goal is {}", numbers.plan()));
    Err(Error::Invalid(violations))
}

/// The least number of which the share `rate` is at least `above`.
fn enough(above: &BigInt, rate: &BigRational) -> BigInt {
    (BigRational::from_integer(above.clone()) / rate).ceil().to_integer()
}

/// A goal that was read: amounts are positive, rates are in (0, 1].
struct Numbers {
    revenue: BigRational,
    deal_value: BigRational,
    sql_to_deal: BigRational,
    mql_to_sql: BigRational,
    lead_to_mql: Option<BigRational>,
    visit_to_lead: Option<BigRational>,
}

impl Numbers {
    fn read(goal: &Goal) -> Result<Self, Error> {
        let mut reader = exact::Reader::default();
        let numbers = Self {
            revenue: reader.amount("revenue", &goal.revenue),
            deal_value: reader.amount("deal_value", &goal.deal_value),
            sql_to_deal: reader.rate("sql_to_deal", &goal.sql_to_deal),
            mql_to_sql: reader.rate("mql_to_sql", &goal.mql_to_sql),
            lead_to_mql: goal.lead_to_mql.as_ref().map(|rate| reader.rate("lead_to_mql", rate)),
            visit_to_lead: goal.visit_to_lead.as_ref().map(|rate| reader.rate("visit_to_lead", rate)),
        };
        if numbers.visit_to_lead.is_some() && numbers.lead_to_mql.is_none() {
            reader.refuse("visit_to_lead", "visits can be planned only with lead_to_mql");
        }
        reader.finish().map(|()| numbers)
    }

    fn deals(&self) -> BigInt {
        (&self.revenue / &self.deal_value).ceil().to_integer()
    }

    fn plan(&self) -> Plan {
        let deals = self.deals();
        let sqls = enough(&deals, &self.sql_to_deal);
        let mqls = enough(&sqls, &self.mql_to_sql);
        let leads = self.lead_to_mql.as_ref().map(|rate| enough(&mqls, rate));
        let visits = leads.as_ref().zip(self.visit_to_lead.as_ref()).map(|(leads, rate)| enough(leads, rate));
        Plan { deals, sqls, mqls, leads, visits }
    }
}

/// A class of leads in a mix (F11): so many of them, each with its own chance and value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Class {
    /// How many leads of the class.
    pub lead_count: u64,
    /// The share of them that become deals.
    pub lead_to_deal: String,
    /// The average value of such a deal.
    pub deal_value: String,
}

/// What a mix of classes is expected to bring, against a revenue goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    /// Σ leads · rate · value, exactly.
    pub expected: BigRational,
    /// The goal less that; negative if the mix brings more.
    pub gap: BigRational,
}

impl Mix {
    /// Whether the mix reaches the goal.
    pub fn closes(&self) -> bool {
        !self.gap.is_positive()
    }
}

/// What the classes bring together towards `revenue`.
///
/// # Errors
/// [`Error::Invalid`] with every field that is no number, or no rate in (0, 1], or no positive amount.
pub fn mix(revenue: &str, classes: &[Class]) -> Result<Mix, Error> {
    let mut reader = exact::Reader::default();
    let goal = reader.amount("revenue", revenue);
    let mut expected = BigRational::zero();
    for (index, class) in classes.iter().enumerate() {
        let rate = reader.rate(&format!("mix[{index}].lead_to_deal"), &class.lead_to_deal);
        let value = reader.amount(&format!("mix[{index}].deal_value"), &class.deal_value);
        expected += BigRational::from_integer(class.lead_count.into()) * rate * value;
    }
    reader.finish()?;
    let gap = goal - &expected;
    Ok(Mix { expected, gap })
}
