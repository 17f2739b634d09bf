//! How far a consumer is behind: the age of what it has not taken in. It knows of what has reached it, so what it says is
//! at least so; while it has no connection it is behind by as long as that lasts.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::id::TenantId;

/// How long after the last events more may be on their way: the other service looks for new ones at least once a second.
/// Until then a consumer that had been behind counts as behind.
const ON_THE_WAY: TimeDelta = TimeDelta::seconds(2);

/// The lag of one consumer.
#[derive(Debug)]
pub(super) struct Lag {
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    /// Since when there is no connection.
    cut_since: Option<DateTime<Utc>>,
    /// When the oldest event was recorded that was received and is not applied, by tenant.
    oldest: HashMap<TenantId, DateTime<Utc>>,
    /// When something was applied or a connection was made, and how far behind it was just then.
    last: (DateTime<Utc>, TimeDelta),
}

impl Lag {
    /// Of a consumer that has no connection yet.
    pub(super) fn since(now: DateTime<Utc>) -> Self {
        let (cut_since, last) = (Some(now), (now, TimeDelta::zero()));
        Self { seen: Mutex::new(Seen { cut_since, oldest: HashMap::new(), last }) }
    }

    /// There is a connection. What was received by an earlier one and not applied comes again.
    pub(super) fn connected(&self, now: DateTime<Utc>) {
        let mut seen = self.seen();
        seen.last = (now, seen.lag(now));
        seen.oldest.clear();
        seen.cut_since = None;
    }

    /// The connection is lost.
    pub(super) fn cut(&self, now: DateTime<Utc>) {
        self.seen().cut_since.get_or_insert(now);
    }

    /// Events of a tenant came; the first of them was recorded then.
    pub(super) fn received(&self, tenant: TenantId, recorded: DateTime<Utc>) {
        self.seen().oldest.entry(tenant).or_insert(recorded);
    }

    /// Events of a tenant were applied, the last of which was recorded at `last`. The next that waits was at `next`.
    pub(super) fn applied(
        &self,
        tenant: TenantId,
        last: DateTime<Utc>,
        next: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) {
        let mut seen = self.seen();
        match next {
            Some(next) => seen.oldest.insert(tenant, next),
            None => seen.oldest.remove(&tenant),
        };
        seen.last = (now, now - last);
    }

    /// How far behind it is.
    pub(super) fn now(&self, now: DateTime<Utc>) -> TimeDelta {
        self.seen().lag(now)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn lag(&self, now: DateTime<Utc>) -> TimeDelta {
        let cut = self.cut_since.map(|since| now - since);
        let waiting = self.oldest.values().min().map(|oldest| now - *oldest);
        let (at, lag) = self.last;
        let on_the_way = (now - at < ON_THE_WAY).then_some(lag);
        // Two machines' clocks: what comes from the future is no lag.
        [cut, waiting, on_the_way].into_iter().flatten().fold(TimeDelta::zero(), TimeDelta::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_000 + seconds)
    }

    #[track_caller]
    fn check(lag: &Lag, now: i64, seconds: i64) {
        assert_eq!(lag.now(at(now)), TimeDelta::seconds(seconds), "at {now} s");
    }

    #[test]
    fn it_is_the_age_of_the_oldest_event_that_waits_and_nothing_once_all_are_applied() {
        let (lag, acme, other) =
            (Lag::since(at(0)), TenantId::from_slug("acme"), TenantId::from_slug("other"));
        lag.connected(at(0));
        check(&lag, 5, 0);
        lag.received(acme, at(3));
        lag.received(other, at(4));
        lag.received(acme, at(5));
        check(&lag, 6, 3);
        lag.applied(acme, at(4), Some(at(5)), at(7));
        check(&lag, 8, 4);
        lag.applied(other, at(4), None, at(9));
        lag.applied(acme, at(8), None, at(9));
        check(&lag, 10, 1);
        check(&lag, 11, 0);
    }

    #[test]
    fn without_a_connection_it_grows_and_what_failed_stays_behind() {
        let (lag, acme) = (Lag::since(at(0)), TenantId::from_slug("acme"));
        check(&lag, 7, 7);
        lag.connected(at(7));
        check(&lag, 8, 7);
        check(&lag, 9, 0);
        lag.received(acme, at(9));
        lag.cut(at(20));
        lag.cut(at(30));
        check(&lag, 40, 31);
        lag.connected(at(40));
        check(&lag, 41, 31);
        lag.received(acme, at(9));
        check(&lag, 50, 41);
        lag.applied(acme, at(9), None, at(50));
        check(&lag, 52, 0);
    }

    #[test]
    fn what_was_recorded_by_a_clock_that_is_ahead_is_no_lag() {
        let (lag, acme) = (Lag::since(at(0)), TenantId::from_slug("acme"));
        lag.connected(at(0));
        lag.received(acme, at(60));
        check(&lag, 1, 0);
    }
}
