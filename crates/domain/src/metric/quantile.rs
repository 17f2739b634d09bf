//! Mean, percentiles and maximum of a set of samples, exactly.
//!
//! Percentiles are linear between the two nearest samples (type 7, the default of R, NumPy and spreadsheets). An
//! empty set has none. Samples may be counted: what is read from a histogram is the same as of its samples one by one.

use super::exact::Exact;

/// A set of samples: whole microseconds or whole days, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samples {
    /// Different values, each with how many samples are no larger.
    up_to: Vec<(i64, u64)>,
    sum: i128,
}

impl FromIterator<i64> for Samples {
    fn from_iter<I: IntoIterator<Item = i64>>(values: I) -> Self {
        let mut sorted: Vec<i64> = values.into_iter().collect();
        sorted.sort_unstable();
        // 2^63 samples of 2^63 fit 128 bits with their sign.
        let sum = sorted.iter().copied().map(i128::from).sum();
        Self::from_counted(sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)), sum)
    }
}

impl Samples {
    /// Values in ascending order with how often each occurs, and their sum, which may be better known than they are.
    pub fn from_counted(counted: impl IntoIterator<Item = (i64, u64)>, sum: i128) -> Self {
        let mut so_far = 0;
        let up_to = counted.into_iter().filter(|(_, count)| *count > 0).map(|(value, count)| {
            so_far += count;
            (value, so_far)
        });
        Self { up_to: up_to.collect(), sum }
    }

    /// How many there are.
    pub fn n(&self) -> u64 {
        self.up_to.last().map_or(0, |(_, n)| *n)
    }

    /// Their arithmetic mean.
    pub fn mean(&self) -> Option<Exact> {
        Exact::new(self.sum, i128::from(self.n()))
    }

    /// The value under which `percent` of the samples lie; over 100 is 100. `percentile(50)` is the median.
    pub fn percentile(&self, percent: u8) -> Option<Exact> {
        let last = self.n().checked_sub(1)?;
        // The position (n − 1)·p in hundredths: its whole part names the sample, the rest the way to the next.
        let position = u128::from(last) * u128::from(percent.min(100));
        let (index, hundredths) = (u64::try_from(position / 100).ok()?, i128::try_from(position % 100).ok()?);
        let low = i128::from(self.sample(index)?);
        let high = i128::from(self.sample(last.min(index + 1))?);
        Exact::new(low * 100 + (high - low) * hundredths, 100)
    }

    fn sample(&self, index: u64) -> Option<i64> {
        self.up_to.get(self.up_to.partition_point(|(_, up_to)| *up_to <= index)).map(|(value, _)| *value)
    }

    /// The largest.
    pub fn max(&self) -> Option<i64> {
        self.up_to.last().map(|(value, _)| *value)
    }

    /// How many are at most `limit` (R35).
    pub fn within(&self, limit: i64) -> u64 {
        let place = self.up_to.partition_point(|(value, _)| *value <= limit);
        place.checked_sub(1).map_or(0, |last| self.up_to[last].1)
    }

    /// How many are at least `length`.
    pub fn at_least(&self, length: i64) -> u64 {
        self.n() - length.checked_sub(1).map_or(0, |below| self.within(below))
    }

    /// The different values with how often each occurs, smallest first.
    pub fn counted(&self) -> impl Iterator<Item = (i64, u64)> {
        let mut before = 0;
        self.up_to.iter().map(move |(value, up_to)| (*value, up_to - std::mem::replace(&mut before, *up_to)))
    }
}
