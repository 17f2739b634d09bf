//! How an import is doing, for whoever waits: a bar on a terminal, and a line every few seconds elsewhere.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::count::Counts;
use crate::output::Output;
use crate::view::show_count;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// How often the bar's words change.
const WORDS_EVERY: Duration = Duration::from_millis(200);

/// What is shown.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    started: Instant,
    told: Instant,
    /// Rows that were dealt with before this run.
    rows_before: i64,
    bytes_before: u64,
    bytes: u64,
}

impl Progress {
    /// Of a file of so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let style = ProgressStyle::with_template("{wide_bar} {percent} %, {msg}");
        let bar = ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let now = Instant::now();
        let is_terminal = io::stderr().is_terminal();
        Self { bar, is_terminal, started: now, told: now, rows_before: 0, bytes_before: 0, bytes }
    }

    /// What an earlier run dealt with is not this one's speed.
    pub(super) fn begins_at(&mut self, rows: u64, bytes: u64) {
        (self.rows_before, self.bytes_before) = (i64::try_from(rows).unwrap_or(i64::MAX), bytes);
        self.started = Instant::now();
    }

    /// Shows where it is: rows and bytes of the file so far.
    pub(super) fn at(&mut self, counts: &Counts, bytes: u64, output: &mut Output<'_>) {
        let every = if self.is_terminal { WORDS_EVERY } else { LINE_EVERY };
        if self.told.elapsed() < every {
            return;
        }
        self.told = Instant::now();
        let words = self.words(counts, bytes, self.started.elapsed());
        if self.is_terminal {
            self.bar.set_position(bytes);
            self.bar.set_message(words);
        } else {
            let percent = (bytes * 100).checked_div(self.bytes).unwrap_or(100);
            output.say(&format!("{percent} %, {words}"));
        }
    }

    /// Says something between bars.
    pub(super) fn say(&self, text: &str, output: &mut Output<'_>) {
        self.bar.suspend(|| output.say(text));
    }

    /// Leaves nothing behind.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn words(&self, counts: &Counts, bytes: u64, took: Duration) -> String {
        let rate = (counts.rows() - self.rows_before) as f64 / took.as_secs_f64().max(1e-3);
        let pace = bytes.saturating_sub(self.bytes_before) as f64 / took.as_secs_f64().max(1e-3);
        let left = self.bytes.saturating_sub(bytes) as f64 / pace.max(1.0);
        format!(
            "{} rows ({} a second), {} refused, {} to go",
            show_count(counts.rows()),
            show_count(rate as i64),
            show_count(counts.refused),
            show_time(Duration::from_secs_f64(left.min(1e9)))
        )
    }
}

/// In the two largest units that matter: `2 h 05 min`, `1 min 20 s`, `9 s`.
fn show_time(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_to_go_are_those_of_this_run() {
        let mut progress = Progress::new(1_000_000);
        progress.begins_at(5_000, 500_000);
        let counts = Counts { created: 5_990, refused: 10, ..Counts::default() };
        let words = progress.words(&counts, 600_000, Duration::from_secs(10));
        assert_eq!(words, "6,000 rows (100 a second), 10 refused, 40 s to go");
    }

    #[test]
    fn a_time_is_shown_in_its_two_largest_units() {
        for (seconds, shown) in [(9, "9 s"), (80, "1 min 20 s"), (7_500, "2 h 05 min")] {
            assert_eq!(show_time(Duration::from_secs(seconds)), shown);
        }
    }
}
