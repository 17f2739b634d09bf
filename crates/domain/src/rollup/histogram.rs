//! Lengths in buckets of fixed edges, so that percentiles can be had from counts that are added and taken away.
//!
//! A bucket holds the lengths above the edge before it, up to and including its own: how many are within a limit that
//! is an edge is exact. The edges are whole seconds, minutes, hours and days as people name them, and the same for
//! ever: cells of different days are added bucket by bucket. A length stands for its bucket's edge, so it is never
//! made shorter, and made longer by less than a second below two minutes and by less than a sixtieth above.

/// The stated error of what is read from buckets: a length is too long by less than this share of it, a sixtieth.
pub const ERROR: &str = "0.016666666667";

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// From where on the edges lie how far apart. A step begins at sixty times its width, and the last one goes on for ever.
const TIME: [(i64, i64); 22] = [
    (0, SECOND),
    (2 * MINUTE, 2 * SECOND),
    (5 * MINUTE, 5 * SECOND),
    (10 * MINUTE, 10 * SECOND),
    (15 * MINUTE, 15 * SECOND),
    (30 * MINUTE, 30 * SECOND),
    (HOUR, MINUTE),
    (2 * HOUR, 2 * MINUTE),
    (5 * HOUR, 5 * MINUTE),
    (10 * HOUR, 10 * MINUTE),
    (15 * HOUR, 15 * MINUTE),
    (30 * HOUR, 30 * MINUTE),
    (60 * HOUR, HOUR),
    (5 * DAY, 2 * HOUR),
    (10 * DAY, 4 * HOUR),
    (20 * DAY, 8 * HOUR),
    (30 * DAY, 12 * HOUR),
    (60 * DAY, DAY),
    (120 * DAY, 2 * DAY),
    (300 * DAY, 5 * DAY),
    (600 * DAY, 10 * DAY),
    (1_800 * DAY, 30 * DAY),
];

const DAYS: [(i64, i64); 5] = [(0, 1), (120, 2), (300, 5), (600, 10), (1_800, 30)];

/// What a length is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scale {
    /// Microseconds.
    Time,
    /// Whole days.
    Days,
}

impl Scale {
    fn steps(self) -> &'static [(i64, i64)] {
        match self {
            Self::Time => &TIME,
            Self::Days => &DAYS,
        }
    }

    /// The bucket of a length; bucket 0 holds nothing but zero. There are no negative lengths: one is taken for zero.
    pub fn bucket(self, length: i64) -> i32 {
        let mut before = 0;
        for (index, (start, step)) in self.steps().iter().enumerate() {
            let end = self.steps().get(index + 1).map_or(i64::MAX, |(end, _)| *end);
            if length <= end {
                // Rounded up without leaving 64 bits.
                let above = (length.max(*start) - start).div_euclid(*step);
                let is_over = length > *start && (length - start) % step != 0;
                return i32::try_from(before + above + i64::from(is_over)).unwrap_or(i32::MAX);
            }
            before += (end - start) / step;
        }
        i32::MAX
    }

    /// The edge of a bucket: the longest length in it.
    pub fn edge(self, bucket: i32) -> i64 {
        let (mut before, bucket) = (0, i64::from(bucket));
        for (index, (start, step)) in self.steps().iter().enumerate() {
            let held = self.steps().get(index + 1).map_or(i64::MAX, |(end, _)| (end - start) / step);
            if bucket - before <= held {
                return (bucket - before).saturating_mul(*step).saturating_add(*start);
            }
            before += held;
        }
        i64::MAX
    }

    /// A length, rounded up to the next edge.
    pub fn round_up(self, length: i64) -> i64 {
        self.edge(self.bucket(length))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_limits_are_edges() {
        let days = [1, 2, 3, 5, 7, 10, 14, 30, 90].map(|days| days * DAY);
        let hours = (1..=72).map(|hours| hours * HOUR);
        let minutes = (1..=120).map(|minutes| minutes * MINUTE);
        for limit in days.into_iter().chain(hours).chain(minutes) {
            assert_eq!(Scale::Time.round_up(limit), limit);
        }
        assert!((0..=120).all(|days| Scale::Days.round_up(days) == days));
    }

    #[test]
    fn every_step_ends_where_the_next_one_begins() {
        for steps in [TIME.as_slice(), DAYS.as_slice()] {
            for pair in steps.windows(2) {
                assert_eq!((pair[1].0 - pair[0].0) % pair[0].1, 0);
                assert_eq!(pair[1].0, pair[1].1 * 60, "a sixtieth");
            }
        }
    }

    #[test]
    fn the_longest_length_has_a_bucket() {
        assert!(Scale::Time.edge(Scale::Time.bucket(i64::MAX)) >= i64::MAX - 30 * DAY);
        assert_eq!(Scale::Time.bucket(-5), 0);
    }

    proptest! {
        #[test]
        fn a_length_lies_between_its_buckets_edges(length in prop_oneof![0..300 * SECOND, 0..4_000 * DAY, 0..i64::MAX / 2]) {
            let bucket = Scale::Time.bucket(length);
            let edge = Scale::Time.edge(bucket);
            prop_assert!(length <= edge);
            prop_assert!(bucket == 0 || Scale::Time.edge(bucket - 1) < length);
            prop_assert_eq!(Scale::Time.bucket(edge), bucket);
            let error = edge - length;
            prop_assert!(error < SECOND || i128::from(error) * 60 < i128::from(length) || length > 36_000 * DAY / 20);
        }
    }
}
