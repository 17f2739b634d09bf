//! An open loop: calls are made at a rate, whatever becomes of those before them, as by callers who know nothing of each
//! other. Each has a deadline; what counts is what is answered within it.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tonic::{Code, Status};

use crate::slowed::Client;

/// How often calls that have become due are made.
const TICK: Duration = Duration::from_millis(1);
/// A stretch of time that is looked at as one.
const WINDOW: Duration = Duration::from_millis(250);

/// How many calls, for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) calls_per_second: f64,
    pub(crate) length: Duration,
    pub(crate) deadline: Duration,
}

/// What became of the calls.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) offered: usize,
    /// Answered in time.
    pub(crate) good: usize,
    /// Refused because there was no room.
    pub(crate) shed: usize,
    /// Not answered in time.
    pub(crate) late: usize,
    /// Anything else.
    pub(crate) failed: usize,
    /// What the first of those was.
    pub(crate) failure: Option<Status>,
    /// By the window in which they were made: how many, and how many of them were answered in time.
    windows: Vec<(usize, usize)>,
}

impl Offer {
    /// Makes the calls, and waits for all of them.
    #[expect(clippy::disallowed_methods, reason = "the rate is what is given")]
    pub(crate) async fn make(self, clients: &[Client]) -> anyhow::Result<Seen> {
        let started = Instant::now();
        let mut calls = JoinSet::new();
        let mut ticks = interval(TICK);
        // A tick that comes late finds more calls due: the rate is kept.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = Seen::default();
        while started.elapsed() < self.length {
            ticks.tick().await;
            let due = (started.elapsed().as_secs_f64() * self.calls_per_second) as usize;
            for number in seen.offered..due {
                let mut client = clients[number % clients.len()].clone();
                let window = (started.elapsed().as_millis() / WINDOW.as_millis()) as usize;
                calls.spawn(async move {
                    let made = timeout(self.deadline, client.call_within(self.deadline)).await;
                    (window, made.unwrap_or_else(|_| Err(Status::deadline_exceeded("nobody answered"))))
                });
            }
            seen.offered = due.max(seen.offered);
            while let Some(ended) = calls.try_join_next() {
                seen.note(ended?);
            }
        }
        while let Some(ended) = calls.join_next().await {
            seen.note(ended?);
        }
        Ok(seen)
    }
}

impl Seen {
    /// Those that were answered in time, each second of `offer`.
    pub(crate) fn goodput(&self, offer: Offer) -> f64 {
        self.good as f64 / offer.length.as_secs_f64()
    }

    /// From when on nearly all calls were answered in time, in each stretch of time to the end.
    pub(crate) fn well_after(&self) -> Duration {
        let is_ill = |(made, good): &(usize, usize)| good * 100 < made * 99;
        let windows = self.windows.iter().rposition(is_ill).map_or(0, |last| last + 1);
        WINDOW * u32::try_from(windows).unwrap_or(u32::MAX)
    }

    fn note(&mut self, (window, made): (usize, Result<(), Status>)) {
        if self.windows.len() <= window {
            self.windows.resize(window + 1, (0, 0));
        }
        self.windows[window].0 += 1;
        self.windows[window].1 += usize::from(made.is_ok());
        match made.as_ref().map_err(Status::code) {
            Ok(()) => self.good += 1,
            Err(Code::ResourceExhausted) => self.shed += 1,
            Err(Code::DeadlineExceeded) => self.late += 1,
            Err(_) => {
                self.failed += 1;
                self.failure = self.failure.take().or(made.err());
            }
        }
    }
}
