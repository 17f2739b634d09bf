//! A service's way into its schema: pools of connections that carry the service's role, its `search_path` and time
//! limits from the first byte on, and reads that run in tasks of their own.
//!
//! It refuses a schema that is older than this build needs. It does not wait for a database that is not there yet:
//! the runtime does, by asking again while [`ConnectError::is_unreachable`].

mod connect;
mod pool;
mod turns;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use opentelemetry::metrics::Meter;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use handoff_domain::error::Error;
use handoff_domain::id::TenantId;

use crate::error::StoreError;
use crate::log::{self, Head};
use crate::meter;
use crate::qualification::reevaluation;
use crate::tx::Tx;

pub(crate) use connect::parse_url;
pub use connect::{ConnectError, check_url};
pub(crate) use pool::{Lease, Place, Pool};
pub(crate) use turns::Party;

/// The services, each with a schema and a role of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Leads, hand-overs and their decisions.
    Qualification,
    /// Contracts, calendars and clocks.
    Sla,
    /// Facts and rollups.
    Reporting,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Qualification, Self::Sla, Self::Reporting];

    /// The name of its schema.
    pub fn schema(self) -> &'static str {
        match self {
            Self::Qualification => "qualification",
            Self::Sla => "sla",
            Self::Reporting => "reporting",
        }
    }

    /// The role it works under: may use its own schema, owns nothing.
    pub fn role(self) -> &'static str {
        match self {
            Self::Qualification => "handoff_qualification",
            Self::Sla => "handoff_sla",
            Self::Reporting => "handoff_reporting",
        }
    }
}

/// How to connect. The defaults are those of production.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections for batches and for reads that a caller waits for.
    pub rpc_connections: u32,
    /// Connections for consumers, workers and subscriptions, so that they can never starve the callers.
    pub worker_connections: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long to wait for a lock; less than a batch may take, so that the server gives up before we do.
    pub lock_timeout: Duration,
    /// How long a transaction may sit idle before the server ends it.
    pub idle_in_transaction_timeout: Duration,
    /// What measures; if not given, the meter of the provider that the process has when it connects.
    pub meter: Option<Meter>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rpc_connections: 12,
            worker_connections: 6,
            acquire_timeout: Duration::from_secs(1),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(4),
            idle_in_transaction_timeout: Duration::from_secs(10),
            meter: None,
        }
    }
}

/// The future of a read's work; write `|tx| Box::pin(async move { … })` or `|tx| Box::pin(lead::load_by_id(tx, …))`.
pub type Work<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

/// A service's connections. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
    background: bool,
}

struct Shared {
    service: Service,
    rpcs: Pool,
    workers: Pool,
    appended: watch::Sender<u64>,
    options: Options,
    meter: Meter,
}

impl Database {
    /// Connects to the database at `url` (`postgres://…`, a unix socket as `?host=/folder`) as `service`.
    ///
    /// # Errors
    /// See [`ConnectError`]. The schema may be newer than this build: migrations only ever add what old builds ignore.
    pub async fn connect(url: &str, service: Service, options: Options) -> Result<Self, ConnectError> {
        let meter = options.meter.clone().unwrap_or_else(meter::global);
        let (rpcs, workers) = connect::pools(url, service, &options, &meter).await?;
        let (appended, _) = watch::channel(0);
        Ok(Self {
            shared: Arc::new(Shared { service, rpcs, workers, appended, options, meter }),
            background: false,
        })
    }

