//! How long to wait before trying again: doubling delays with jitter, so that clients that lost the same server do not
//! come back in step; and a budget, so that they do not ask more while somebody is in trouble.

use std::sync::atomic::{AtomicU32, Ordering};
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

/// How many calls may be tried again: one for every ten that were made, and [`RetryBudget::RESERVE`] to begin with. Where
/// everything fails, a tenth more is asked and not twice as much. Nothing runs out with time, so that bursts after a pause
/// are no more than the reserve.
#[derive(Debug)]
pub struct RetryBudget {
    /// In tenths of a retry.
    tenths: AtomicU32,
}

impl RetryBudget {
    /// What is saved up at most, and there at the start: whoever calls rarely may try again too.
    pub const RESERVE: u32 = 10;
    /// How many calls pay for one retry.
    pub const CALLS_PER_RETRY: u32 = 10;

    /// A full one.
    pub fn new() -> Self {
        Self { tenths: AtomicU32::new(Self::RESERVE * Self::CALLS_PER_RETRY) }
    }

    /// A call is made, the first time.
    pub fn earn(&self) {
        let full = Self::RESERVE * Self::CALLS_PER_RETRY;
        // It fails where the budget is full, and is right then.
        let _ = self
            .tenths
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tenths| (tenths < full).then(|| tenths + 1));
    }

    /// Whether it may be made once more; then that is paid.
    pub fn spend(&self) -> bool {
        let spent = |tenths: u32| tenths.checked_sub(Self::CALLS_PER_RETRY);
        self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_ok()
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new()
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

    #[test]
    fn where_everything_fails_a_tenth_more_is_asked() {
        let budget = RetryBudget::new();
        let mut retries = 0;
        for _ in 0..10_000 {
            budget.earn();
            while budget.spend() {
                retries += 1;
            }
        }
        // The first call finds the budget full and adds nothing.
        assert_eq!(retries, 9_999 / RetryBudget::CALLS_PER_RETRY + RetryBudget::RESERVE);
    }

    #[test]
    fn what_is_saved_up_is_bounded() {
        let budget = RetryBudget::new();
        (0..10_000).for_each(|_| budget.earn());
        let retries = std::iter::from_fn(|| budget.spend().then_some(())).take(100).count();
        assert_eq!(retries, RetryBudget::RESERVE as usize);
        (0..RetryBudget::CALLS_PER_RETRY - 1).for_each(|_| budget.earn());
        assert!(!budget.spend(), "nine calls do not pay for one");
        budget.earn();
        assert!(budget.spend() && !budget.spend());
    }
}
