//! The score, rule by rule and day by day.

use std::cmp::Reverse;

use chrono::NaiveDate;

use super::Score;
use crate::points::Points;
use crate::score::{Bounds, Engagement, Line, Rule, Scorer, Subject};

/// A summand of the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreLine {
    /// The word for what it is: `RULE`, `RULE_CAP`, `TOTAL_FLOOR`.
    pub kind: &'static str,
    /// The key of the rule or the group, the place of an adjustment in the engagement, nothing for the whole.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// What it gives or takes.
    pub points: Points,
    /// Why, as a sentence.
    pub why: String,
    /// The days of a rule's activities, the latest first; their points add up to the line's.
    pub days: Vec<DayLine>,
}

/// What a rule makes of a day's activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayLine {
    /// The local date.
    pub date: NaiveDate,
    /// How many days ago it was; none if it is still to come, and counts nothing yet (NOT_YET).
    pub age: Option<u32>,
    /// How many activities count, or will.
    pub counted: u32,
    /// How many do not because of the repeat cap (REPEAT_CAP).
    pub repeated: u32,
    /// What is left of their points.
    pub points: Points,
}

impl Score {
    pub(super) fn of(scorer: &Scorer, engagement: &Engagement, day: NaiveDate) -> Self {
        let thresholds = scorer.model().thresholds;
        // A rule with its own limit, by which the rule's place among the rules is not changed.
        let mut rules: Vec<Vec<ScoreLine>> = Vec::new();
        let (mut adjustments, mut groups, mut whole) = (Vec::new(), Vec::new(), Vec::new());
        for line in scorer.explain(engagement, day) {
            let told = tell(scorer, engagement, day, &line);
            match line.subject {
                Subject::Rule { .. } => rules.push(vec![told]),
                Subject::RuleCap(_) | Subject::RuleFloor(_) => {
                    rules.last_mut().expect("the line of its rule stands before").push(told);
                }
                Subject::Adjustment { .. } => adjustments.push(told),
                Subject::GroupCap(_) | Subject::GroupFloor(_) => groups.push(told),
                Subject::TotalCap | Subject::TotalFloor => whole.push(told),
            }
        }
        rules.sort_by_key(|lines| Reverse(lines[0].points.milli().unsigned_abs()));
        let lines: Vec<ScoreLine> =
            rules.into_iter().flatten().chain(adjustments).chain(groups).chain(whole).collect();
        let points = lines.iter().map(|line| line.points).sum();
        Self { points, up: thresholds.up, down: thresholds.down, lines }
    }
}

fn tell(scorer: &Scorer, engagement: &Engagement, day: NaiveDate, line: &Line<'_>) -> ScoreLine {
    let Line { points, subject } = *line;
    let mut days = Vec::new();
    let whole = scorer.model().total;
    let (key, label, why) = match subject {
        Subject::Rule { rule, counted, undecayed, .. } => {
            days = days_of(scorer, engagement, day, rule);
            (rule.key.clone(), rule.label.clone(), why_rule(&days, counted, undecayed, points))
        }
        Subject::RuleCap(rule) => (rule.key.clone(), rule.label.clone(), at_most("the rule", rule.bounds)),
        Subject::RuleFloor(rule) => (rule.key.clone(), rule.label.clone(), at_least("the rule", rule.bounds)),
        Subject::GroupCap(group) => {
            (group.key.clone(), group.label.clone(), at_most("the group", group.bounds))
        }
        Subject::GroupFloor(group) => {
            (group.key.clone(), group.label.clone(), at_least("the group", group.bounds))
        }
        Subject::Adjustment { index, undecayed, not_yet } => {
            let why = if not_yet { "not yet".to_owned() } else { what_is_left(undecayed, points) };
            (index.to_string(), "Adjustment by hand".to_owned(), why)
        }
        Subject::TotalCap => (String::new(), "The whole score".to_owned(), at_most("the score", whole)),
        Subject::TotalFloor => (String::new(), "The whole score".to_owned(), at_least("the score", whole)),
    };
    ScoreLine { kind: subject.as_str(), key, label, points, why, days }
}

fn days_of(scorer: &Scorer, engagement: &Engagement, day: NaiveDate, rule: &Rule) -> Vec<DayLine> {
    let index = scorer.index_of(&rule.key);
    let rows = engagement.rows().iter().rev().filter(|row| Some(row.rule()) == index);
    let tell = |row: &crate::score::Row| {
        let age = u32::try_from((day - row.date()).num_days()).ok();
        let counted = row.count().min(rule.repeat_cap.unwrap_or(u32::MAX));
        let left = age.map_or(Points::ZERO, |age| rule.decay.left(rule.points, age));
        let (repeated, points) = (row.count() - counted, left.times(counted));
        DayLine { date: row.date(), age, counted, repeated, points }
    };
    rows.map(tell).collect()
}

/// `3 counted, the latest 5 days ago: 30 of 90 points are left; 2 over the repeat cap of their day; 1 not yet`.
fn why_rule(days: &[DayLine], counted: u64, undecayed: Points, points: Points) -> String {
    let mut parts = Vec::new();
    if let Some(latest) = days.iter().find_map(|day| day.age) {
        let ago = match latest {
            0 => "today".to_owned(),
            1 => "yesterday".to_owned(),
            days => format!("{days} days ago"),
        };
        parts.push(format!("{counted} counted, the latest {ago}: {}", what_is_left(undecayed, points)));
    }
    let past = days.iter().filter(|day| day.age.is_some());
    let repeated: u64 = past.map(|day| u64::from(day.repeated)).sum();
    if repeated > 0 {
        parts.push(format!("{repeated} over the repeat cap of their day"));
    }
    let ahead = days.iter().filter(|day| day.age.is_none());
    let not_yet: u64 = ahead.map(|day| u64::from(day.counted) + u64::from(day.repeated)).sum();
    if not_yet > 0 {
        parts.push(format!("{not_yet} not yet"));
    }
    if parts.is_empty() { "nothing that it counts".to_owned() } else { parts.join("; ") }
}

fn what_is_left(undecayed: Points, points: Points) -> String {
    if undecayed == points {
        format!("{points} points")
    } else {
        format!("{points} of {undecayed} points are left")
    }
}

fn at_most(what: &str, bounds: Bounds) -> String {
    format!("{what} gives no more than {} points", bounds.cap.unwrap_or_default())
}

fn at_least(what: &str, bounds: Bounds) -> String {
    format!("{what} gives no less than {} points", bounds.floor.unwrap_or_default())
}
