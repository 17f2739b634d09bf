//! Randomness from a seed: SplitMix64. The order in which processes get to run is nobody's to repeat, but what is sent,
//! killed and cut when is.

use uuid::Uuid;

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A stream for each (seed, index).
    pub fn new(seed: u64, index: u64) -> Self {
        let mut stream = Self(seed);
        let mixed = stream.draw() ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(mixed)
    }

    /// Any number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`, which is more than 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw() % end.max(1)
    }

    /// From `low` to `high`, both possible.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A UUID, for a request.
    pub fn uuid(&mut self) -> Uuid {
        let bytes = (u128::from(self.draw()) << 64 | u128::from(self.draw())).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}
