//! PlanGoal: from a revenue goal back to what it takes (M19). The arithmetic is the domain's; what is here reads the
//! request, and refuses a plan that does not close (F10).

use handoff_domain::error::Error;
use handoff_domain::metric::Metric;
use handoff_domain::money::{Currency, Money};
use handoff_domain::plan::{self, Class, Goal, Plan, Step, check_closure, steps, to_decimal};
use handoff_proto::common::v1 as common;
use handoff_proto::reporting::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use tonic::{Request, Response, Status};

use crate::app::Call;
use crate::convert::figure::definitions;

/// The most classes of a mix.
const CLASSES_MAX: usize = 100;
/// The fields of a plan, from the deals up.
const FIGURES: [&str; 5] = ["deal_count", "sql_count", "mql_count", "lead_count", "visit_count"];

pub(crate) fn plan_goal(
    request: Request<pb::PlanGoalRequest>,
) -> Result<Response<pb::PlanGoalResponse>, Status> {
    Call::of(&request)?;
    answer(request.get_ref()).map(Response::new).map_err(from_error)
}

fn answer(request: &pb::PlanGoalRequest) -> Result<pb::PlanGoalResponse, Error> {
    let mut check = Violations::new();
    let revenue = required(&mut check, "revenue", request.revenue.as_ref());
    let currency = revenue.map(|revenue| revenue.currency());
    let deal_value = in_currency(&mut check, "deal_value", request.deal_value.as_ref(), currency);
    let classes = classes(&mut check, &request.mix, currency);
    let given = request.plan.as_ref().map(given_plan);
    let goal = Goal {
        revenue: amount(revenue),
        deal_value: amount(deal_value),
        sql_to_deal: request.sql_to_deal.clone(),
        mql_to_sql: request.mql_to_sql.clone(),
        lead_to_mql: optional(&request.lead_to_mql),
        visit_to_lead: optional(&request.visit_to_lead),
    };
    let closing = note(&mut check, steps(&goal));
    // A goal that is at fault has been noted, and is not noted twice.
    let towards = if closing.is_some() { goal.revenue.as_str() } else { "1" };
    let mix = (!classes.is_empty()).then(|| note(&mut check, plan::mix(towards, &classes))).flatten();
    check.finish()?;
    if let Some(given) = given {
        check_closure(&goal, &given)?;
    }

    let steps = closing.unwrap_or_default();
    let steps = FIGURES.iter().zip(&steps).map(|(figure, step)| to_step(figure, step));
    let steps = steps.collect::<Result<Vec<_>, _>>()?;
    let count = |place: usize| steps.get(place).map(|step: &pb::PlanStep| step.count);
    Ok(pb::PlanGoalResponse {
        plan: Some(pb::FunnelPlan {
            deal_count: count(0).unwrap_or_default(),
            sql_count: count(1).unwrap_or_default(),
            mql_count: count(2).unwrap_or_default(),
            lead_count: count(3),
            visit_count: count(4),
        }),
        mix: mix.as_ref().map(to_outcome).transpose()?,
        definition: definitions(&[Metric::M19]).pop(),
        steps,
    })
}

/// An amount that must be given. Whether it is more than zero is for the domain to say.
fn required(check: &mut Violations, field: &str, money: Option<&common::Money>) -> Option<Money> {
    check.check(money.is_some(), field, "is required");
    check.money(field, money)
}

/// An amount that must be given, in this currency.
fn in_currency(
    check: &mut Violations,
    field: &str,
    money: Option<&common::Money>,
    currency: Option<Currency>,
) -> Option<Money> {
    let money = required(check, field, money)?;
    if let Some(currency) = currency.filter(|currency| *currency != money.currency()) {
        let found = format!("is {}, and the goal is in {currency}: no rate is known here", money.currency());
        check.add(format!("{field}.currency_code"), found);
    }
    Some(money)
}

/// As the domain reads it. What is missing has been noted: it goes on as an amount that is none of the domain's faults.
fn amount(money: Option<Money>) -> String {
    money.map_or_else(|| "1".to_owned(), |money| money.amount().to_string())
}

fn optional(rate: &str) -> Option<String> {
    (!rate.is_empty()).then(|| rate.to_owned())
}

fn classes(check: &mut Violations, mix: &[pb::MixClass], currency: Option<Currency>) -> Vec<Class> {
    check.check(mix.len() <= CLASSES_MAX, "mix", "has more than 100 classes");
    let class = |(index, class): (usize, &pb::MixClass)| {
        let lead_count = u64::try_from(class.lead_count);
        check.check(lead_count.is_ok(), &format!("mix[{index}].lead_count"), "is negative");
        let field = format!("mix[{index}].deal_value");
        let deal_value = in_currency(check, &field, class.deal_value.as_ref(), currency);
        Class {
            lead_count: lead_count.unwrap_or_default(),
            lead_to_deal: class.lead_to_deal.clone(),
            deal_value: amount(deal_value),
        }
    };
    mix.iter().take(CLASSES_MAX).enumerate().map(class).collect()
}

fn given_plan(plan: &pb::FunnelPlan) -> Plan {
    Plan {
        deals: plan.deal_count.into(),
        sqls: plan.sql_count.into(),
        mqls: plan.mql_count.into(),
        leads: plan.lead_count.map(Into::into),
        visits: plan.visit_count.map(Into::into),
    }
}

/// What the domain found, or its faults beside those that were noted before.
fn note<T>(check: &mut Violations, found: Result<T, Error>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(Error::Invalid(faults)) => {
            check.extend(faults);
            None
        }
        Err(_) => None,
    }
}

fn to_step(figure: &str, step: &Step) -> Result<pb::PlanStep, Error> {
    let count = i64::try_from(&step.count)
        .map_err(|_| Error::invalid("revenue", format!("takes a {figure} that does not fit 64 bits")))?;
    let decimal = |number: &_| to_decimal(number).ok_or(Error::Internal);
    Ok(pb::PlanStep {
        figure: figure.to_owned(),
        count,
        needed: decimal(&step.needed)?,
        each: decimal(&step.each)?,
        reached: decimal(&step.reached())?,
        reached_by_one_less: decimal(&step.reached_by_one_less())?,
    })
}

fn to_outcome(mix: &plan::Mix) -> Result<pb::MixOutcome, Error> {
    // Products and differences of finite decimals are such.
    let decimal = |number: &_| to_decimal(number).ok_or(Error::Internal);
    Ok(pb::MixOutcome { expected: decimal(&mix.expected)?, gap: decimal(&mix.gap)?, closes: mix.closes() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_has_100_classes_and_not_one_more() {
        let faults = |number: usize| {
            let mut check = Violations::new();
            let deal_value = common::Money { currency_code: "EUR".into(), units: 1, nanos: 0 };
            let class =
                pb::MixClass { lead_count: 1, lead_to_deal: "0.5".into(), deal_value: Some(deal_value) };
            let read = classes(&mut check, &vec![class; number], "EUR".parse().ok());
            (read.len(), check.finish())
        };
        assert_eq!(faults(100), (100, Ok(())));
        let (kept, refused) = faults(101);
        let Err(Error::Invalid(found)) = refused else { panic!("{refused:?}") };
        assert_eq!((kept, found.len(), found[0].field.as_str()), (100, 1, "mix"));
    }
}
