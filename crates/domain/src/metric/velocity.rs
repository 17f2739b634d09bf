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
use super::survival::median_of_counted;
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

/// Those who wait at an instant, in the order of their starts, so that any span of starts is counted without going
/// through it: a report of many periods and many who wait must not take their product.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// Starts, and how many began with or before each.
    since: Vec<(DateTime<Utc>, u64)>,
    /// How long each has waited: never longer than the one before it.
    waits: Vec<i64>,
}

impl Waiting {
    /// Counted starts in any order, of which those count that are not later than `as_of`.
    pub fn new(
        starts: impl IntoIterator<Item = (DateTime<Utc>, u64)>,
        ruler: Ruler<'_>,
        as_of: DateTime<Utc>,
    ) -> Self {
        let mut since: Vec<_> = starts.into_iter().filter(|(start, _)| *start <= as_of).collect();
        since.sort_unstable();
        let mut so_far = 0;
        for (_, count) in &mut since {
            so_far += *count;
            *count = so_far;
        }
        let waits = since.iter().map(|(start, _)| ruler.measure(*start, as_of)).collect();
        Self { since, waits }
    }

    /// The hand-overs of these that wait for the end of the query's pair.
    pub fn of<'a>(facts: impl IntoIterator<Item = &'a HandoffFact>, query: &VelocityQuery<'_>) -> Self {
        let waits = |fact: &'a HandoffFact| waiting_since(fact, query.from, query.to);
        Self::new(facts.into_iter().filter_map(waits).map(|start| (start, 1)), query.ruler, query.as_of)
    }

    /// Whether anybody waits whom a report of this span and basis counts.
    pub fn is_any(&self, span: &Span, basis: Basis) -> bool {
        let (from, to) = self.places(span, basis);
        from < to
    }

    fn places(&self, span: &Span, basis: Basis) -> (usize, usize) {
        let before = |at: DateTime<Utc>| self.since.partition_point(|(start, _)| *start < at);
        let from = match basis {
            Basis::Cohort => before(span.start),
            Basis::Period => 0,
        };
        (from, before(span.end).max(from))
    }

    fn count(&self, from: usize, to: usize) -> u64 {
        let so_far = |place: usize| place.checked_sub(1).map_or(0, |last| self.since[last].1);
        so_far(to) - so_far(from)
    }

    fn open(&self, (from, to): (usize, usize)) -> Open {
        if from == to {
            return Open::default();
        }
        Open {
            n: self.count(from, to),
            oldest_since: Some(self.since[from].0),
            oldest: Some(self.waits[from]),
        }
    }

    /// How many of those have waited at least so long.
    fn at_least(&self, (from, to): (usize, usize), length: i64) -> u64 {
        self.count(from, from + self.waits[from..to].partition_point(|wait| *wait >= length))
    }
}

/// Since when a hand-over has been waiting, if it started and neither reached the end nor gave up on it.
pub fn waiting_since(fact: &HandoffFact, from: Milestone, to: Milestone) -> Option<DateTime<Utc>> {
    let recorded = |milestone| fact.reached(milestone).filter(|stamp| !stamp.implied);
    let start = recorded(from)?.at;
    (recorded(to).is_none() && fact.gave_up_on(to).is_none()).then_some(start)
}

/// M6. The facts are those of `as_of`; `logged` holds the clocks that sla stopped.
pub fn velocity<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact, IntoIter: Clone>,
    logged: &Logged,
    query: &VelocityQuery<'_>,
) -> Velocity {
    let facts = facts.into_iter();
    velocity_beside(facts.clone(), &Waiting::of(facts, query), logged, query)
}

/// M6 of hand-overs beside others that wait: who waits is counted from `waiting` and not from the facts.
pub fn velocity_beside<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact>,
    waiting: &Waiting,
    logged: &Logged,
    query: &VelocityQuery<'_>,
) -> Velocity {
    let pairs = Pairs::of(facts, logged, query);
    let lengths = Lengths {
        invalid_n: pairs.invalid_n,
        samples: Samples::from_iter(pairs.samples),
        given_up: Samples::from_iter(pairs.given_up),
    };
    lengths.measure(waiting, query)
}

/// The lengths of pairs that are over.
#[derive(Debug, Clone, Default)]
pub struct Lengths {
    /// How many were left out because they end before they start.
    pub invalid_n: u64,
    /// Of the pairs that reached their end.
    pub samples: Samples,
    /// After which a pair stopped waiting without having reached its end.
    pub given_up: Samples,
}

impl Lengths {
    /// M6 of these, beside those that wait.
    pub fn measure(&self, waiting: &Waiting, query: &VelocityQuery<'_>) -> Velocity {
        let Self { invalid_n, samples, given_up } = self;
        let open = waiting.places(query.span, query.basis);
        let still = |length| given_up.at_least(length) + waiting.at_least(open, length);
        Velocity {
            n: samples.n(),
            invalid_n: *invalid_n,
            mean: samples.mean(),
            median: samples.percentile(50),
            p75: samples.percentile(75),
            p90: samples.percentile(90),
            max: samples.max(),
            within: query.limits.iter().map(|limit| (*limit, samples.within(*limit))).collect(),
            median_with_waiting: median_of_counted(samples.n(), samples.counted(), still),
            open: waiting.open(open),
        }
    }
}

#[derive(Default)]
struct Pairs {
    samples: Vec<i64>,
    invalid_n: u64,
    given_up: Vec<i64>,
}

impl Pairs {
    fn of<'a>(
        facts: impl IntoIterator<Item = &'a HandoffFact>,
        logged: &Logged,
        query: &VelocityQuery<'_>,
    ) -> Self {
        let mut pairs = Self::default();
        for fact in facts {
            let Some(start) = fact.reached(query.from).filter(|stamp| !stamp.implied) else { continue };
            pairs.add(fact, start.at, logged, query);
        }
        pairs
    }

    fn add(&mut self, fact: &HandoffFact, start: DateTime<Utc>, logged: &Logged, query: &VelocityQuery<'_>) {
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
        } else if let Some(end) = fact.gave_up_on(query.to)
            && in_span(end)
            && end >= start
        {
            self.given_up.push(query.ruler.measure(start, end));
        }
    }
}
