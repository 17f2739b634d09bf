//! How the batches of callers and those of imports share a tenant's time: whose turn it is, and how much a bulk batch
//! takes at once. All of it is learned from how long batches took; nothing here knows what is in them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::Priority;

/// What a bulk batch takes at least beside callers, and alone; with this the first one begins, before any was measured.
/// Most of what a smaller one takes is the same for every batch, a round trip per table and the commit: it would let
/// callers through hardly sooner, and on a busy machine shrinking would have no end.
const BYTES_BESIDE_MIN: usize = 8 << 10;
const BYTES_ALONE_MIN: usize = 64 << 10;
/// How long after a tenant's last interactive batch its bulk batches still leave room for callers.
const CALLERS_STAY: Duration = Duration::from_secs(5);
/// How many times as long as a bulk batch took callers go first after it.
const CALLERS_SHARE: u32 = 2;

/// Whose turn it is.
#[derive(Default)]
pub(super) struct Turns {
    /// The batch that was taken last, and when, until one asks for the next: by then it has ended.
    running: Option<(Priority, Instant)>,
    last: Option<Priority>,
    /// Until when callers go first. They have a multiple of what the last bulk batch took, so that most of their batches
    /// wait for no bulk batch; then, however busy they are, an import has its turn.
    callers_until: Option<Instant>,
    /// Until when those whom the last batch answered are expected back: as long as it took.
    expected_until: Option<Instant>,
    /// When the last interactive batch was taken, and how long the one before it had taken till then, with the bulk
    /// batch that may have had its turn between: what a batch's worth of commands waits.
    taken_at: Option<Instant>,
    between: Duration,
    /// How long the last interactive batch took.
    took: Duration,
}

/// A turn.
pub(super) struct Turn {
    /// Whose it is, if both wait.
    pub(super) first: Priority,
    /// Until when it is worth waiting for a caller, if none waits.
    pub(super) expected_until: Option<Instant>,
}

/// How large a batch became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    pub(super) bytes: usize,
    /// Whether more waited than it could take.
    pub(super) is_full: bool,
    /// Whether callers may wait behind it.
    pub(super) has_callers: bool,
}

/// How much a bulk batch takes, so that it takes as long as it may; learned from those before it.
pub(super) struct Pace {
    target: Duration,
    least: usize,
    bytes: AtomicUsize,
}

impl Turns {
    /// The next turn, when the batch before has ended.
    pub(super) fn next(&mut self, now: Instant) -> Turn {
        if let Some((priority, since)) = self.running.take() {
            let took = now.saturating_duration_since(since);
            match priority {
                Priority::Interactive => {
                    self.took = took;
                    self.expected_until = Some(now + took);
                }
                Priority::Bulk => self.callers_until = Some(now + took * CALLERS_SHARE),
            }
            self.last = Some(priority);
        }
        let callers_until = self.callers_until.filter(|until| now < *until);
        let is_over = self.last == Some(Priority::Interactive) && callers_until.is_none();
        Turn {
            first: if is_over { Priority::Bulk } else { Priority::Interactive },
            expected_until: self.expected_until.min(callers_until).filter(|until| now < *until),
        }
    }

    /// A batch was taken.
    pub(super) fn took(&mut self, priority: Priority, now: Instant) {
        self.running = Some((priority, now));
        if priority == Priority::Interactive
            && let Some(before) = self.taken_at.replace(now)
        {
            self.between = now.saturating_duration_since(before);
        }
    }

    /// Whether callers were there lately.
    pub(super) fn has_callers(&self, now: Instant) -> bool {
        self.taken_at.is_some_and(|at| now.saturating_duration_since(at) < CALLERS_STAY)
    }

    /// Whether an interactive batch is at work.
    pub(super) fn is_interactive_running(&self) -> bool {
        self.running.is_some_and(|(priority, _)| priority == Priority::Interactive)
    }

    /// How long the interactive batch that is at work may still take, if it takes as long as the one before it.
    pub(super) fn remaining(&self, now: Instant) -> Duration {
        match self.running {
            Some((Priority::Interactive, since)) => {
                self.took.saturating_sub(now.saturating_duration_since(since))
            }
            _ => Duration::ZERO,
        }
    }

    /// How long the last interactive batch took.
    pub(super) fn batch_time(&self) -> Duration {
        self.took
    }

    /// How long it was from one interactive batch to the next.
    pub(super) fn between(&self) -> Duration {
        self.between
    }
}

impl Pace {
    /// Of batches that callers wait behind.
    pub(super) fn beside_callers(target: Duration) -> Self {
        Self::new(target, BYTES_BESIDE_MIN)
    }

    /// Of batches of a tenant without callers.
    pub(super) fn alone(target: Duration) -> Self {
        Self::new(target, BYTES_ALONE_MIN)
    }

    fn new(target: Duration, least: usize) -> Self {
        Self { target, least, bytes: AtomicUsize::new(least) }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// A batch that took too long shrinks the next in proportion, down to the least; a full one that was quick lets it
    /// grow, at most to twice its size, since a small batch says little about a large one.
    pub(super) fn measured(&self, fill: Fill, took: Duration, most: usize) {
        let size = self.bytes();
        let fitting = fill.bytes as f64 * self.target.as_secs_f64() / took.as_secs_f64().max(1e-6);
        let next = if took > self.target {
            (fitting as usize).min(size).max(self.least)
        } else if fill.is_full {
            (fitting as usize).clamp(size, size * 2)
        } else {
            size
        };
        self.bytes.store(next.min(most), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_batches_shrink_when_slow_and_grow_only_when_full() {
        let (ms, kib, least) = (Duration::from_millis, 1 << 10, 8 << 10);
        let full = |bytes| Fill { bytes, is_full: true, has_callers: true };
        let partly = |bytes| Fill { is_full: false, ..full(bytes) };
        for (size, fill, took, next) in [
            (512 * kib, full(512 * kib), ms(100), 256 * kib),
            (512 * kib, partly(256 * kib), ms(100), 128 * kib),
            (512 * kib, full(512 * kib), ms(50_000), least),
            (least, partly(1), ms(5_000), least),
            (least, full(least), ms(10), 2 * least),
            (least, full(least), ms(40), least * 5 / 4),
            (512 * kib, partly(10 * kib), ms(1), 512 * kib),
            (800 * kib, full(800 * kib), ms(1), 1024 * kib),
        ] {
            let pace = Pace { bytes: AtomicUsize::new(size), ..Pace::new(ms(50), least) };
            pace.measured(fill, took, 1024 * kib);
            assert_eq!(pace.bytes(), next, "{size} {fill:?} {took:?}");
        }
    }
}
