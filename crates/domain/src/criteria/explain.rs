//! The fit of a profile, with a line for every criterion. The lines hold personal values: they are shown to whoever may
//! see the lead, and are neither logged nor kept.

use std::fmt::Write;

use chrono::NaiveDate;

use super::judge::{Judgement, judge};
use super::{CriteriaSet, Criterion, OnUnknown, Role};
use crate::money::Currency;
use crate::points::Points;
use crate::predicate::{Answer, Predicate};
use crate::profile::{AttributeKey, Profile};
use crate::rates::Rates;
use crate::value::Value;

/// How well a profile fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// A line for every criterion, in their order.
    pub lines: Vec<Line>,
    /// The sum of those of the lines.
    pub points: Points,
    /// Whether nothing stands in the way of becoming an MQL.
    pub gates_hold: bool,
    /// The criteria that do stand in the way, by key: a GATE without a match, or an UNKNOWN answer that blocks.
    pub blocked_by: Vec<String>,
    /// The attributes whose absence, age or currency left an answer UNKNOWN, each once.
    pub missing: Vec<AttributeKey>,
}

/// What one criterion says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The criterion's key.
    pub criterion: String,
    /// What people call it.
    pub label: String,
    /// What it asks about.
    pub attribute: AttributeKey,
    /// The answer.
    pub answer: Answer,
    /// The value as text, if there is one.
    pub value: Option<String>,
    /// What it gives or takes.
    pub points: Points,
    /// Whether it stands in the way of becoming an MQL.
    pub blocks: bool,
    /// Whether the attribute is legally sensitive; `why` says so too (slip 6).
    pub sensitive: bool,
    /// Why, as a sentence.
    pub why: String,
}

/// The fit of a profile on a day, explained.
pub fn evaluate(set: &CriteriaSet, profile: &Profile, rates: &Rates, day: NaiveDate) -> Fit {
    let mut fit = Fit {
        lines: Vec::new(),
        points: Points::ZERO,
        gates_hold: true,
        blocked_by: Vec::new(),
        missing: Vec::new(),
    };
    for criterion in &set.criteria {
        let judgement = judge(criterion, profile, rates, day);
        fit.points = fit.points + judgement.points;
        if judgement.blocks {
            fit.gates_hold = false;
            fit.blocked_by.push(criterion.key.clone());
        }
        if judgement.answer == Answer::Unknown && !fit.missing.contains(&criterion.attribute) {
            fit.missing.push(criterion.attribute.clone());
        }
        fit.lines.push(line(criterion, &judgement, rates, day));
    }
    fit
}

fn line(criterion: &Criterion, judgement: &Judgement<'_>, rates: &Rates, day: NaiveDate) -> Line {
    let mut why = reason(criterion, judgement, rates, day);
    why.push_str(": ");
    why.push_str(&consequence(criterion, judgement));
    if criterion.sensitive {
        why.push_str(" (a sensitive attribute)");
    }
    Line {
        criterion: criterion.key.clone(),
        label: criterion.label.clone(),
        attribute: criterion.attribute.clone(),
        answer: judgement.answer,
        value: judgement.attribute.map(|attribute| attribute.value.to_text()),
        points: judgement.points,
        blocks: judgement.blocks,
        sensitive: criterion.sensitive,
        why,
    }
}

fn reason(criterion: &Criterion, judgement: &Judgement<'_>, rates: &Rates, day: NaiveDate) -> String {
    let predicate = &criterion.predicate;
    let Some(attribute) = judgement.attribute else { return "not known".to_owned() };
    let mut text = attribute.value.to_text();
    // Nothing that is written to a text fails.
    let _ = match (judgement.answer, judgement.is_stale) {
        (Answer::Match, _) => write!(text, ", which {predicate}"),
        (Answer::NoMatch, _) => write!(text, ", and only what {predicate} matches"),
        (Answer::Unknown, true) => {
            let months = criterion.max_age_months.unwrap_or_default();
            let plural = if months == 1 { "" } else { "s" };
            match attribute.verified_at.map(|at| at.date_naive()) {
                Some(on) => write!(text, ", last verified {on}, older than {months} month{plural}"),
                None => write!(text, ", never verified, and asked for not older than {months} month{plural}"),
            }
        }
        (Answer::Unknown, false) => match missing_rate(&attribute.value, predicate, rates, day) {
            Some((from, to)) => write!(text, ", without a rate from {from} to {to} of {day} or before"),
            None => write!(text, ", of which nobody can say whether it {predicate}"),
        },
    };
    text
}

/// The pair of currencies that has no rate, if that is why an amount cannot be compared (edge case 32).
fn missing_rate(
    value: &Value,
    predicate: &Predicate,
    rates: &Rates,
    day: NaiveDate,
) -> Option<(Currency, Currency)> {
    let from = value.currency()?;
    predicate.currencies().find(|to| rates.on(from, *to, day).is_none()).map(|to| (from, to))
}

fn consequence(criterion: &Criterion, judgement: &Judgement<'_>) -> String {
    let points = judgement.points;
    match (judgement.answer, criterion.role, criterion.on_unknown) {
        (Answer::Match, Role::Gate, _) => "the gate holds".to_owned(),
        (Answer::NoMatch, Role::Gate, _) => "the gate does not hold".to_owned(),
        (Answer::Match | Answer::NoMatch, Role::Weighted { .. }, _) => format!("{points} points"),
        (Answer::Unknown, Role::Gate, OnUnknown::Neutral) => "the gate lets it pass".to_owned(),
        (Answer::Unknown, Role::Weighted { .. }, OnUnknown::Neutral) => "neutral, 0 points".to_owned(),
        (Answer::Unknown, _, OnUnknown::Block) => "blocks until it is known".to_owned(),
        (Answer::Unknown, Role::Gate, OnUnknown::Penalise { .. }) => {
            format!("the gate lets it pass at {points} points")
        }
        (Answer::Unknown, Role::Weighted { .. }, OnUnknown::Penalise { .. }) => format!("{points} points"),
    }
}
