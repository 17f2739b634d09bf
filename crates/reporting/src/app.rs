//! What the followers and every RPC work with: the batcher that writes, the database that is read, and who asks.

use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_runtime::deadline::Deadline;
use handoff_runtime::identity::{Identity, TenantRef};
use handoff_runtime::status::from_error;
use handoff_runtime::telemetry;
use handoff_store::batch::{Batcher, Envelope, Limits, Priority};
use handoff_store::database::{Database, Work};
use handoff_store::tx::Tx;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::ledger::{Answer, Ledger, Wish};

/// The service's parts. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct App {
    batcher: Batcher<Ledger>,
    database: Database,
}

/// Who asks, for which tenant, and until when the answer is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) tenant: TenantRef,
    pub(crate) deadline: Option<Instant>,
}

impl Call {
    /// The call that a request makes on behalf of one tenant.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let tenant = Identity::of(request)?.tenant()?.clone();
        Ok(Self { tenant, deadline: Deadline::of(request).instant() })
    }
}

impl App {
    /// The service on this database, and the tenants whose rollups have to be built, as they turn up.
    pub(crate) fn new(database: Database, limits: Limits) -> (Self, UnboundedReceiver<TenantId>) {
        let (unbuilt, turning_up) = unbounded_channel();
        let batcher = Batcher::new(database.clone(), Ledger::new(unbuilt), limits);
        (Self { batcher, database }, turning_up)
    }

    /// Makes the effects of a wish durable. Without a request id, because a cursor or a state makes it repeatable.
    pub(crate) async fn write(&self, tenant: TenantId, wish: Wish) -> Result<Answer, Error> {
        let actor = Actor { principal: "services/reporting".to_owned(), side: Side::System };
        let envelope = Envelope {
            tenant,
            actor,
            request: None,
            deadline: None,
            priority: Priority::Bulk,
            traceparent: telemetry::traceparent(),
        };
        self.batcher.submit(envelope, wish).await
    }

    /// Reads the call's tenant in one snapshot.
    pub(crate) async fn read<T, F>(&self, call: &Call, work: F) -> Result<T, Status>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, TenantId) -> Work<'t, T> + Send + 'static,
    {
        let tenant = call.tenant.id;
        self.database.read(tenant, call.deadline, move |tx| work(tx, tenant)).await.map_err(from_error)
    }

    /// The database through the connections that nobody waits for.
    pub(crate) fn background(&self) -> Database {
        self.database.background()
    }
}
