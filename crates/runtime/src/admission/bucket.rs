//! A bucket of calls for each tenant: it fills at a steady rate up to a burst, and a call takes one out of it. It knows
//! only the tenants whose buckets are not full, so that its memory follows who calls now and not who ever called.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use handoff_domain::id::TenantId;

/// After so many calls the full ones are forgotten.
const FORGET_AFTER: usize = 1_024;

pub(super) struct Bucket<C: Clock = DefaultClock> {
    buckets: RateLimiter<TenantId, HashMapStateStore<TenantId>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    calls: AtomicUsize,
}

impl Bucket {
    /// Of so many calls a second, and so many at once.
    pub(super) fn new(calls_per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        Self::with(calls_per_second, burst, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Bucket<C> {
    fn with(calls_per_second: NonZeroU32, burst: NonZeroU32, clock: C) -> Self {
        let quota = Quota::per_second(calls_per_second).allow_burst(burst);
        let buckets = RateLimiter::new(quota, HashMapStateStore::default(), clock.clone());
        Self { buckets, clock, calls: AtomicUsize::new(0) }
    }

    /// Takes a call out, or says how long it is until there is one.
    pub(super) fn take(&self, tenant: TenantId) -> Result<(), Duration> {
        if self.calls.fetch_add(1, Ordering::Relaxed) % FORGET_AFTER == FORGET_AFTER - 1 {
            self.buckets.retain_recent();
        }
        self.buckets.check_key(&tenant).map_err(|empty| empty.wait_time_from(self.clock.now()))
    }
}

impl<C: Clock> fmt::Debug for Bucket<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("tenants", &self.buckets.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn bucket(rate: u32, burst: u32) -> (Bucket<FakeRelativeClock>, FakeRelativeClock) {
        let (clock, number) = (FakeRelativeClock::default(), |n| NonZeroU32::new(n).expect("not zero"));
        (Bucket::with(number(rate), number(burst), clock.clone()), clock)
    }

    #[test]
    fn a_tenant_has_its_burst_and_then_its_rate() {
        let (bucket, clock) = bucket(10, 3);
        let (acme, other) = (TenantId::from_slug("acme"), TenantId::from_slug("other"));
        for _ in 0..3 {
            assert_eq!(bucket.take(acme), Ok(()));
        }
        let wait = bucket.take(acme).expect_err("one more than the burst");
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(bucket.take(other), Ok(()), "each has its own");
        clock.advance(wait);
        assert_eq!(bucket.take(acme), Ok(()), "it came back when it was told to");
        assert!(bucket.take(acme).is_err());
    }

    #[test]
    fn tenants_whose_buckets_are_full_are_forgotten() {
        let (bucket, clock) = bucket(1, 1);
        for round in 0..10 {
            for number in 0..FORGET_AFTER {
                assert_eq!(bucket.take(TenantId::from_slug(&format!("t-{round}-{number}"))), Ok(()));
            }
            clock.advance(Duration::from_secs(5));
        }
        assert!(bucket.buckets.len() <= 2 * FORGET_AFTER, "{bucket:?} of {}", 10 * FORGET_AFTER);
    }
}
