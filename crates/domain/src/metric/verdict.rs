//! M9: does sales keep the target? The velocity of the MQL stage against the target of its DECIDE clock.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::clock::{ClockFact, ClockKind};
use super::exact::Exact;
use super::fact::HandoffFact;
use super::ruler::{Logged, Ruler};
use super::velocity::{Velocity, VelocityQuery, Waiting, velocity_beside};
use super::{Basis, Span};
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
    /// The period.
    pub span: &'a Span,
    /// PERIOD: hand-overs decided in it. COHORT: those that became an MQL in it.
    pub basis: Basis,
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
    let in_force: InForce = clocks.clone().collect();
    let waiting = in_force.waiting(facts.clone(), query.calendar, query.as_of);
    verdicts_beside(facts, &clocks.collect(), &in_force, &waiting, query)
}

/// M9 of hand-overs beside others that wait: who waits is counted from `waiting` and not from the facts.
pub fn verdicts_beside<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact>,
    logged: &Logged,
    in_force: &InForce,
    waiting: &BTreeMap<ByLength, Waiting>,
    query: &VerdictQuery<'_>,
) -> Vec<Verdict> {
    let mut groups = BTreeMap::<ByLength, Vec<&HandoffFact>>::new();
    for fact in facts {
        if let Some(target) = in_force.target_of(fact) {
            groups.entry(ByLength(target)).or_default().push(fact);
        }
    }
    for target in waiting.iter().filter(|(_, it)| it.is_any(query.span, query.basis)).map(|(it, _)| *it) {
        groups.entry(target).or_default();
    }
    let nobody = Waiting::default();
    let verdict = |(ByLength(target), facts): (ByLength, Vec<&HandoffFact>)| {
        let ruler = ruler(target, query.calendar);
        let velocity_query =
            VelocityQuery { basis: query.basis, ..VelocityQuery::mql_stage(query.span, ruler, query.as_of) };
        let waiting = waiting.get(&ByLength(target)).unwrap_or(&nobody);
        Verdict::of(target, velocity_beside(facts, waiting, logged, &velocity_query), query.statistic)
    };
    groups.into_iter().filter_map(verdict).collect()
}

impl Verdict {
    /// The verdict on a velocity in the target's unit; none where the target was in force for nobody.
    pub fn of(target: Target, velocity: Velocity, statistic: Statistic) -> Option<Self> {
        let figure = match statistic {
            Statistic::Mean => velocity.mean,
            Statistic::P90 => velocity.p90,
        };
        let judgement = figure.map(|figure| judge(figure, Exact::whole(amount(target))));
        let is_in_force = velocity.n + velocity.invalid_n + velocity.open.n > 0;
        is_in_force.then_some(Self { target, velocity, figure, judgement })
    }
}

/// The target that was in force for each hand-over: that of the DECIDE clock which was set last.
#[derive(Debug, Default)]
pub struct InForce(HashMap<HandoffId, Target>);

impl<'a> FromIterator<&'a ClockFact> for InForce {
    fn from_iter<I: IntoIterator<Item = &'a ClockFact>>(clocks: I) -> Self {
        let mut latest = HashMap::<HandoffId, &ClockFact>::new();
        for clock in clocks.into_iter().filter(|clock| clock.kind == ClockKind::Decide) {
            let last = latest.entry(clock.handoff).or_insert(clock);
            if (clock.started_at, clock.clock) > (last.started_at, last.clock) {
                *last = clock;
            }
        }
        Self(latest.into_iter().map(|(handoff, clock)| (handoff, clock.target)).collect())
    }
}

impl InForce {
    /// The target of a hand-over; none without a clock.
    pub fn target_of(&self, fact: &HandoffFact) -> Option<Target> {
        self.0.get(&fact.handoff?).copied()
    }

    /// Those who wait for a decision, by their target.
    pub fn waiting<'f>(
        &self,
        facts: impl IntoIterator<Item = &'f HandoffFact>,
        calendar: &Calendar,
        as_of: DateTime<Utc>,
    ) -> BTreeMap<ByLength, Waiting> {
        let mut groups = BTreeMap::<ByLength, Vec<&HandoffFact>>::new();
        for fact in facts {
            if let Some(target) = self.target_of(fact) {
                groups.entry(ByLength(target)).or_default().push(fact);
            }
        }
        let ever = DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC;
        let waiting = groups.into_iter().map(|(ByLength(target), facts)| {
            let query = VelocityQuery::mql_stage(&ever, ruler(target, calendar), as_of);
            (ByLength(target), Waiting::of(facts, &query))
        });
        waiting.collect()
    }
}

/// A target in the order of verdicts: by unit, and the shortest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByLength(pub Target);

impl Ord for ByLength {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.unit(), amount(self.0)).cmp(&(other.0.unit(), amount(other.0)))
    }
}

impl PartialOrd for ByLength {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The target as the ruler of its unit measures it: microseconds, or business days.
fn amount(target: Target) -> i64 {
    match target {
        Target::Business(time) | Target::Calendar(time) => time.num_microseconds().unwrap_or(i64::MAX),
        Target::BusinessDays(days) => i64::from(days),
    }
}

/// What measures in a target's unit.
pub fn ruler(target: Target, calendar: &Calendar) -> Ruler<'_> {
    match target {
        Target::Business(_) => Ruler::Business(calendar),
        Target::Calendar(_) => Ruler::Calendar,
        Target::BusinessDays(_) => Ruler::BusinessDays(calendar),
    }
}
