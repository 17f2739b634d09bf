//! The median that counts those still waiting (Kaplan–Meier).
//!
//! A mean or median of finished waits flatters a team that finishes the easy ones and lets the rest lie. Here a wait
//! that is not over is evidence that it takes at least that long: it stays among those at risk until the moment at
//! which we lose sight of it.
//!
//! Those who wait are asked for by number only: how many have waited at least so long. So the estimate costs as much as
//! there are different lengths of ended waits, however many wait.

use std::cmp::Ordering;

use num_bigint::BigUint;

use super::exact::Exact;

/// The waiting time by which half have come to their end.
///
/// `ended` are the waits that ended, `waiting` those that were seen only up to that length, both in one unit. The
/// estimate is the first length at which the share still waiting is under one half; if it is exactly one half from
/// one end to the next, the middle between the two, so that without `waiting` it is the plain median. None if the
/// share never comes down to one half, and for no samples at all.
pub fn median_with_waiting(
    ended: impl IntoIterator<Item = i64>,
    waiting: impl IntoIterator<Item = i64>,
) -> Option<Exact> {
    let sorted = |lengths: Vec<i64>| {
        let mut lengths = lengths;
        lengths.sort_unstable();
        lengths
    };
    let (ended, waiting) = (sorted(ended.into_iter().collect()), sorted(waiting.into_iter().collect()));
    let counted = ended.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64));
    let at_least = |length| (waiting.len() - waiting.partition_point(|it| *it < length)) as u64;
    median_of_counted(ended.len() as u64, counted, at_least)
}

/// The same over counted lengths: `ended` gives `n` waits as (length, how many), shortest first, and `waiting` says how
/// many were seen waiting for at least a length and not to their end.
pub fn median_of_counted(
    n: u64,
    ended: impl IntoIterator<Item = (i64, u64)>,
    waiting: impl Fn(i64) -> u64,
) -> Option<Exact> {
    let mut left = n;
    let mut share = Share::default();
    let mut half_since = None;
    for (length, count) in ended {
        if let Some(since) = half_since {
            return Exact::new(i128::from(since) + i128::from(length), 2);
        }
        // Of equal lengths the ends come first: who is lost sight of at t was still at risk at t.
        let at_risk = left + waiting(length);
        share.end(at_risk, count);
        left -= count;
        match share.against_half() {
            Ordering::Less => return Some(Exact::whole(length)),
            Ordering::Equal => half_since = Some(length),
            Ordering::Greater => {}
        }
    }
    half_since.map(Exact::whole)
}

/// One, of the numbers between which the share is kept.
const ONE: u128 = 1 << 80;

/// The share still waiting: Π (at risk − ended) ÷ at risk. Between two losses of sight the product telescopes to
/// (at risk now) ÷ (at risk at the first). It is kept between two bounds that differ by next to nothing, and only
/// where one half lies between them is it multiplied out: exact, and no big numbers otherwise.
struct Share {
    /// The factors that are closed.
    factors: Vec<(u64, u64)>,
    low: u128,
    high: u128,
    /// At risk when the present factor began, and now.
    began: u64,
    now: u64,
}

impl Default for Share {
    fn default() -> Self {
        Self { factors: Vec::new(), low: ONE, high: ONE, began: 1, now: 1 }
    }
}

impl Share {
    /// `ended` of `at_risk` come to their end.
    fn end(&mut self, at_risk: u64, ended: u64) {
        if at_risk != self.now {
            let (now, began) = (u128::from(self.now), u128::from(self.began));
            self.low = self.low * now / began;
            self.high = (self.high * now).div_ceil(began);
            if self.now != self.began {
                self.factors.push((self.now, self.began));
            }
            self.began = at_risk;
        }
        self.now = at_risk - ended;
    }

    fn against_half(&self) -> Ordering {
        let twice = 2 * u128::from(self.now);
        let half = ONE * u128::from(self.began);
        if self.low * twice > half {
            Ordering::Greater
        } else if self.high * twice < half {
            Ordering::Less
        } else {
            let (mut numerator, mut denominator) = (BigUint::from(twice), BigUint::from(self.began));
            for (now, began) in &self.factors {
                numerator *= *now;
                denominator *= *began;
            }
            numerator.cmp(&denominator)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, word by word, with big numbers only.
    fn by_definition(ended: &[i64], waiting: &[i64]) -> Option<Exact> {
        let mut lengths = ended.to_vec();
        lengths.sort_unstable();
        lengths.dedup();
        let (mut numerator, mut denominator) = (BigUint::from(1_u8), BigUint::from(1_u8));
        let mut half_since: Option<i64> = None;
        for length in lengths {
            if let Some(since) = half_since {
                return Exact::new(i128::from(since) + i128::from(length), 2);
            }
            let at_risk = ended.iter().chain(waiting).filter(|it| **it >= length).count();
            let now = ended.iter().filter(|it| **it == length).count();
            numerator *= at_risk - now;
            denominator *= at_risk;
            match (&numerator * 2_u8).cmp(&denominator) {
                Ordering::Less => return Some(Exact::whole(length)),
                Ordering::Equal => half_since = Some(length),
                Ordering::Greater => {}
            }
        }
        half_since.map(Exact::whole)
    }

    proptest! {
        #[test]
        fn the_bounds_decide_as_the_definition_does(
            ended in prop::collection::vec(0_i64..12, 0..60),
            waiting in prop::collection::vec(0_i64..12, 0..60),
        ) {
            let found = median_with_waiting(ended.iter().copied(), waiting.iter().copied());
            prop_assert_eq!(found, by_definition(&ended, &waiting));
        }
    }
}