    /// The same database through the connections for consumers, workers and subscriptions.
    pub fn background(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), background: true }
    }

    /// Whose schema it is.
    pub fn service(&self) -> Service {
        self.shared.service
    }

    /// What measures, for whatever a service makes of this schema.
    pub fn meter(&self) -> &Meter {
        &self.shared.meter
    }

    /// Changes whenever a batch of this process was committed. A watcher still polls: other processes write too.
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.shared.appended.subscribe()
    }

    /// Reads one tenant: one snapshot, no lock, in a task of its own, so that a caller who goes away never leaves a
    /// connection half-way. The statements may take what is left until `deadline`.
    ///
    /// # Errors
    /// `Expired` once the deadline has passed, `Busy` without a connection, `Internal` for a defect.
    pub async fn read<T, F>(&self, tenant: TenantId, deadline: Option<Instant>, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.read_within(Some(tenant), deadline, work).await
    }

    /// Reads the directories that stand outside row-level security: heads, cursors and due times of all tenants.
    /// A statement on any other table fails, since no tenant is set.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn read_directory<T, F>(&self, deadline: Option<Instant>, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.read_within(None, deadline, work).await
    }

    /// The end of a tenant's log as of now: no event with a higher position will ever be recorded with an earlier
    /// time than the head that comes back. Waits for a batch that holds the log row.
    ///
    /// `None` where the tenant does not exist.
    ///
    /// # Errors
    /// `Busy` and `Internal`, as [`Database::read`].
    pub async fn head_now(&self, tenant: TenantId) -> Result<Option<Head>, Error> {
        self.write(tenant, "reading a log's head", move |tx, head| {
            Box::pin(async move {
                // Moved, not only read: the next batch must not record an earlier time even if the clock steps back.
                log::touch_head(tx, tenant, head.recorded_at).await?;
                Ok(head)
            })
        })
        .await
    }

    /// Notes a step of a re-evaluation under the tenant's log row; whether it was one.
    ///
    /// # Errors
    /// `Busy` and `Internal`, as [`Database::read`].
    pub async fn save_reevaluation(
        &self,
        tenant: TenantId,
        key: reevaluation::Key,
        step: reevaluation::Step,
    ) -> Result<bool, Error> {
        let saved = self
            .write(tenant, "noting a re-evaluation", move |tx, head| {
                Box::pin(async move { reevaluation::save(tx, tenant, key, &step, head.recorded_at).await })
            })
            .await?;
        Ok(saved.unwrap_or(false))
    }

    /// Deletes up to `limit` request ids that were recorded before `before`; says how many. From then on a repeat of
    /// such a request is a new request, so `before` is at least 72 hours ago.
    ///
    /// # Errors
    /// `Busy` and `Internal`, as [`Database::read`].
    pub async fn forget_requests(
        &self,
        tenant: TenantId,
        before: DateTime<Utc>,
        limit: i64,
    ) -> Result<u64, Error> {
        let forgotten = self
            .write(tenant, "forgetting request ids", move |tx, _| {
                Box::pin(crate::batch::forget_requests(tx, tenant, before, limit))
            })
            .await?;
        Ok(forgotten.unwrap_or(0))
    }

    /// Whether there are request ids that were recorded before `before`; without a lock.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn has_requests_before(&self, tenant: TenantId, before: DateTime<Utc>) -> Result<bool, Error> {
        self.read(tenant, None, move |tx| Box::pin(crate::batch::has_requests_before(tx, tenant, before)))
            .await
    }

    /// Closes all connections once they are free.
    pub async fn close(&self) {
        self.shared.rpcs.close().await;
        self.shared.workers.close().await;
    }

    pub(crate) fn pool(&self) -> &Pool {
        if self.background { &self.shared.workers } else { &self.shared.rpcs }
    }

    /// How many connections its pool may have.
    pub(crate) fn connections(&self) -> usize {
        let options = &self.shared.options;
        let most = if self.background { options.worker_connections } else { options.rpc_connections };
        most as usize
    }

    pub(crate) fn announce(&self) {
        self.shared.appended.send_modify(|count| *count = count.wrapping_add(1));
    }

    async fn place(&self, party: Party, what: &'static str) -> Result<Place, Error> {
        self.pool().place(party).await.map_err(|failure| StoreError::from(failure).answer(what))
    }

    async fn read_within<T, F>(
        &self,
        tenant: Option<TenantId>,
        deadline: Option<Instant>,
        work: F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        // Waited for here and not in the task: a read whose caller leaves before its turn is never begun, and takes no
        // turn from those who stay.
        let place = self.place(Party::Reads(tenant), "reading").await?;
        let longest = self.shared.options.statement_timeout;
        let left = deadline.map_or(longest, |at| at.saturating_duration_since(Instant::now()).min(longest));
        if left.is_zero() {
            return Err(Error::Expired);
        }
        // statement_timeout = 0 would mean no limit at all.
        let statement_millis = left.as_millis().max(1);
        let read = async move {
            let mut tx = Tx::read(place, tenant, statement_millis).await?;
            // A failed read gives its connection back if that still works; a broken one is closed.
            let result = work(&mut tx).await;
            match tx.rollback().await {
                Err(failure) if result.is_ok() => Err(failure),
                _ => result,
            }
        };
        // The server stops a slow statement; the limit here is for what the server cannot see.
        match own_task(left + self.shared.options.acquire_timeout, read).await {
            Err(failure) if failure.is_slow() && deadline.is_some() => Err(Error::Expired),
            other => other.map_err(|failure| failure.answer("reading")),
        }
    }

    /// A small write of the store's own under the tenant's log row; `None` where the tenant does not exist. The head
    /// that `work` gets carries the time after the lock.
    async fn write<T, F>(&self, tenant: TenantId, what: &'static str, work: F) -> Result<Option<T>, Error>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, Head) -> Work<'t, T> + Send + 'static,
    {
        let place = self.place(Party::Writes(tenant), what).await?;
        let limit = self.shared.options.statement_timeout;
        let write = async move {
            let (mut tx, locked) = Tx::lock(place, tenant, None).await?;
            let Some(head) = locked.head else {
                tx.rollback().await?;
                return Ok(None);
            };
            let now = Head { recorded_at: head.recorded_at.max(locked.clock), ..head };
            let value = work(&mut tx, now).await?;
            tx.commit(limit).await?;
            Ok(Some(value))
        };
        own_task(limit, write).await.map_err(|failure| failure.answer(what))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("service", &self.shared.service)
            .field("background", &self.background)
            .finish_non_exhaustive()
    }
}

/// Runs a transaction in a task of its own with a time limit, so that nobody can cancel it half-way: a caller that
/// goes away leaves the task to its end, and what the limit cuts off is closed, not given back. It works in its caller's
/// span all the same.
pub(crate) async fn own_task<T, F>(limit: Duration, transaction: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    spawned(within(limit, transaction)).await
}

/// As [`own_task`], of a transaction that keeps its limits itself.
pub(crate) async fn spawned<T, F>(transaction: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let task = tokio::spawn(transaction.in_current_span());
    task.await.unwrap_or_else(|_| Err(StoreError::defect("a transaction panicked")))
}

/// Gives up what takes longer than `limit`.
pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(StoreError::given_up(limit)))
}
