//! What is read from cells: the sums of their counters over a period, as the figures that reports show.

use super::count::{self, COUNTERS, Outcome};
use super::histogram::Scale;
use super::length::{Counter, scale};
use crate::metric::SkipPolicy;
use crate::metric::acceptance::AcceptanceRate;
use crate::metric::quantile::Samples;
use crate::metric::velocity::Lengths;
use crate::target::Unit;

/// The counters of [`Part::Counts`](super::cell::Part::Counts), summed over days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally([i64; COUNTERS]);

impl Default for Tally {
    fn default() -> Self {
        Self([0; COUNTERS])
    }
}

impl Tally {
    /// Adds to a counter; one that is unknown here is left out.
    pub fn add(&mut self, counter: usize, n: i64) {
        if let Some(sum) = self.0.get_mut(counter) {
            *sum += n;
        }
    }

    /// A counter.
    pub fn get(&self, counter: usize) -> u64 {
        self.0.get(counter).and_then(|n| u64::try_from(*n).ok()).unwrap_or_default()
    }

    /// M1, with all cycles or the first ones only.
    pub fn mqls(&self, skip: SkipPolicy, first_only: bool) -> u64 {
        let counted = Outcome::ALL.iter().filter(|(outcome, _)| *outcome != Outcome::Void);
        counted.map(|(outcome, _)| self.of_mqls(skip, first_only, *outcome)).sum()
    }

    /// Of the MQLs of M1, those that came to an outcome.
    fn of_mqls(&self, skip: SkipPolicy, first_only: bool, outcome: Outcome) -> u64 {
        let at = |is_implied, is_first| self.get(count::by_mql(is_implied, is_first, outcome));
        let of = |is_implied| at(is_implied, true) + if first_only { 0 } else { at(is_implied, false) };
        of(false) + if skip == SkipPolicy::ImplyPassed { of(true) } else { 0 }
    }

    /// Of the MQLs of M1, those that became an SQL.
    pub fn accepted_mqls(&self, skip: SkipPolicy) -> u64 {
        Self::accepted(skip, |outcome| self.of_mqls(skip, false, outcome))
    }

    /// M2: those that became an SQL on these days.
    pub fn sqls(&self, skip: SkipPolicy) -> u64 {
        Self::accepted(skip, |outcome| self.get(count::by_end(outcome)))
    }

    fn accepted(skip: SkipPolicy, of: impl Fn(Outcome) -> u64) -> u64 {
        let implied = if skip == SkipPolicy::ImplyPassed { of(Outcome::AcceptedImplied) } else { 0 };
        of(Outcome::Accepted) + of(Outcome::AcceptedAuto) + implied
    }

    /// M5's counts of what was decided on these days; the rate is left to the options.
    pub fn decided(&self) -> AcceptanceRate {
        let overturned = self.get(count::OVERTURNED);
        Self::rate(|outcome| self.get(count::by_end(outcome)), overturned)
    }

    /// M5's counts of what was decided of the MQLs of M1, whenever.
    pub fn decided_of_mqls(&self, skip: SkipPolicy) -> AcceptanceRate {
        let overturned = self.get(count::OVERTURNED_BY_MQL);
        Self::rate(|outcome| self.of_mqls(skip, false, outcome), overturned)
    }

    fn rate(of: impl Fn(Outcome) -> u64, overturned: u64) -> AcceptanceRate {
        AcceptanceRate {
            accepted: of(Outcome::Accepted),
            rejected: of(Outcome::Rejected) + of(Outcome::RejectedRouting),
            rejected_for_routing: of(Outcome::RejectedRouting),
            expired: of(Outcome::Expired),
            auto_accepted: of(Outcome::AcceptedAuto),
            overturned,
            ..AcceptanceRate::default()
        }
    }

    /// Deals won of the MQLs of M1.
    pub fn won_mqls(&self, skip: SkipPolicy) -> u64 {
        let implied = if skip == SkipPolicy::ImplyPassed { self.get(count::won_by_mql(true)) } else { 0 };
        self.get(count::won_by_mql(false)) + implied
    }
}

