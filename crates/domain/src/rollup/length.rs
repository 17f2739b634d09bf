//! The counters of the parts that hold lengths: how many, their sums, and their buckets in each unit.

use super::histogram::Scale;
use crate::target::Unit;

/// A counter of a cell of lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Pairs that end before they start.
    Invalid,
    /// Samples, in all units but those that need a calendar.
    Samples,
    /// Samples whose business time sla logged.
    Logged,
    /// Pairs that stopped waiting without having reached their end.
    GaveUp,
    /// Pairs that gave up before they started: in no figure, but they have a row.
    Early,
    /// The whole seconds, or the days, of the samples.
    Sum(Unit),
    /// The microseconds of the samples beyond their whole seconds.
    Rest(Unit),
    /// Samples in a bucket.
    Sample(Unit, i32),
    /// Pairs that stopped waiting, in a bucket of what they had waited; in calendar units only.
    GivenUp(Unit, i32),
}

/// Buckets of one unit and kind; no length of this world comes near.
pub const WIDTH: i32 = 100_000_000;

impl Counter {
    /// The key of the counter: small numbers for the plain ones, then a hundred million for each histogram.
    pub fn key(self) -> i32 {
        match self {
            Self::Invalid => 0,
            Self::Samples => 1,
            Self::Logged => 2,
            Self::GaveUp => 3,
            Self::Early => 4,
            Self::Sum(unit) => 10 + number(unit),
            Self::Rest(unit) => 20 + number(unit),
            Self::Sample(unit, bucket) => (1 + number(unit)) * WIDTH + bucket.min(WIDTH - 1),
            Self::GivenUp(unit, bucket) => (5 + number(unit)) * WIDTH + bucket.min(WIDTH - 1),
        }
    }

    /// Where the keys lie that a report in `unit` reads: those of the plain counters, and of both histograms.
    pub fn ranges(unit: Unit) -> [std::ops::Range<i32>; 3] {
        let histogram = |kind: i32| (kind + number(unit)) * WIDTH..(kind + number(unit) + 1) * WIDTH;
        [0..WIDTH, histogram(1), histogram(5)]
    }

    /// The counter of a key; none for one that is not.
    pub fn from_key(key: i32) -> Option<Self> {
        let (kind, rest) = (key / WIDTH, key % WIDTH);
        Some(match (kind, rest) {
            (0, 0) => Self::Invalid,
            (0, 1) => Self::Samples,
            (0, 2) => Self::Logged,
            (0, 3) => Self::GaveUp,
            (0, 4) => Self::Early,
            (0, 10..=13) => Self::Sum(unit(rest - 10)?),
            (0, 20..=23) => Self::Rest(unit(rest - 20)?),
            (1..=4, bucket) => Self::Sample(unit(kind - 1)?, bucket),
            (5..=8, bucket) => Self::GivenUp(unit(kind - 5)?, bucket),
            _ => return None,
        })
    }
}

const UNITS: [Unit; 4] = [Unit::Calendar, Unit::CalendarDays, Unit::Business, Unit::BusinessDays];

fn number(unit: Unit) -> i32 {
    match unit {
        Unit::Calendar => 0,
        Unit::CalendarDays => 1,
        Unit::Business => 2,
        Unit::BusinessDays => 3,
    }
}

fn unit(number: i32) -> Option<Unit> {
    UNITS.get(usize::try_from(number).ok()?).copied()
}

/// In what a unit is counted.
pub fn scale(unit: Unit) -> Scale {
    match unit {
        Unit::Calendar | Unit::Business => Scale::Time,
        Unit::CalendarDays | Unit::BusinessDays => Scale::Days,
    }
}

/// Whether a unit needs no calendar, so that its lengths follow from the instants alone.
pub fn is_of_calendar(unit: Unit) -> bool {
    matches!(unit, Unit::Calendar | Unit::CalendarDays)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_one_counter() {
        let units = || UNITS.into_iter();
        let counters = [Counter::Invalid, Counter::Samples, Counter::Logged, Counter::GaveUp, Counter::Early]
            .into_iter()
            .chain(units().flat_map(|unit| [Counter::Sum(unit), Counter::Rest(unit)]))
            .chain(units().flat_map(|unit| [Counter::Sample(unit, 0), Counter::Sample(unit, 1_234)]))
            .chain(units().flat_map(|unit| [Counter::GivenUp(unit, 0), Counter::GivenUp(unit, 77)]));
        for counter in counters {
            assert_eq!(Counter::from_key(counter.key()), Some(counter));
        }
        assert_eq!(Counter::from_key(5), None);
    }
}
