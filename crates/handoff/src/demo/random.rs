//! Randomness from a seed: SplitMix64, whose every output is fixed by its definition. The sample must not change with
//! the version of a library, and integers are the same on every machine where floats need not be.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

/// Parts in a whole, for chances.
pub(crate) const WHOLE: u64 = 1_000;

impl Random {
    /// A stream for each (seed, index): leads do not depend on their number or order.
    pub(crate) fn new(seed: u64, index: u64) -> Self {
        let mut stream = Self(seed);
        let mixed = stream.next() ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`, which is more than 0; the bias of the remainder is far below what anybody could see.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// True in `parts` of 1,000 cases.
    pub(crate) fn chance(&mut self, parts: u64) -> bool {
        self.below(WHOLE) < parts
    }

    /// Around `mean`, never negative, with a long tail: the product of two uniform numbers, at most four times it.
    pub(crate) fn skewed(&mut self, mean: i64) -> i64 {
        let product = (self.below(1 << 20) * self.below(1 << 20)) >> 20;
        i64::try_from(product).unwrap_or_default().saturating_mul(mean.saturating_mul(4)) >> 20
    }

    /// One of them, each as often as its weight says.
    pub(crate) fn weighted<'a, T>(&mut self, choices: &'a [T], weight: impl Fn(&T) -> u64) -> Option<&'a T> {
        let mut left = self.below(choices.iter().map(&weight).sum());
        choices.iter().find(|choice| {
            let weight = weight(choice);
            let is_it = left < weight;
            left = left.saturating_sub(weight);
            is_it
        })
    }

    /// One of them.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        self.weighted(choices, |_| 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_definition() {
        // Reference values of SplitMix64 from seed 0.
        let mut random = Random(0);
        assert_eq!(
            [random.next(), random.next(), random.next()],
            [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]
        );
    }

    #[test]
    fn chances_and_means_are_about_right() {
        let mut random = Random::new(7, 7);
        let hits = (0..100_000).filter(|_| random.chance(250)).count();
        assert!((24_000..26_000).contains(&hits), "{hits}");
        let mean = (0..100_000).map(|_| random.skewed(3_600)).sum::<i64>() / 100_000;
        assert!((3_500..3_700).contains(&mean), "{mean}");
    }

    #[test]
    fn weights_are_kept() {
        let mut random = Random::new(1, 2);
        let picked = (0..10_000).filter(|_| random.weighted(&[1, 9], |weight| *weight) == Some(&1)).count();
        assert!((900..1_100).contains(&picked), "{picked}");
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
