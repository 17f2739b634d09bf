//! What the machine had to give meanwhile: on a shared one the host takes processor time away, and figures that were
//! measured then say little.

use std::fs;

/// Processor time of the whole machine since its start, in ticks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    all: u64,
    stolen: u64,
}

impl Time {
    /// Until now; nothing where the system does not say.
    pub(crate) fn now() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// The first line: `cpu`, then user, nice, system, idle, iowait, irq, softirq, steal, and two that are within others.
    fn parse(stat: &str) -> Option<Self> {
        let mut words = stat.lines().next()?.split_whitespace();
        words.next().filter(|word| *word == "cpu")?;
        let ticks: Vec<u64> = words.take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Self { all: ticks.iter().sum(), stolen: *ticks.get(7)? })
    }

    /// The share of the processors' time that the host took since `self`, in percent.
    pub(crate) fn stolen_percent(self, now: Self) -> f64 {
        let all = now.all.saturating_sub(self.all).max(1);
        now.stolen.saturating_sub(self.stolen) as f64 * 100.0 / all as f64
    }
}