/// The counters of a part that holds lengths, summed over days and read in one unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LengthTally {
    /// Pairs that end before they start.
    pub invalid_n: u64,
    /// Samples.
    pub n: u64,
    /// Of those, the ones whose business time was logged.
    pub logged_n: u64,
    /// Pairs that gave up.
    pub given_up_n: u64,
    /// Pairs that gave up before they started.
    pub early_n: u64,
    sum: i128,
    /// Buckets in ascending order, and how many are in each.
    samples: Vec<(i32, u64)>,
    given_up: Vec<(i32, u64)>,
}

impl LengthTally {
    /// Adds the counters of a cell, by ascending key, as they are read in `unit`.
    pub fn add(&mut self, unit: Unit, keys: &[i32], counts: &[i64]) {
        for range in Counter::ranges(unit) {
            let first = keys.partition_point(|key| *key < range.start);
            let last = keys.partition_point(|key| *key < range.end);
            for (key, n) in keys[first..last].iter().zip(&counts[first..last]) {
                self.count(unit, *key, *n);
            }
        }
    }

    fn count(&mut self, unit: Unit, key: i32, n: i64) {
        let Some(counter) = Counter::from_key(key) else { return };
        let count = u64::try_from(n).unwrap_or_default();
        match counter {
            Counter::Invalid => self.invalid_n += count,
            Counter::Samples => self.n += count,
            Counter::Logged => self.logged_n += count,
            Counter::GaveUp => self.given_up_n += count,
            Counter::Early => self.early_n += count,
            Counter::Sum(of) if of == unit => {
                self.sum += i128::from(n) * if scale(unit) == Scale::Time { MICROS_PER_SECOND } else { 1 };
            }
            Counter::Rest(of) if of == unit => self.sum += i128::from(n),
            Counter::Sample(of, bucket) if of == unit => raise(&mut self.samples, bucket, count),
            Counter::GivenUp(of, bucket) if of == unit => raise(&mut self.given_up, bucket, count),
            Counter::Sum(_) | Counter::Rest(_) | Counter::Sample(..) | Counter::GivenUp(..) => {}
        }
    }

    /// Adds the sums of other days.
    pub fn merge(&mut self, other: &Self) {
        self.invalid_n += other.invalid_n;
        self.n += other.n;
        self.logged_n += other.logged_n;
        self.given_up_n += other.given_up_n;
        self.early_n += other.early_n;
        self.sum += other.sum;
        other.samples.iter().for_each(|(bucket, n)| raise(&mut self.samples, *bucket, *n));
        other.given_up.iter().for_each(|(bucket, n)| raise(&mut self.given_up, *bucket, *n));
    }

    /// Adds a length that no cell has in this unit.
    pub fn measured(&mut self, unit: Unit, length: i64, gave_up: bool) {
        let bucket = scale(unit).bucket(length);
        if gave_up {
            raise(&mut self.given_up, bucket, 1);
        } else {
            self.sum += i128::from(length);
            raise(&mut self.samples, bucket, 1);
        }
    }

    /// Whether a report has no row for these.
    pub fn is_empty(&self) -> bool {
        self.invalid_n + self.n + self.given_up_n + self.early_n == 0
    }

    /// The lengths, each standing for the edge of its bucket; the sum of the samples is exact.
    pub fn lengths(&self, unit: Unit) -> Lengths {
        let edges = |buckets: &[(i32, u64)]| -> Vec<(i64, u64)> {
            buckets.iter().map(|(bucket, n)| (scale(unit).edge(*bucket), *n)).collect()
        };
        Lengths {
            invalid_n: self.invalid_n,
            samples: Samples::from_counted(edges(&self.samples), self.sum),
            given_up: Samples::from_counted(edges(&self.given_up), 0),
        }
    }
}

const MICROS_PER_SECOND: i128 = 1_000_000;

/// Adds to a bucket; mostly to one behind all others.
fn raise(buckets: &mut Vec<(i32, u64)>, bucket: i32, n: u64) {
    match buckets.last() {
        Some((last, _)) if *last >= bucket => {
            match buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
                Ok(place) => buckets[place].1 += n,
                Err(place) => buckets.insert(place, (bucket, n)),
            }
        }
        _ => buckets.push((bucket, n)),
    }
}
