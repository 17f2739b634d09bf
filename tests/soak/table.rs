//! What a soak came to, a row per scenario; several runs of one add up.

use std::fmt;
use std::time::Duration;

use handoff_tests::fault::Toll;

/// The rows so far.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug, Default)]
struct Row {
    scenario: String,
    faults: (u64, &'static str),
    acknowledged: u64,
    lost: usize,
    twice: usize,
    broken: usize,
    longest: Option<Duration>,
    median: Option<Duration>,
    laws: u64,
    seconds: u64,
}

impl Table {
    /// Adds a run; one that failed half-way counts as broken.
    pub(crate) fn add(&mut self, scenario: &str, toll: Option<&Toll>, seconds: u64) {
        let place = self.rows.iter().position(|row| row.scenario == scenario).unwrap_or_else(|| {
            self.rows.push(Row { scenario: scenario.to_owned(), ..Row::default() });
            self.rows.len() - 1
        });
        let row = &mut self.rows[place];
        row.seconds += seconds;
        let Some(toll) = toll else {
            row.broken += 1;
            return;
        };
        row.faults = (row.faults.0 + toll.faults.0, toll.faults.1);
        row.acknowledged += toll.acknowledged;
        row.lost += toll.findings.lost.len();
        row.twice += toll.findings.twice.len();
        row.broken += toll.findings.broken.len();
        row.longest = row.longest.max(toll.longest());
        row.median = row.median.max(toll.median());
        row.laws = row.laws.max(toll.findings.laws);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<10} {:>7} {:<15} {:>12} {:>5} {:>5} {:>6} {:>13} {:>6} {:>5} {:>5}",
            "scenario",
            "faults",
            "",
            "acknowledged",
            "lost",
            "twice",
            "broken",
            "recovery max",
            "median",
            "laws",
            "s"
        )?;
        let millis =
            |time: Option<Duration>| time.map_or("-".to_owned(), |time| time.as_millis().to_string());
        for row in &self.rows {
            writeln!(
                f,
                "{:<10} {:>7} {:<15} {:>12} {:>5} {:>5} {:>6} {:>13} {:>6} {:>5} {:>5}",
                row.scenario,
                row.faults.0,
                row.faults.1,
                row.acknowledged,
                row.lost,
                row.twice,
                row.broken,
                millis(row.longest),
                millis(row.median),
                row.laws,
                row.seconds
            )?;
        }
        write!(
            f,
            "recovery in milliseconds, from a restart until a hand-over got through all services; laws: those of `handoff verify`"
        )
    }
}
