//! The median that counts those still waiting (Kaplan–Meier).
//!
//! A mean or median of finished waits flatters a team that finishes the easy ones and lets the rest lie. Here a wait
//! that is not over is evidence that it takes at least that long: it stays among those at risk until the moment at
//! which we lose sight of it.

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
    // Of equal lengths the ends come first: who is lost sight of at t was still at risk at t.
    let mut lengths: Vec<(i64, bool)> = ended.into_iter().map(|length| (length, false)).collect();
    lengths.extend(waiting.into_iter().map(|length| (length, true)));
    lengths.sort_unstable();

    let mut share = Share::of_all(lengths.len());
    let mut half_since = None;
    for same in lengths.chunk_by(|a, b| a == b) {
        let (length, still_waiting) = same[0];
        if still_waiting {
            share.lose_sight_of(same.len());
            continue;
        }
        if let Some(since) = half_since {
            return Exact::new(i128::from(since) + i128::from(length), 2);
        }
        share.end(same.len());
        match share.against_half() {
            std::cmp::Ordering::Less => return Some(Exact::whole(length)),
            std::cmp::Ordering::Equal => half_since = Some(length),
            std::cmp::Ordering::Greater => {}
        }
    }
    half_since.map(Exact::whole)
}

/// The share still waiting, exactly: Π (at risk − ended) ÷ at risk. Between two losses of sight the product
/// telescopes to (at risk now) ÷ (at risk at the first), so the big numbers grow only with the losses.
struct Share {
    numerator: BigUint,
    denominator: BigUint,
    block_start: usize,
    at_risk: usize,
}

impl Share {
    fn of_all(n: usize) -> Self {
        Self { numerator: 1_u8.into(), denominator: 1_u8.into(), block_start: n, at_risk: n }
    }

    fn end(&mut self, n: usize) {
        self.at_risk -= n;
    }

    fn lose_sight_of(&mut self, n: usize) {
        if self.at_risk < self.block_start {
            self.numerator *= self.at_risk;
            self.denominator *= self.block_start;
        }
        self.at_risk -= n;
        self.block_start = self.at_risk;
    }

    fn against_half(&self) -> std::cmp::Ordering {
        (&self.numerator * self.at_risk * 2_u8).cmp(&(&self.denominator * self.block_start))
    }
}
