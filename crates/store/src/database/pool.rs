//! A pool of connections in front of the driver's: the connection that was used last is used next, without asking the
//! server whether it is still there.
//!
//! The driver's pool takes turns among its idle connections and pings each one that comes back. Under load every batch
//! then ran on another server process, whose caches had gone cold meanwhile, and cost a round trip more. Here a
//! connection whose transaction ended well is *warm* for a moment and goes to whoever comes next.
//!
//! A server that restarts takes all connections with it. Once one was lost, the others are doubted: warm ones go back to
//! the driver, which pings them, and its idle ones are pinged before their next use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres};
use tokio::time::timeout;

use super::turns::{Party, Turn, Turns};
use crate::meter::{Loan, PoolMeter, StatementMeter, Wait};

/// How long a connection stays warm without being used; after that whoever comes next gives it back to the driver, which
/// closes what is idle for long.
const WARM: Duration = Duration::from_secs(1);
/// How long a connection may be kept from the driver, which closes what is too old.
const KEPT: Duration = Duration::from_secs(300);

/// The connections, and when one of them was lost.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: Arc<PgPool>,
    /// As many turns as there are connections: whoever has one finds a connection here or at the driver's, so nobody
    /// waits there for one that lies here.
    turns: Turns,
    turn_timeout: Duration,
    /// The one that was used last comes last.
    warm: Arc<Mutex<Vec<Warm>>>,
    losses: Losses,
    meter: Arc<PoolMeter>,
}

/// A turn at the connections. Whoever waits for one can leave at any moment; whoever has one finds a connection without
/// waiting for anybody else.
pub(crate) struct Place {
    pool: Pool,
    wait: Wait,
    turn: Turn,
}

/// A connection for one transaction. Dropped before its transaction ended it is closed, so that no session can carry a
/// transaction, or a tenant, to whoever comes next.
pub(crate) struct Lease {
    /// There until it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    pool: Pool,
    /// When the driver gave it away.
    given: Instant,
    loan: Loan,
    ended: bool,
    // Dropped last.
    _turn: Turn,
}

struct Warm {
    connection: PoolConnection<Postgres>,
    given: Instant,
    used: Instant,
}

impl Pool {
    /// A pool that connects when it is first asked.
    pub(crate) fn new(options: PgPoolOptions, connect: PgConnectOptions, meter: PoolMeter) -> Self {
        let most = options.get_max_connections();
        let losses = Losses::default();
        let turns = Turns::new(most as usize);
        let turn_timeout = options.get_acquire_timeout();
        let seen = losses.clone();
        let options = options.before_acquire(move |connection, now| {
            let is_doubtful = seen.any_within(now.idle_for);
            // One that does not answer is left to the pool to replace.
            Box::pin(async move { Ok(!is_doubtful || connection.ping().await.is_ok()) })
        });
        let connections = Arc::new(options.connect_lazy_with(connect));
        meter.watch(&connections, most);
        Self { connections, turns, turn_timeout, warm: Arc::default(), losses, meter: Arc::new(meter) }
    }

    /// Waits until a party may have a connection.
    pub(crate) async fn place(&self, party: Party) -> Result<Place, sqlx::Error> {
        let wait = self.meter.wait();
        match timeout(self.turn_timeout, self.turns.take(party)).await {
            Ok(turn) => Ok(Place { pool: self.clone(), wait, turn }),
            Err(_) => {
                wait.timed_out();
                Err(sqlx::Error::PoolTimedOut)
            }
        }
    }

    /// The driver's own, for what is no transaction.
    pub(crate) fn connections(&self) -> &PgPool {
        &self.connections
    }

    /// Closes all connections once they are free.
    pub(super) async fn close(&self) {
        let closed = self.connections.close();
        self.warm_ones().clear();
        closed.await;
    }

    /// The warm connection that was used last. If that was too long ago, or one was lost since, they all go back.
    fn take_warm(&self) -> Option<Warm> {
        let mut warm = self.warm_ones();
        let last = warm.pop()?;
        let idle_for = last.used.elapsed();
        if idle_for < WARM && !self.losses.any_within(idle_for) {
            return Some(last);
        }
        warm.clear();
        None
    }

    fn warm_ones(&self) -> std::sync::MutexGuard<'_, Vec<Warm>> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A connection for one transaction.
    pub(crate) async fn lease(self) -> Result<Lease, sqlx::Error> {
        let Self { pool, wait, turn } = self;
        let (connection, given) = match pool.take_warm() {
            Some(warm) => (warm.connection, warm.given),
            None => match pool.connections.acquire().await {
                Ok(connection) => (connection, Instant::now()),
                Err(error) => {
                    if let sqlx::Error::PoolTimedOut = error {
                        wait.timed_out();
                    }
                    return Err(error);
                }
            },
        };
        Ok(Lease { connection: Some(connection), pool, given, loan: wait.lent(), ended: false, _turn: turn })
    }
}

impl Lease {
    /// The connection itself, and the instrument of its statements.
    pub(crate) fn parts(&mut self) -> (&mut PgConnection, &StatementMeter) {
        let connection = self.connection.as_mut().expect("a lease has its connection until it is dropped");
        (connection, self.pool.meter.statements())
    }

    /// The transaction has ended, and the connection can be used for the next.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pool.meter.returned(&self.loan);
        let Some(mut connection) = self.connection.take() else { return };
        if !self.ended {
            connection.close_on_drop();
            self.pool.losses.note();
        } else if self.given.elapsed() < KEPT && !self.pool.connections.is_closed() {
            self.pool.warm_ones().push(Warm { connection, given: self.given, used: Instant::now() });
        }
    }
}

/// When a connection was lost last.
#[derive(Clone)]
struct Losses {
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
    fn note(&self) {
        let micros = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX - 1);
        self.last.store(micros + 1, Ordering::Relaxed);
    }

    /// Whether one was lost so short a time ago.
    fn any_within(&self, time: Duration) -> bool {
        let last = self.last.load(Ordering::Relaxed).checked_sub(1);
        last.is_some_and(|last| self.since.elapsed().saturating_sub(Duration::from_micros(last)) <= time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_some_time_ago_and_none_never_was() {
        let losses = Losses::default();
        assert!(!losses.any_within(Duration::MAX));
        losses.note();
        assert!(losses.any_within(Duration::MAX), "it was some time ago");
        assert!(!losses.any_within(Duration::ZERO), "it was not now");
    }
}
