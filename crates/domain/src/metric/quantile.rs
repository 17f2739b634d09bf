//! Mean, percentiles and maximum of a set of samples, exactly.
//!
//! Percentiles are linear between the two nearest samples (type 7, the default of R, NumPy and spreadsheets). An
//! empty set has none.

use super::exact::Exact;

/// A set of samples: whole microseconds or whole days, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samples(Vec<i64>);

impl FromIterator<i64> for Samples {
    fn from_iter<I: IntoIterator<Item = i64>>(values: I) -> Self {
        let mut sorted: Vec<i64> = values.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted)
    }
}

impl Samples {
    /// How many there are.
    pub fn n(&self) -> u64 {
        self.0.len() as u64
    }

    /// Their arithmetic mean.
    pub fn mean(&self) -> Option<Exact> {
        // 2^63 samples of 2^63 fit 128 bits with their sign.
        let sum: i128 = self.0.iter().copied().map(i128::from).sum();
        Exact::new(sum, i128::from(self.n()))
    }

    /// The value under which `percent` of the samples lie; over 100 is 100. `percentile(50)` is the median.
    pub fn percentile(&self, percent: u8) -> Option<Exact> {
        let last = self.0.len().checked_sub(1)?;
        // The position (n − 1)·p in hundredths: its whole part names the sample, the rest the way to the next.
        let position = last as u128 * u128::from(percent.min(100));
        let (index, hundredths) = ((position / 100) as usize, (position % 100) as i128);
        let low = i128::from(self.0[index]);
        let high = i128::from(self.0[last.min(index + 1)]);
        Exact::new(low * 100 + (high - low) * hundredths, 100)
    }

    /// The largest.
    pub fn max(&self) -> Option<i64> {
        self.0.last().copied()
    }

    /// How many are at most `limit` (R35).
    pub fn within(&self, limit: i64) -> u64 {
        self.0.partition_point(|value| *value <= limit) as u64
    }

    /// The samples, smallest first.
    pub fn as_slice(&self) -> &[i64] {
        &self.0
    }
}
