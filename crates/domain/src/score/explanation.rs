//! Why a score is what it is: lines that add up to it exactly.

use chrono::NaiveDate;

use super::engagement::{Day, Engagement, Row};
use super::scorer::{Scorer, Weight, take_rule};
use super::scoring_model::{Bounds, Group, Rule};
use crate::points::Points;

/// One summand of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// What it gives or takes.
    pub points: Points,
    /// What does.
    pub subject: Subject<'a>,
}

/// What gives or takes points. Every rule has a line, even one that counted nothing; a cap or a floor has one where it
/// changes the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// What a rule's activities give before its limits.
    Rule {
        /// The rule.
        rule: &'a Rule,
        /// How many activities it counted, those that faded to nothing included.
        counted: u64,
        /// How many it did not because of the repeat cap of their day (REPEAT_CAP).
        repeated: u64,
        /// How many lie after the day (NOT_YET).
        not_yet: u64,
        /// What the counted ones gave on their days: what is left of it is the line's points.
        undecayed: Points,
    },
    /// What is over the cap of a rule.
    RuleCap(&'a Rule),
    /// What is missing to the floor of a rule.
    RuleFloor(&'a Rule),
    /// What is over the cap of a group.
    GroupCap(&'a Group),
    /// What is missing to the floor of a group.
    GroupFloor(&'a Group),
    /// An adjustment by hand.
    Adjustment {
        /// Its place in the engagement.
        index: usize,
        /// What it gave on its day.
        undecayed: Points,
        /// Whether it lies after the day (NOT_YET).
        not_yet: bool,
    },
    /// What is over the cap of the whole.
    TotalCap,
    /// What is missing to the floor of the whole.
    TotalFloor,
}

impl Subject<'_> {
    /// The word for it on the wire and in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Rule { .. } => "RULE",
            Self::RuleCap(_) => "RULE_CAP",
            Self::RuleFloor(_) => "RULE_FLOOR",
            Self::GroupCap(_) => "GROUP_CAP",
            Self::GroupFloor(_) => "GROUP_FLOOR",
            Self::Adjustment { .. } => "ADJUSTMENT",
            Self::TotalCap => "TOTAL_CAP",
            Self::TotalFloor => "TOTAL_FLOOR",
        }
    }
}

impl Scorer {
    /// The lines of the score that [`Self::behaviour`] gives: by group, then by rule, then adjustments, then the whole.
    pub fn explain(&self, engagement: &Engagement, day: NaiveDate) -> Vec<Line<'_>> {
        let today = Day::of(day);
        let mut rows = engagement.rows();
        let mut lines = Vec::with_capacity(self.weights.len() + engagement.adjustments().len() + 1);
        let mut total = Points::ZERO;
        // The first span is that of the rules without a group, which no bounds limit.
        let groups = [None].into_iter().chain(self.model().groups.iter().map(Some));
        for (span, group) in self.spans.iter().zip(groups) {
            let mut sum = Points::ZERO;
            for index in span.rules.clone() {
                let rule = &self.model().rules[index];
                let line = rule_line(rule, &self.weights[index], take_rule(&mut rows, index), today);
                lines.push(line);
                let (cap, floor) = (Subject::RuleCap(rule), Subject::RuleFloor(rule));
                sum = sum + limit(&mut lines, rule.bounds, line.points, cap, floor);
            }
            total = total
                + group.map_or(sum, |group| {
                    let (cap, floor) = (Subject::GroupCap(group), Subject::GroupFloor(group));
                    limit(&mut lines, group.bounds, sum, cap, floor)
                });
        }
        for (index, adjustment) in engagement.adjustments().iter().enumerate() {
            let age = today.since(adjustment.day);
            let points = age.map_or(Points::ZERO, |age| adjustment.decay.left(adjustment.points, age));
            let undecayed = age.map_or(Points::ZERO, |_| adjustment.points);
            let subject = Subject::Adjustment { index, undecayed, not_yet: age.is_none() };
            lines.push(Line { points, subject });
            total = total + points;
        }
        limit(&mut lines, self.model().total, total, Subject::TotalCap, Subject::TotalFloor);
        lines
    }
}

fn rule_line<'a>(rule: &'a Rule, weight: &Weight, rows: &[Row], today: Day) -> Line<'a> {
    let (mut points, mut undecayed) = (Points::ZERO, Points::ZERO);
    let (mut counted, mut repeated, mut not_yet) = (0, 0, 0);
    for row in rows {
        let Some(age) = today.since(row.day) else {
            not_yet += u64::from(row.count);
            continue;
        };
        let counts = row.count.min(weight.repeat_cap);
        counted += u64::from(counts);
        repeated += u64::from(row.count - counts);
        points = points + weight.curve.left(rule.points, age).times(counts);
        undecayed = undecayed + rule.points.times(counts);
    }
    Line { points, subject: Subject::Rule { rule, counted, repeated, not_yet, undecayed } }
}

/// `sum` within its bounds, with a line for what they change.
fn limit<'a>(
    lines: &mut Vec<Line<'a>>,
    bounds: Bounds,
    sum: Points,
    cap: Subject<'a>,
    floor: Subject<'a>,
) -> Points {
    let limited = bounds.clamp(sum);
    if limited != sum {
        lines.push(Line { points: limited - sum, subject: if limited < sum { cap } else { floor } });
    }
    limited
}
