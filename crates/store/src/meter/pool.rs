//! A pool of connections, by the conventions of `db.client.connection.*`, and the age of the oldest transaction: a
//! connection is lent for one transaction, so its loan is as old as that.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};
use sqlx::PgPool;

use super::{DATABASE, StatementMeter};

/// The instruments of one pool.
#[derive(Debug)]
pub(crate) struct PoolMeter {
    wait_time: Histogram<f64>,
    use_time: Histogram<f64>,
    timeouts: Counter<u64>,
    meter: Meter,
    name: KeyValue,
    usage: Arc<Usage>,
    statements: StatementMeter,
}

/// Who has connections, and who waits for one.
#[derive(Debug, Default)]
struct Usage {
    loans: Mutex<Loans>,
    waiting: AtomicI64,
}

/// Since when connections are lent, in the order of their loans: the first is the oldest.
#[derive(Debug, Default)]
struct Loans {
    next: u64,
    since: BTreeMap<u64, Instant>,
}

impl Usage {
    fn loans(&self) -> MutexGuard<'_, Loans> {
        self.loans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody waits for a connection.
pub(crate) struct Wait {
    meter: Arc<PoolMeter>,
    since: Instant,
}

/// A connection that is lent.
#[derive(Debug)]
pub(crate) struct Loan {
    number: u64,
    since: Instant,
}

impl PoolMeter {
    /// Instruments of the pool called `name`, whose statements work in `namespace`: database and schema.
    pub(crate) fn new(meter: &Meter, name: String, namespace: String) -> Self {
        let duration = |name, description| {
            let builder = meter.f64_histogram(name).with_unit("s").with_description(description);
            builder.with_boundaries(DATABASE.to_vec()).build()
        };
        Self {
            wait_time: duration(
                "db.client.connection.wait_time",
                "The time it took to obtain an open connection from the pool.",
            ),
            use_time: duration(
                "db.client.connection.use_time",
                "The time between borrowing a connection and returning it to the pool.",
            ),
            timeouts: meter
                .u64_counter("db.client.connection.timeouts")
                .with_unit("{timeout}")
                .with_description("Times that no connection could be had of the pool in time.")
                .build(),
            meter: meter.clone(),
            name: KeyValue::new("db.client.connection.pool.name", name),
            usage: Arc::default(),
            statements: StatementMeter::new(meter, namespace),
        }
    }

    /// Shows the state of `pool`, which may have `most` connections, whenever somebody looks and for as long as there is
    /// one.
    pub(crate) fn watch(&self, pool: &Arc<PgPool>, most: u32) {
        let (pool, usage) = (Arc::downgrade(pool), Arc::downgrade(&self.usage));
        let state = |state| [self.name.clone(), KeyValue::new("db.client.connection.state", state)];
        let (idle, used) = (state("idle"), state("used"));
        let seen = (Weak::clone(&pool), Weak::clone(&usage));
        // The provider keeps the callbacks; there is nothing to do with what comes back.
        let _ = self
            .meter
            .i64_observable_up_down_counter("db.client.connection.count")
            .with_unit("{connection}")
            .with_description("Connections that are currently in the state that the attribute names.")
            .with_callback(move |observer| {
                let (Some(pool), Some(usage)) = (seen.0.upgrade(), seen.1.upgrade()) else { return };
                let lent = usage.loans().since.len() as i64;
                observer.observe(lent, &used);
                // Those that are kept warm here are lent in the driver's eyes.
                observer.observe((i64::from(pool.size()) - lent).max(0), &idle);
            })
            .build();
        let (name, seen) = ([self.name.clone()], Weak::clone(&pool));
        let _ = self
            .meter
            .i64_observable_up_down_counter("db.client.connection.max")
            .with_unit("{connection}")
            .with_description("The most connections that may be open.")
            .with_callback(move |observer| {
                if seen.strong_count() > 0 {
                    observer.observe(i64::from(most), &name);
                }
            })
            .build();
        let (name, seen) = ([self.name.clone()], Weak::clone(&usage));
        let _ = self
            .meter
            .i64_observable_up_down_counter("db.client.connection.pending_requests")
            .with_unit("{request}")
            .with_description("Transactions that wait for a connection.")
            .with_callback(move |observer| {
                if let Some(usage) = seen.upgrade() {
                    observer.observe(usage.waiting.load(Ordering::Relaxed), &name);
                }
            })
            .build();
        let name = [self.name.clone()];
        let _ = self
            .meter
            .f64_observable_gauge("handoff.transaction.oldest_age")
            .with_unit("s")
            .with_description("How long the oldest transaction of this process has been open; 0 without any.")
            .with_callback(move |observer| {
                let Some(usage) = usage.upgrade() else { return };
                let oldest = usage.loans().since.first_key_value().map(|(_, since)| since.elapsed());
                observer.observe(oldest.unwrap_or_default().as_secs_f64(), &name);
            })
            .build();
    }

    /// The instruments of the statements that its connections carry.
    pub(crate) fn statements(&self) -> &StatementMeter {
        &self.statements
    }

    /// Somebody begins to wait for a connection.
    pub(crate) fn wait(self: &Arc<Self>) -> Wait {
        self.usage.waiting.fetch_add(1, Ordering::Relaxed);
        Wait { meter: Arc::clone(self), since: Instant::now() }
    }

    /// A connection is given back, or closed.
    pub(crate) fn returned(&self, loan: &Loan) {
        self.usage.loans().since.remove(&loan.number);
        self.use_time.record(loan.since.elapsed().as_secs_f64(), std::slice::from_ref(&self.name));
    }
}

impl Wait {
    /// There is one.
    pub(crate) fn lent(self) -> Loan {
        let (meter, since) = (&self.meter, Instant::now());
        let wait = since.saturating_duration_since(self.since);
        meter.wait_time.record(wait.as_secs_f64(), std::slice::from_ref(&meter.name));
        let mut loans = meter.usage.loans();
        let number = loans.next;
        loans.next += 1;
        loans.since.insert(number, since);
        Loan { number, since }
    }

    /// There is none, and the wait is over.
    pub(crate) fn timed_out(self) {
        self.meter.timeouts.add(1, std::slice::from_ref(&self.meter.name));
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.meter.usage.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
