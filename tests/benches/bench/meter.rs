//! What a slice of a run cost besides its time: processor time here and in Postgres, and bytes of Postgres's log. It
//! says what limits a figure.

use std::fs;
use std::time::Duration;

use anyhow::Context;

use crate::floor::database::Database;

/// Linux counts processor time in these; a second has a hundred wherever it runs.
const TICKS_PER_SECOND: f64 = 100.0;

/// A reading at one instant; two of them are a cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// The database's time, in microseconds since 1970.
    pub(crate) at: i64,
    ours: f64,
    postgres: f64,
    wal: i64,
}

/// What lay between two readings.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Seconds of processor time of this process: service, client and measuring.
    pub(crate) ours: f64,
    /// Seconds of processor time of Postgres.
    pub(crate) postgres: f64,
    pub(crate) wal_bytes: f64,
}

impl Reading {
    pub(crate) async fn take(postmaster: u32, database: &mut Database) -> anyhow::Result<Self> {
        let (at, wal) = database.time_and_wal_bytes().await?;
        let mut postgres = 0.0;
        for entry in fs::read_dir("/proc")?.flatten() {
            // Most entries are no processes, and some have ended since they were listed.
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let Some(stat) = Stat::parse(&stat) else { continue };
            if stat.parent == postmaster {
                postgres += stat.seconds;
            }
        }
        let own = fs::read_to_string("/proc/self/stat")?;
        let ours = Stat::parse(&own).context("/proc/self/stat cannot be read")?.seconds;
        Ok(Self { at, ours, postgres, wal })
    }

    pub(crate) fn cost_until(&self, later: &Self) -> Cost {
        Cost {
            ours: later.ours - self.ours,
            postgres: later.postgres - self.postgres,
            wal_bytes: (later.wal - self.wal) as f64,
        }
    }
}

impl Cost {
    pub(crate) fn add(&mut self, other: Self) {
        self.ours += other.ours;
        self.postgres += other.postgres;
        self.wal_bytes += other.wal_bytes;
    }

    /// How many processors were busy on average, here and in Postgres.
    pub(crate) fn busy(&self, elapsed: Duration) -> (f64, f64) {
        (self.ours / elapsed.as_secs_f64(), self.postgres / elapsed.as_secs_f64())
    }
}

/// What counts of a line of `/proc/<pid>/stat`.
struct Stat {
    parent: u32,
    seconds: f64,
}

impl Stat {
    fn parse(line: &str) -> Option<Self> {
        // The name stands in parentheses and may hold blanks; the state follows it.
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        let ticks = number(11)? + number(12)?;
        Some(Self { parent: u32::try_from(number(1)?).ok()?, seconds: ticks as f64 / TICKS_PER_SECOND })
    }
}
