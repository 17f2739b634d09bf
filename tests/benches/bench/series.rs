//! One kind of call over all rounds: how many a second, how long each took, and what it cost.

use std::time::Duration;

use crate::load::Sample;
use crate::meter::{Cost, Reading};
use crate::outcome::Cell;
use crate::rounds::Rounds;

/// What was seen of it.
#[derive(Debug, Default)]
pub(crate) struct Series {
    pub(crate) calls_per_second: Rounds,
    pub(crate) p50_ms: Rounds,
    pub(crate) p99_ms: Rounds,
    pub(crate) calls: usize,
    elapsed: Duration,
    cost: Cost,
    /// From when to when, on the database's clock in microseconds.
    spans: Vec<(i64, i64)>,
    batches: usize,
}

impl Series {
    /// Adds a round, with the readings before and after it.
    pub(crate) fn add(&mut self, sample: &Sample, start: Reading, end: Reading) {
        self.calls_per_second.push(sample.calls_per_second());
        self.p50_ms.push(sample.percentile_ms(50));
        self.p99_ms.push(sample.percentile_ms(99));
        self.calls += sample.calls();
        self.elapsed += sample.elapsed;
        self.cost.add(start.cost_until(&end));
        self.spans.push((start.at, end.at));
    }

    /// Counts its own among the times of all batches, which ascend.
    pub(crate) fn count_batches(&mut self, all: &[i64]) {
        let before = |at: i64| all.partition_point(|batch| *batch < at);
        self.batches = self.spans.iter().map(|(start, end)| before(*end) - before(*start)).sum();
    }

    pub(crate) fn calls_per_batch(&self) -> f64 {
        self.calls as f64 / self.batches as f64
    }

    /// Calls per second, p50 and p99 in milliseconds.
    pub(crate) fn speed(&self) -> [Cell; 3] {
        [
            Cell::spread(&self.calls_per_second, 0),
            Cell::number(self.p50_ms.median(), 2),
            Cell::number(self.p99_ms.median(), 2),
        ]
    }

    /// Processors busy here and in Postgres, and bytes of Postgres's log per call.
    pub(crate) fn cost(&self) -> [Cell; 3] {
        let (ours, postgres) = self.cost.busy(self.elapsed);
        [
            Cell::number(ours, 2),
            Cell::number(postgres, 2),
            Cell::number(self.cost.wal_bytes / self.calls.max(1) as f64, 0),
        ]
    }
}
