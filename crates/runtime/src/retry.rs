//! How long to wait before trying again: doubling delays with jitter, so that clients that lost the same server do not
//! come back in step.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Endless delays from 50 ms up to `longest`.
#[derive(Debug)]
pub struct Delays {
    builder: ExponentialBuilder,
    next: ExponentialBackoff,
    longest: Duration,
}

impl Delays {
    /// With this one as the longest.
    pub fn up_to(longest: Duration) -> Self {
        let builder = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(longest)
            .without_max_times()
            .with_jitter();
        Self { builder, next: builder.build(), longest }
    }

    /// The next delay.
    #[expect(clippy::should_implement_trait, reason = "it never ends, so it is no iterator")]
    pub fn next(&mut self) -> Duration {
        // Jitter adds up to the delay itself; the promise is the longest wait.
        self.next.next().map_or(self.longest, |delay| delay.min(self.longest))
    }

    /// Starts from the shortest again: what was tried worked.
    pub fn reset(&mut self) {
        self.next = self.builder.build();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_longest_never_end_and_start_again() {
        let longest = Duration::from_secs(5);
        let mut delays = Delays::up_to(longest);
        let taken: Vec<Duration> = (0..100).map(|_| delays.next()).collect();
        assert!(taken[0] <= Duration::from_millis(100), "{:?}", taken[0]);
        assert!(taken.iter().all(|delay| *delay <= longest));
        assert_eq!(taken.last(), Some(&longest));
        delays.reset();
        assert!(delays.next() <= Duration::from_millis(100));
    }
}
