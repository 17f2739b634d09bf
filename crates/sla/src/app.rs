//! What every RPC, the follower and the worker work with: the batcher that writes, the database that is read, and who
//! asks.

use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_runtime::deadline::Deadline;
use handoff_runtime::identity::{Identity, TenantRef};
use handoff_runtime::status::from_error;
use handoff_runtime::telemetry;
use handoff_store::batch::{Batcher, Envelope, Limits, Priority, RequestKey};
use handoff_store::database::{Database, Work};
use handoff_store::tx::Tx;
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
    pub(crate) fn new(database: Database, limits: Limits) -> Self {
        Self { batcher: Batcher::new(database.clone(), Ledger, limits), database }
    }

    /// Carries out what somebody asked for and waits for.
    pub(crate) async fn change(&self, call: Call, request: RequestKey, wish: Wish) -> Result<Answer, Status> {
        let envelope = Envelope {
            tenant: call.tenant.id,
            actor: call.actor,
            request: Some(request),
            deadline: call.deadline,
            priority: Priority::Interactive,
            traceparent: telemetry::traceparent(),
        };
        self.batcher.submit(envelope, wish).await.map_err(from_error)
    }

    /// Carries out what the service does by itself: behind everything that somebody waits for, and without a request
    /// id, because cursors and timers make it repeatable.
    pub(crate) async fn do_own(&self, tenant: TenantId, wish: Wish) -> Result<Answer, Error> {
        let actor = Actor { principal: "services/sla".to_owned(), side: Side::System };
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
