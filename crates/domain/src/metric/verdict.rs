//! M9: does sales keep the target? The velocity of the MQL stage against the target of its DECIDE clock.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::Span;
use super::clock::{ClockFact, ClockKind};
use super::exact::Exact;
use super::fact::HandoffFact;
use super::ruler::{Logged, Ruler};
use super::velocity::{Velocity, VelocityQuery, velocity};
use crate::calendar::Calendar;
use crate::id::HandoffId;
use crate::target::Target;

/// Which figure of the velocity is held against the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Statistic {
    /// The mean, as the sources have it.
    #[default]
    Mean,
    /// The 90th percentile: what nearly every lead can count on.
    P90,
}

/// A figure against a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// ADHERING: the figure is no more than the target. Otherwise NOT_ADHERING.
    pub is_adhering: bool,
    /// Figure ÷ target − 1; negative below the target. Two days against three: 1/2. None for a target of zero.
    pub overshoot: Option<Exact>,
}

/// Holds a figure against a target in the same unit.
pub fn judge(figure: Exact, target: Exact) -> Judgement {
    Judgement { is_adhering: figure <= target, overshoot: figure.excess_over(target) }
}

/// The verdict on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The target; its unit is the unit of everything here.
    pub target: Target,
    /// The velocity of the hand-overs that this target was in force for.
    pub velocity: Velocity,
    /// The statistic that was asked for; none without samples.
    pub figure: Option<Exact>,
    /// The verdict on it; none without samples.
    pub judgement: Option<Judgement>,
}

/// What a verdict needs besides the facts.
#[derive(Debug, Clone, Copy)]
pub struct VerdictQuery<'a> {
    /// The period: hand-overs decided in it.
    pub span: &'a Span,
    /// Which figure is judged.
    pub statistic: Statistic,
    /// For targets in business units, where no clock logged the time.
    pub calendar: &'a Calendar,
    /// The instant of the facts.
    pub as_of: DateTime<Utc>,
}

/// M9: one verdict for each target that was in force for a hand-over decided in the span, or waiting in it, shortest
/// first within a unit. A hand-over whose clock was set anew under another target counts for the last one.
pub fn verdicts<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact, IntoIter: Clone>,
    clocks: impl IntoIterator<Item = &'a ClockFact, IntoIter: Clone>,
    query: &VerdictQuery<'_>,
) -> Vec<Verdict> {
    let (facts, clocks) = (facts.into_iter(), clocks.into_iter());
    let logged: Logged<'_> = clocks.clone().collect();
    let mut latest = HashMap::<HandoffId, &ClockFact>::new();
    for clock in clocks.filter(|clock| clock.kind == ClockKind::Decide) {
        let last = latest.entry(clock.handoff).or_insert(clock);
        if (clock.started_at, clock.clock) > (last.started_at, last.clock) {
            *last = clock;
        }
    }
    let target_of = |fact: &HandoffFact| Some(latest.get(&fact.handoff?)?.target);
    let targets: HashSet<Target> = facts.clone().filter_map(target_of).collect();
    let mut targets: Vec<Target> = targets.into_iter().collect();
    targets.sort_unstable_by_key(|target| (target.unit(), amount(*target)));
    let verdict = |target: Target| {
        let velocity = velocity(
            facts.clone().filter(|fact| target_of(fact) == Some(target)),
            &logged,
            &VelocityQuery::mql_stage(query.span, ruler(target, query.calendar), query.as_of),
        );
        let figure = match query.statistic {
            Statistic::Mean => velocity.mean,
            Statistic::P90 => velocity.p90,
        };
        let judgement = figure.map(|figure| judge(figure, Exact::whole(amount(target))));
        let is_in_force = velocity.n + velocity.invalid_n + velocity.open.n > 0;
        is_in_force.then_some(Verdict { target, velocity, figure, judgement })
    };
    targets.into_iter().filter_map(verdict).collect()
}

/// The target as the ruler of its unit measures it: microseconds, or business days.
fn amount(target: Target) -> i64 {
    match target {
        Target::Business(time) | Target::Calendar(time) => time.num_microseconds().unwrap_or(i64::MAX),
        Target::BusinessDays(days) => i64::from(days),
    }
}

fn ruler(target: Target, calendar: &Calendar) -> Ruler<'_> {
    match target {
        Target::Business(_) => Ruler::Business(calendar),
        Target::Calendar(_) => Ruler::Calendar,
        Target::BusinessDays(_) => Ruler::BusinessDays(calendar),
    }
}
