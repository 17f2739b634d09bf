//! The figures as a table for people and as JSON for programs. Medians of rounds stand for the run; the ratio is made
//! within each round, so that what disturbs both halves of a round cancels out.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::load::Figures;

/// One after the other, a few seconds each.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) echo: Figures,
    pub(crate) record_activity: Figures,
}

/// A run.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) in_flight: u16,
    pub(crate) connections: u16,
    pub(crate) syncs_per_second: f64,
    pub(crate) rounds: Vec<Round>,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.record_activity.calls_per_second / self.echo.calls_per_second
    }
}

impl Summary {
    fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        let mut values: Vec<f64> = self.rounds.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() {
            0 => f64::NAN,
            even if even % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
            _ => values[middle],
        }
    }

    fn medians(&self, half: impl Fn(&Round) -> Figures) -> Figures {
        Figures {
            calls_per_second: self.median(|round| half(round).calls_per_second),
            p50_ms: self.median(|round| half(round).p50_ms),
            p99_ms: self.median(|round| half(round).p99_ms),
        }
    }

    /// A row per round, and the medians.
    pub(crate) fn to_table(&self) -> String {
        let mut table = format!(
            "{} in flight on {} connections, {} processors, {:.0} fdatasyncs/s\n\n{:>8}{:>12}{:>9}{:>9}{:>14}{:>9}{:>9}{:>8}\n",
            self.in_flight,
            self.connections,
            processors(),
            self.syncs_per_second,
            "round",
            "echo/s",
            "p50 ms",
            "p99 ms",
            "activities/s",
            "p50 ms",
            "p99 ms",
            "ratio",
        );
        let mut row = |name: String, echo: Figures, activity: Figures, ratio: f64| {
            writeln!(
                table,
                "{name:>8}{:>12.0}{:>9.2}{:>9.2}{:>14.0}{:>9.2}{:>9.2}{ratio:>8.3}",
                echo.calls_per_second,
                echo.p50_ms,
                echo.p99_ms,
                activity.calls_per_second,
                activity.p50_ms,
                activity.p99_ms,
            )
        };
        let mut written = Ok(());
        for (number, round) in (1..).zip(&self.rounds) {
            written = written.and(row(format!("{number}"), round.echo, round.record_activity, round.ratio()));
        }
        let (echo, activity) =
            (self.medians(|round| round.echo), self.medians(|round| round.record_activity));
        written = written.and(row("median".to_owned(), echo, activity, self.median(Round::ratio)));
        written.expect("a string can be written to");
        table
    }

    /// Everything, in one object.
    pub(crate) fn to_json(&self) -> Value {
        let round = |echo: Figures, activity: Figures, ratio: f64| {
            let half = |figures: Figures| {
                json!({
                    "calls_per_second": figures.calls_per_second,
                    "p50_ms": figures.p50_ms,
                    "p99_ms": figures.p99_ms,
                })
            };
            json!({ "echo": half(echo), "record_activity": half(activity), "ratio": ratio })
        };
        let rounds: Vec<Value> =
            self.rounds.iter().map(|r| round(r.echo, r.record_activity, r.ratio())).collect();
        let (echo, activity) =
            (self.medians(|round| round.echo), self.medians(|round| round.record_activity));
        json!({
            "benchmark": "record_activity",
            "in_flight": self.in_flight,
            "connections": self.connections,
            "processors": processors(),
            "fdatasyncs_per_second": self.syncs_per_second,
            "median": round(echo, activity, self.median(Round::ratio)),
            "rounds": rounds,
        })
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(0, usize::from)
}
