//! A scoring model that is ready to be asked: which rules count an activity, and what an engagement is worth on a day.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::decay::Curve;
use super::engagement::{Adjustment, Day, Engagement, Row, RuleIndex};
use super::scoring_model::{Bounds, Filter, Group, Rule, ScoringModel};
use crate::error::Error;
use crate::money::Currency;
use crate::points::Points;
use crate::predicate::Answer;
use crate::value::Value;

/// A valid model, laid out for being asked.
#[derive(Debug, Clone)]
pub struct Scorer {
    /// In canonical order.
    model: ScoringModel,
    /// In the order of the model's rules.
    pub(super) weights: Vec<Weight>,
    /// The rules without a group first, then those of each of the model's groups.
    pub(super) spans: Vec<Span>,
    rules_by_type: BTreeMap<String, Vec<RuleIndex>>,
}

/// What of a rule is needed to score.
#[derive(Debug, Clone)]
pub(super) struct Weight {
    pub(super) points: Points,
    pub(super) curve: Curve,
    pub(super) repeat_cap: u32,
    bounds: Bounds,
}

/// The rules of a group.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) rules: Range<usize>,
    pub(super) bounds: Bounds,
}

impl Scorer {
    /// The scorer of a model.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation, as [`ScoringModel::validate`].
    pub fn new(model: ScoringModel) -> Result<Self, Error> {
        model.validate()?;
        let model = model.canonical();
        let span = |group: Option<&Group>| {
            let key = group.map(|group| &group.key);
            let start = model.rules.partition_point(|rule| rule.group.as_ref() < key);
            let end = model.rules.partition_point(|rule| rule.group.as_ref() <= key);
            Span { rules: start..end, bounds: group.map_or_else(Bounds::default, |group| group.bounds) }
        };
        let spans = [None].into_iter().chain(model.groups.iter().map(Some)).map(span).collect();
        let weight = |rule: &Rule| Weight {
            points: rule.points,
            curve: Curve::new(rule.decay),
            repeat_cap: rule.repeat_cap.unwrap_or(u32::MAX),
            bounds: rule.bounds,
        };
        let weights = model.rules.iter().map(weight).collect();
        let mut rules_by_type: BTreeMap<String, Vec<RuleIndex>> = BTreeMap::new();
        for (index, rule) in (0..).map(RuleIndex).zip(&model.rules) {
            for kind in &rule.types {
                rules_by_type.entry(kind.clone()).or_default().push(index);
            }
        }
        Ok(Self { model, weights, spans, rules_by_type })
    }

    /// The types of activities of which it matters what their properties are.
    pub fn kinds_by_properties(&self) -> BTreeSet<&str> {
        let filtered = self.model.rules.iter().filter(|rule| !rule.filters.is_empty());
        filtered.flat_map(|rule| rule.types.iter().map(String::as_str)).collect()
    }

    /// The model, in canonical order.
    pub fn model(&self) -> &ScoringModel {
        &self.model
    }

    /// The rule at a place.
    pub fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.model.rules.get(usize::from(index.0))
    }

    /// The place of the rule with this key.
    pub fn index_of(&self, key: &str) -> Option<RuleIndex> {
        (0..).map(RuleIndex).zip(&self.model.rules).find(|(_, rule)| rule.key == key).map(|(index, _)| index)
    }

    /// The rules that count an activity of a type with these properties; `rate` is how much of the second currency one
    /// unit of the first is worth. This is settled when the activity is recorded: one count more for each of them.
    pub fn counting<'a>(
        &'a self,
        kind: &str,
        properties: &'a BTreeMap<String, String>,
        rate: &'a dyn Fn(Currency, Currency) -> Option<Decimal>,
    ) -> impl Iterator<Item = RuleIndex> + 'a {
        let rules = self.rules_by_type.get(kind).map_or(&[][..], Vec::as_slice);
        rules.iter().copied().filter(move |index| {
            let filters = &self.model.rules[usize::from(index.0)].filters;
            filters.iter().all(|filter| filter.answer(properties, rate) == Answer::Match)
        })
    }

    /// The types of activities that count for anything, each once.
    pub fn kinds(&self) -> BTreeSet<&str> {
        let kinds = self.rules_by_type.keys().chain(&self.model.fast_track);
        kinds.map(String::as_str).collect()
    }

    /// Whether an activity of this type needs the gates only.
    pub fn is_fast_track(&self, kind: &str) -> bool {
        self.model.fast_track.contains(kind)
    }

    /// What the lead's behaviour is worth on a local day. Rows of rules that the model does not have count nothing.
    pub fn behaviour(&self, engagement: &Engagement, day: NaiveDate) -> Points {
        let today = Day::of(day);
        self.total(engagement, |_, day| today.since(day))
    }

    /// The score if what happened on a day is as old as `age` says, given whether its points are negative; what has no
    /// age counts nothing. Allocates nothing, and looks at each row once.
    #[inline]
    pub(super) fn total(&self, engagement: &Engagement, age: impl Fn(bool, Day) -> Option<u32>) -> Points {
        let mut rows = engagement.rows();
        let mut total = Points::ZERO;
        for span in &self.spans {
            let mut group = Points::ZERO;
            for index in span.rules.clone() {
                let weight = &self.weights[index];
                let given = weight.given(take_rule(&mut rows, index), &age);
                group = group + weight.bounds.clamp(given);
            }
            total = total + span.bounds.clamp(group);
        }
        let adjustments = engagement.adjustments();
        total = adjustments.iter().fold(total, |total, adjustment| total + adjustment.given(&age));
        self.model.total.clamp(total)
    }
}

impl Filter {
    /// What the predicate says of the property; UNKNOWN of a text that is no value of its type.
    fn answer(
        &self,
        properties: &BTreeMap<String, String>,
        rate: &dyn Fn(Currency, Currency) -> Option<Decimal>,
    ) -> Answer {
        let text = properties.get(&self.property);
        match text.map(|text| Value::parse(self.of, text)) {
            Some(Err(_)) => Answer::Unknown,
            value => self.predicate.test(value.and_then(Result::ok).as_ref(), rate),
        }
    }
}

/// Takes the rows of the rule at `index` from the front of `rows`, which start with that rule or a later one.
#[inline]
pub(super) fn take_rule<'a>(rows: &mut &'a [Row], index: usize) -> &'a [Row] {
    let end = rows.iter().position(|row| usize::from(row.rule.0) != index).unwrap_or(rows.len());
    let (taken, rest) = rows.split_at(end);
    *rows = rest;
    taken
}

impl Weight {
    /// What the rule's rows give before its limits: for each, how many count times what is left of one's points.
    #[inline]
    fn given(&self, rows: &[Row], age: impl Fn(bool, Day) -> Option<u32>) -> Points {
        let is_negative = self.points < Points::ZERO;
        rows.iter().fold(Points::ZERO, |given, row| match age(is_negative, row.day) {
            Some(age) => given + self.curve.left(self.points, age).times(row.count.min(self.repeat_cap)),
            None => given,
        })
    }
}

impl Adjustment {
    /// What the adjustment gives.
    #[inline]
    fn given(&self, age: impl Fn(bool, Day) -> Option<u32>) -> Points {
        let age = age(self.points < Points::ZERO, self.day);
        age.map_or(Points::ZERO, |age| self.decay.left(self.points, age))
    }
}
