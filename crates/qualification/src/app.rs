//! What every RPC works with: the batcher that writes, the database that is read, and who asks.

use std::future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::{Error, Reason};
use handoff_domain::id::TenantId;
use handoff_domain::qualification::Command;
use handoff_runtime::deadline::Deadline;
use handoff_runtime::identity::{Identity, TenantRef};
use handoff_runtime::shutdown::Shutdown;
use handoff_runtime::status::from_error;
use handoff_runtime::telemetry;
use handoff_store::batch::{Batcher, Envelope, Limits, Priority, RequestKey};
use handoff_store::database::{Database, Work};
use handoff_store::tx::Tx;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::ledger::{Answer, Ledger, Wish};

/// Items of imports that were read and are not durable yet, of all streams together. A tenant's queue holds as many, so
/// that an import waits and is never refused for being fast.
const IMPORT_ITEMS: u32 = 16_384;
/// The same in bytes as they came in; as commands they take about three times as much.
const IMPORT_BYTES: u32 = 16 << 20;
/// One budget keeps both limits: however small an item is, it weighs this much.
const ITEM_BYTES_MIN: u32 = IMPORT_BYTES / IMPORT_ITEMS;

/// The service's parts. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct App {
    batcher: Batcher<Ledger>,
    database: Database,
    imports: Arc<Semaphore>,
    calls: Arc<AtomicU64>,
    shutdown: Shutdown,
}

/// The answer to a command that has its place in the queue.
pub(crate) type Pending = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

/// Who asks, for which tenant, and until when the answer is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) tenant: TenantRef,
    pub(crate) actor: Actor,
    pub(crate) deadline: Option<Instant>,
}

impl Call {
    /// The call that a request makes on behalf of one tenant.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let identity = Identity::of(request)?;
        let tenant = identity.tenant()?.clone();
        Ok(Self { tenant, actor: identity.actor, deadline: Deadline::of(request).instant() })
    }
}

impl App {
    /// The service on this database.
    pub(crate) fn new(database: Database, limits: Limits, shutdown: Shutdown) -> Self {
        let queue_commands = limits.queue_commands.max(IMPORT_ITEMS as usize);
        let limits = Limits { queue_commands, ..limits };
        let batcher = Batcher::new(database.clone(), Ledger::default(), limits);
        let imports = Arc::new(Semaphore::new(IMPORT_BYTES as usize));
        Self { batcher, database, imports, calls: Arc::default(), shutdown }
    }

    /// Waits until the process is asked to stop: streams that can be opened elsewhere end then.
    pub(crate) async fn asked_to_stop(&self) {
        self.shutdown.requested().await;
    }

    /// Waits until a stream has to end because the process does.
    pub(crate) async fn last_call(&self) {
        self.shutdown.last_call().await;
    }

    /// Carries out a command that somebody waits for; `size` is about how many bytes it came in.
    pub(crate) async fn change(
        &self,
        call: Call,
        request: RequestKey,
        command: Command,
        size: usize,
    ) -> Result<Answer, Status> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let envelope = Envelope {
            tenant: call.tenant.id,
            actor: call.actor.clone(),
            request: Some(request),
            deadline: call.deadline,
            priority: Priority::Interactive,
            traceparent: telemetry::traceparent(),
        };
        let wish = Wish { actor: call.actor, command, size, turn: None };
        let answer = self.batcher.submit(envelope, wish).await;
        answer.map_err(|error| from_error(tenant_by_its_name(error, &call.tenant)))
    }

    /// Carries out what the service does by itself: behind everything that somebody waits for, and without a request id,
    /// because whatever it is about says whether it was done.
    pub(crate) async fn do_own(&self, tenant: TenantId, command: Command) -> Result<Answer, Error> {
        let actor = Actor { principal: "services/qualification".to_owned(), side: Side::System };
        let envelope = Envelope {
            tenant,
            actor: actor.clone(),
            request: None,
            deadline: None,
            priority: Priority::Bulk,
            traceparent: telemetry::traceparent(),
        };
        let wish = Wish { actor, command, size: 0, turn: None };
        self.batcher.submit(envelope, wish).await
    }

    /// The database through the connections that nobody waits for.
    pub(crate) fn background(&self) -> Database {
        self.database.background()
    }

    /// Rests, unless the process is asked to stop.
    pub(crate) async fn pause(&self, rest: Duration) {
        self.shutdown.pause(rest).await;
    }

    /// How many calls somebody has waited for so far: whoever works behind everybody learns by it whether anybody is there.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Puts an item of an import into its tenant's queue, behind everything that somebody waits for, and without a
    /// request id, because its source keys make it repeatable. Waits until there is room; then the item has its place,
    /// whether or not anybody polls the future that comes back, which is its answer.
    ///
    /// Whoever calls it for one item after the other keeps their order, and gets as much room as every other stream:
    /// first come, first served, and each stream comes with one item at a time.
    pub(crate) async fn import(&self, call: &Call, command: Command, size: usize) -> Pending {
        let weight = u32::try_from(size).unwrap_or(u32::MAX).clamp(ITEM_BYTES_MIN, IMPORT_BYTES);
        // The semaphore is never closed.
        let Ok(turn) = Arc::clone(&self.imports).acquire_many_owned(weight).await else {
            return Box::pin(future::ready(Err(Error::Internal)));
        };
        let envelope = Envelope {
            tenant: call.tenant.id,
            actor: call.actor.clone(),
            request: None,
            deadline: call.deadline,
            priority: Priority::Bulk,
            traceparent: telemetry::traceparent(),
        };
        // The turn ends with the command, and not with whoever waits for it: a client that is slow to take its answers
        // holds up nobody else.
        let wish = Wish { actor: call.actor.clone(), command, size, turn: Some(turn) };
        let (batcher, tenant) = (self.batcher.clone(), call.tenant.clone());
        let mut answer: Pending = Box::pin(async move {
            let answer = batcher.submit(envelope, wish).await;
            answer.map_err(|error| tenant_by_its_name(error, &tenant))
        });
        // The first poll is what queues it.
        match future::poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
            Poll::Ready(answer) => Box::pin(future::ready(answer)),
            Poll::Pending => answer,
        }
    }

    /// Reads the call's tenant in one snapshot.
    pub(crate) async fn read<T, F>(&self, call: &Call, work: F) -> Result<T, Status>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, TenantId) -> Work<'t, T> + Send + 'static,
    {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let tenant = call.tenant.id;
        self.database.read(tenant, call.deadline, move |tx| work(tx, tenant)).await.map_err(from_error)
    }
}

/// The batch knows tenants by their keys only, and that one is not there by its missing log row.
fn tenant_by_its_name(error: Error, tenant: &TenantRef) -> Error {
    match error {
        Error::NotFound { resource } if resource == format!("tenants/{}", tenant.id) => {
            unknown_tenant(tenant)
        }
        other => other,
    }
}

/// The refusal of a call about a tenant that nobody has created.
pub(crate) fn unknown_tenant(tenant: &TenantRef) -> Error {
    Error::refused(Reason::TenantNotFound, [("tenant", format!("tenants/{}", tenant.slug))])
}
