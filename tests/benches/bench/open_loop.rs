//! An open loop: calls are made at a rate, whatever becomes of those before them, as by callers who know nothing of each
//! other. Each has a deadline; what counts is what is answered within it.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tonic::Code;

use crate::slowed::Client;

/// How often calls that have become due are made.
const TICK: Duration = Duration::from_millis(5);
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
                    (
                        window,
                        made.map_or(Code::DeadlineExceeded, |made| {
                            made.err().map_or(Code::Ok, |status| status.code())
                        }),
                    )
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

    fn note(&mut self, (window, code): (usize, Code)) {
        if self.windows.len() <= window {
            self.windows.resize(window + 1, (0, 0));
        }
        self.windows[window].0 += 1;
        self.windows[window].1 += usize::from(code == Code::Ok);
        *match code {
            Code::Ok => &mut self.good,
            Code::ResourceExhausted => &mut self.shed,
            Code::DeadlineExceeded => &mut self.late,
            _ => &mut self.failed,
        } += 1;
    }
}
