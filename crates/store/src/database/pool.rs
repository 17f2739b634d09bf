//! A pool of connections that doubts the idle ones once one was lost. A server that restarts takes all connections
//! with it, and each of those that lie in the pool would fail the next transaction; testing every connection before
//! every use would cost each transaction a round trip.
//!
//! So it tests the connections that have been idle since before the last loss, each once, and no others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool, Postgres};

/// The connections, and when one of them was lost.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: PgPool,
    losses: Losses,
}

impl Pool {
    /// A pool that connects when it is first asked.
    pub(super) fn new(options: PgPoolOptions, connect: PgConnectOptions) -> Self {
        let losses = Losses::default();
        let seen = losses.clone();
        let options = options.before_acquire(move |connection, now| {
            let is_doubtful = seen.last_ago().is_some_and(|ago| now.idle_for >= ago);
            // One that does not answer is left to the pool to replace.
            Box::pin(async move { Ok(!is_doubtful || connection.ping().await.is_ok()) })
        });
        Self { connections: options.connect_lazy_with(connect), losses }
    }

    /// A connection for one transaction.
    pub(crate) async fn acquire(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        self.connections.acquire().await
    }

    /// Where to say that a connection was lost.
    pub(crate) fn losses(&self) -> Losses {
        self.losses.clone()
    }

    /// The driver's own, for what is no transaction.
    pub(super) fn connections(&self) -> &PgPool {
        &self.connections
    }
}

/// When a connection was lost last.
#[derive(Clone)]
pub(crate) struct Losses {
    since: Instant,
    /// Microseconds after `since`, and one; 0 while there was none.
    last: Arc<AtomicU64>,
}

impl Default for Losses {
    fn default() -> Self {
        Self { since: Instant::now(), last: Arc::default() }
    }
}

impl Losses {
    /// A connection was lost just now, or given up.
    pub(crate) fn note(&self) {
        let micros = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX - 1);
        self.last.store(micros + 1, Ordering::Relaxed);
    }

    fn last_ago(&self) -> Option<Duration> {
        let last = self.last.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.since.elapsed().saturating_sub(Duration::from_micros(last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_some_time_ago_and_none_never_was() {
        let losses = Losses::default();
        assert_eq!(losses.last_ago(), None);
        losses.note();
        let ago = losses.last_ago().expect("there was one");
        assert!(losses.last_ago().expect("there was one") >= ago, "it does not come nearer");
    }
}
