//! The reverse funnel (M19): from a revenue goal back to the deals, SQLs, MQLs, leads and visits that it takes.
//!
//! Everything is an exact rational, rates and money come as decimal text: a double would turn 20 % into something
//! else, and a ceiling would then make one lead of the difference. Every step is rounded up, because there is no half
//! deal.

mod exact;

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

/// The least plan that reaches `goal`.
///
/// # Errors
/// [`Error::Invalid`] with every field that is no decimal number, an amount that is not positive, and a rate that is
/// 0 or over 1.
pub fn plan(goal: &Goal) -> Result<Plan, Error> {
    let numbers = Numbers::read(goal)?;
    let deals = numbers.deals();
    let sqls = enough(&deals, &numbers.sql_to_deal);
    let mqls = enough(&sqls, &numbers.mql_to_sql);
    let leads = numbers.lead_to_mql.as_ref().map(|rate| enough(&mqls, rate));
    let visits = leads.as_ref().zip(numbers.visit_to_lead.as_ref()).map(|(leads, rate)| enough(leads, rate));
    Ok(Plan { deals, sqls, mqls, leads, visits })
}

/// Refuses a plan that does not close: at every step its number must be enough for the step above, and one less must
/// not be. This is what the source's own example fails (slip 2: it plans 400 deals where 200 reach the goal).
///
/// # Errors
/// [`Error::Invalid`] with every step that does not close and the number that does; as [`plan`] for the goal itself.
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
        violations.push(Violation { field: step.to_owned(), description });
    };
    // Every step serves what was planned above it, so that one slip is not reported all the way down.
    let from = |above: Option<&BigInt>, rate: Option<&BigRational>| {
        above.zip(rate).map(|(above, rate)| enough(above, rate))
    };
    check("deals", Some(&plan.deals), Some(numbers.deals()));
    check("sqls", Some(&plan.sqls), Some(enough(&plan.deals, &numbers.sql_to_deal)));
    check("mqls", Some(&plan.mqls), Some(enough(&plan.sqls, &numbers.mql_to_sql)));
    check("leads", plan.leads.as_ref(), from(Some(&plan.mqls), numbers.lead_to_mql.as_ref()));
    check("visits", plan.visits.as_ref(), from(plan.leads.as_ref(), numbers.visit_to_lead.as_ref()));
    if violations.is_empty() { Ok(()) } else { Err(Error::Invalid(violations)) }
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
}

/// A class of leads in a mix (F11): so many of them, each with its own chance and value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// How many leads of the class.
    pub count: u64,
    /// The share of them that become deals.
    pub rate: String,
    /// The average value of such a deal.
    pub deal_value: String,
}

/// What a mix of classes is expected to bring, against a revenue goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    /// Σ count · rate · value, exactly.
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

/// What the classes of `shares` bring together towards `revenue`.
///
/// # Errors
/// [`Error::Invalid`] with every field that is no number, or no rate in (0, 1], or no positive amount.
pub fn mix(revenue: &str, shares: &[Share]) -> Result<Mix, Error> {
    let mut reader = exact::Reader::default();
    let goal = reader.amount("revenue", revenue);
    let mut expected = BigRational::zero();
    for (index, share) in shares.iter().enumerate() {
        let rate = reader.rate(&format!("shares[{index}].rate"), &share.rate);
        let value = reader.amount(&format!("shares[{index}].deal_value"), &share.deal_value);
        expected += BigRational::from_integer(share.count.into()) * rate * value;
    }
    reader.finish()?;
    let gap = goal - &expected;
    Ok(Mix { expected, gap })
}
