//! How many clocks run and how many of them are overdue, counted for whoever watches the service, in the background and at
//! most once every 15 seconds.
//!
//! The counts of a tenant change only with its log, so a turn reads all heads from the directory and counts the clocks of
//! those tenants whose heads have moved since. What is shown is the sum over all tenants, whichever replica works for
//! them: exact as of the last turn, and nothing before the first is complete. Every replica shows the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_runtime::shutdown::Shutdown;
use handoff_store::database::Database;
use handoff_store::log;
use handoff_store::sla::clock::{self, Running};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

/// Between turns.
const REST: Duration = Duration::from_secs(15);
/// Tenants that are read at once.
const PAGE: usize = 1_000;

/// Counts the clocks of all tenants.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    database: Database,
    shutdown: Shutdown,
    /// What was counted, and where the tenant's log ended then at the earliest.
    counted: Arc<Mutex<HashMap<TenantId, (i64, Running)>>>,
    /// The sum of the last complete turn.
    shown: Arc<Mutex<Option<Running>>>,
}

impl Tally {
    /// Counts what is in `database`, through the connections that nobody waits for.
    pub(crate) fn new(database: &Database, shutdown: &Shutdown) -> Self {
        let shown = Arc::default();
        show(database.meter(), &shown);
        let (database, shutdown) = (database.background(), shutdown.clone());
        Self { database, shutdown, counted: Arc::default(), shown }
    }

    /// Works until the process is asked to stop.
    ///
    /// # Errors
    /// When the store fails; to be started again.
    pub(crate) async fn run(self) -> Result<(), Error> {
        loop {
            self.turn().await?;
            if !self.shutdown.pause(REST).await {
                return Ok(());
            }
        }
    }

    /// Counts again what may have changed.
    async fn turn(&self) -> Result<(), Error> {
        let mut after = None;
        loop {
            let heads = self
                .database
                .read_directory(None, move |tx| Box::pin(log::list_heads(tx, after, PAGE as i64)))
                .await?;
            for head in &heads {
                let tenant = head.tenant;
                if self.known(tenant) == Some(head.position) {
                    continue;
                }
                // What is written meanwhile may be counted already; it moves the head, and is counted again.
                let running = self
                    .database
                    .read(tenant, None, move |tx| Box::pin(clock::count_running(tx, tenant)))
                    .await?;
                lock(&self.counted).insert(tenant, (head.position, running));
            }
            if heads.len() < PAGE {
                break;
            }
            after = heads.last().map(|head| head.tenant);
        }
        let sum = lock(&self.counted).values().fold(Running::default(), |sum, (_, running)| Running {
            open: sum.open + running.open,
            overdue: sum.overdue + running.overdue,
        });
        *lock(&self.shown) = Some(sum);
        Ok(())
    }

    fn known(&self, tenant: TenantId) -> Option<i64> {
        lock(&self.counted).get(&tenant).map(|(position, _)| *position)
    }
}

/// Shows the sum whenever somebody looks.
fn show(meter: &Meter, shown: &Arc<Mutex<Option<Running>>>) {
    let schema = [KeyValue::new("handoff.schema", "sla")];
    for (name, description, number) in [
        (
            "handoff.clock.open",
            "Clocks that run, the overdue ones included.",
            (|sum| sum.open) as fn(Running) -> i64,
        ),
        ("handoff.clock.overdue", "Clocks that run past their deadlines.", |sum| sum.overdue),
    ] {
        let (shown, schema) = (Arc::downgrade(shown), schema.clone());
        // The provider keeps the callback; there is nothing to do with what comes back.
        let _ = meter
            .i64_observable_gauge(name)
            .with_unit("{clock}")
            .with_description(description)
            .with_callback(move |observer| {
                if let Some(sum) = shown.upgrade().and_then(|shown| *lock(&shown)) {
                    observer.observe(number(sum), &schema);
                }
            })
            .build();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere leaves numbers as good as they were.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
