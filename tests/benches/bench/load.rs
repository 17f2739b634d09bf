//! A closed loop: so many tasks, each of which makes a call, waits for its answer and makes the next. It knows neither
//! what is called nor what to think of the times.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

/// What a task does again and again.
pub(crate) trait Call: Send + 'static {
    /// One call, answered.
    fn make(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// How much, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) in_flight: u16,
    pub(crate) end: End,
}

/// When a load ends; calls in flight then are waited for and count.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    After(Duration),
    Calls(usize),
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) elapsed: Duration,
    /// Of every call, from the fastest to the slowest.
    latencies: Vec<Duration>,
}

impl Load {
    /// Makes the calls. `caller` gives each task, by its number from 0, what it does.
    ///
    /// # Errors
    /// The first call that fails: refusals are fast, and would make the figures look good.
    pub(crate) async fn drive<C: Call>(self, caller: impl Fn(usize) -> C) -> anyhow::Result<Sample> {
        let started = Instant::now();
        let begun = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for number in 0..usize::from(self.in_flight) {
            let (mut caller, begun) = (caller(number), Arc::clone(&begun));
            tasks.spawn(async move {
                let mut latencies = Vec::new();
                while match self.end {
                    End::After(time) => started.elapsed() < time,
                    End::Calls(calls) => begun.fetch_add(1, Ordering::Relaxed) < calls,
                } {
                    let sent = Instant::now();
                    caller.make().await?;
                    latencies.push(sent.elapsed());
                }
                anyhow::Ok(latencies)
            });
        }
        let mut latencies = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            latencies.extend(ended??);
        }
        let elapsed = started.elapsed();
        latencies.sort_unstable();
        Ok(Sample { elapsed, latencies })
    }
}

impl Sample {
    /// Times that were taken otherwise, one after the other.
    pub(crate) fn of(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        Self { elapsed: latencies.iter().sum(), latencies }
    }

    /// What was seen one after the other, as one.
    pub(crate) fn together(samples: impl Iterator<Item = Self>) -> Self {
        let (mut elapsed, mut latencies) = (Duration::ZERO, Vec::new());
        for sample in samples {
            elapsed += sample.elapsed;
            latencies.extend(sample.latencies);
        }
        latencies.sort_unstable();
        Self { elapsed, latencies }
    }

    pub(crate) fn calls(&self) -> usize {
        self.latencies.len()
    }

    pub(crate) fn calls_per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub(crate) fn percentile_ms(&self, percent: usize) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let latency = self.latencies.get(last * percent / 100).copied().unwrap_or_default();
        latency.as_secs_f64() * 1e3
    }
}
