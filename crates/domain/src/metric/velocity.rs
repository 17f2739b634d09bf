//! M6 and M7: how long leads take from one milestone to another, and how long the rest have been waiting.
//!
//! Only pairs whose two ends were recorded are samples: a stage that a source skipped gives none, though CAPTURED →
//! WON of a lead that skipped everything between does. A pair that ends before it starts is invalid (edge case 15):
//! it is counted, and in nothing else. It is judged by the instants, so that every unit has the same samples.

use chrono::{DateTime, Utc};

use super::exact::Exact;
use super::fact::HandoffFact;
use super::milestone::Milestone;
use super::quantile::Samples;
use super::ruler::{Logged, Ruler};
use super::survival::median_with_waiting;
use super::{Basis, Span};

/// What to measure.
#[derive(Debug, Clone, Copy)]
pub struct VelocityQuery<'a> {
    /// Where a pair starts.
    pub from: Milestone,
    /// Where it ends.
    pub to: Milestone,
    /// The period of the report.
    pub span: &'a Span,
    /// COHORT: pairs that start in the span. PERIOD: pairs that end in it.
    pub basis: Basis,
    /// The unit.
    pub ruler: Ruler<'a>,
    /// Lengths for which to count the samples that are no longer (R35), in the ruler's unit.
    pub limits: &'a [i64],
    /// The instant of the facts: who waits has been waiting until then.
    pub as_of: DateTime<Utc>,
}

impl<'a> VelocityQuery<'a> {
    /// M7: the time in the MQL stage, from MQL to accept or reject, by the end of the pairs.
    pub fn mql_stage(span: &'a Span, ruler: Ruler<'a>, as_of: DateTime<Utc>) -> Self {
        Self {
            from: Milestone::Mql,
            to: Milestone::Decided,
            span,
            basis: Basis::Period,
            ruler,
            limits: &[],
            as_of,
        }
    }
}

/// The answer of M6: microseconds or whole days, as the ruler measures. Statistics of no samples are none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Velocity {
    /// How many pairs were measured.
    pub n: u64,
    /// How many were left out because they end before they start.
    pub invalid_n: u64,
    /// Arithmetic mean.
    pub mean: Option<Exact>,
    /// The 50th percentile.
    pub median: Option<Exact>,
    /// The 75th percentile.
    pub p75: Option<Exact>,
    /// The 90th percentile.
    pub p90: Option<Exact>,
    /// The longest.
    pub max: Option<i64>,
    /// Each limit that was asked for, with how many samples are no longer than it.
    pub within: Vec<(i64, u64)>,
    /// Who waits still.
    pub open: Open,
    /// The median that counts those still waiting, and those who stopped waiting without reaching the end, as
    /// having taken longer (Kaplan–Meier). None where so many wait that it cannot be known yet.
    pub median_with_waiting: Option<Exact>,
}

/// Pairs that started and have not ended: of the span in COHORT; in PERIOD, those that started before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Open {
    /// How many.
    pub n: u64,
    /// Since when the longest has been waiting.
    pub oldest_since: Option<DateTime<Utc>>,
    /// How long that is at `as_of`, in the ruler's unit.
    pub oldest: Option<i64>,
}

/// M6. The facts are those of `as_of`; `logged` holds the clocks that sla stopped.
pub fn velocity<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact>,
    logged: &Logged<'_>,
    query: &VelocityQuery<'_>,
) -> Velocity {
    let pairs = Pairs::of(facts, logged, query);
    let samples = Samples::from_iter(pairs.samples);
    let waits = |since: &DateTime<Utc>| query.ruler.measure(*since, query.as_of);
    let oldest_since = pairs.open_since.iter().min().copied();
    let waiting = pairs.open_since.iter().map(waits).chain(pairs.given_up);
    Velocity {
        n: samples.n(),
        invalid_n: pairs.invalid_n,
        mean: samples.mean(),
        median: samples.percentile(50),
        p75: samples.percentile(75),
        p90: samples.percentile(90),
        max: samples.max(),
        within: query.limits.iter().map(|limit| (*limit, samples.within(*limit))).collect(),
        median_with_waiting: median_with_waiting(samples.as_slice().iter().copied(), waiting),
        open: Open {
            n: pairs.open_since.len() as u64,
            oldest_since,
            oldest: oldest_since.as_ref().map(waits),
        },
    }
}

#[derive(Default)]
struct Pairs {
    /// Lengths of the pairs that reached their end.
    samples: Vec<i64>,
    invalid_n: u64,
    /// Starts of those that still wait.
    open_since: Vec<DateTime<Utc>>,
    /// Lengths after which a pair stopped waiting without having reached its end.
    given_up: Vec<i64>,
}

impl Pairs {
    fn of<'a>(
        facts: impl IntoIterator<Item = &'a HandoffFact>,
        logged: &Logged<'_>,
        query: &VelocityQuery<'_>,
    ) -> Self {
        let mut pairs = Self::default();
        for fact in facts {
            let Some(start) = fact.reached(query.from).filter(|stamp| !stamp.implied) else { continue };
            pairs.add(fact, start.at, logged, query);
        }
        pairs
    }

    fn add(
        &mut self,
        fact: &HandoffFact,
        start: DateTime<Utc>,
        logged: &Logged<'_>,
        query: &VelocityQuery<'_>,
    ) {
        let in_span = |end: DateTime<Utc>| match query.basis {
            Basis::Cohort => query.span.contains(&start),
            Basis::Period => query.span.contains(&end),
        };
        if let Some(end) = fact.reached(query.to).filter(|stamp| !stamp.implied) {
            if !in_span(end.at) {
            } else if end.at < start {
                self.invalid_n += 1;
            } else {
                self.samples.push(logged.measure(query.ruler, fact, query.to, start, end.at));
            }
        } else if let Some(end) = fact.gave_up_on(query.to) {
            if in_span(end) && end >= start {
                self.given_up.push(query.ruler.measure(start, end));
            }
        } else {
            let began = match query.basis {
                Basis::Cohort => query.span.contains(&start),
                Basis::Period => start < query.span.end,
            };
            if began && start <= query.as_of {
                self.open_since.push(start);
            }
        }
    }
}
