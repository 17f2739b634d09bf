//! What every RPC works with: the batcher that writes, the database that is read, and who asks.

use std::sync::Arc;

use handoff_domain::actor::Actor;
use handoff_domain::error::{Error, Reason};
use handoff_domain::id::TenantId;
use handoff_domain::qualification::Command;
use handoff_runtime::deadline::Deadline;
use handoff_runtime::identity::{Identity, TenantRef};
use handoff_runtime::status::from_error;
use handoff_store::batch::{Batcher, Envelope, Limits, Priority, RequestKey};
use handoff_store::database::{Database, Work};
use handoff_store::tx::Tx;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::ledger::{Answer, Ledger, Wish};

/// Items of imports in the queues at once, of all streams together: half of what a tenant's queue holds, so that an
/// import waits and is never refused for being fast.
const IMPORTS_QUEUED: usize = 2_048;

/// The service's parts. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct App {
    batcher: Batcher<Ledger>,
    database: Database,
    imports: Arc<Semaphore>,
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
        let batcher = Batcher::new(database.clone(), Ledger, limits);
        Self { batcher, database, imports: Arc::new(Semaphore::new(IMPORTS_QUEUED)) }
    }

    /// Carries out a command that somebody waits for; `size` is about how many bytes it came in.
    pub(crate) async fn change(
        &self,
        call: Call,
        request: RequestKey,
        command: Command,
        size: usize,
    ) -> Result<Answer, Status> {
        let envelope = Envelope {
            tenant: call.tenant.id,
            actor: call.actor.clone(),
            request: Some(request),
            deadline: call.deadline,
            priority: Priority::Interactive,
        };
        let wish = Wish { actor: call.actor, command, size };
        let answer = self.batcher.submit(envelope, wish).await;
        answer.map_err(|error| from_error(tenant_by_its_name(error, &call.tenant)))
    }

    /// Carries out an item of an import: behind everything that somebody waits for, and without a request id, because
    /// its source keys make it repeatable.
    pub(crate) async fn import(&self, call: &Call, command: Command, size: usize) -> Result<Answer, Error> {
        let envelope = Envelope {
            tenant: call.tenant.id,
            actor: call.actor.clone(),
            request: None,
            deadline: call.deadline,
            priority: Priority::Bulk,
        };
        let wish = Wish { actor: call.actor.clone(), command, size };
        // First come, first served: the items of a stream keep their order. The semaphore is never closed.
        let _turn = self.imports.acquire().await.map_err(|_| Error::Internal)?;
        let answer = self.batcher.submit(envelope, wish).await;
        answer.map_err(|error| tenant_by_its_name(error, &call.tenant))
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
