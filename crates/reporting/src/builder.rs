//! Builds the rollups of tenants that have none: after an upgrade that brought them, after a change of the zone, or when
//! somebody asked for it. A step is a batch like any other, so the logs are followed in between, and reports are
//! answered from what was complete before, or from facts.
//!
//! Where a process ends in the middle the next one goes on: how far a generation is built stands beside it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_store::log::cursor;
use handoff_store::reporting::rollup_state;
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::ledger::Wish;

/// Cursors that are read at once.
const PAGE: usize = 1_000;
/// Tenants that are built at the same time.
const TENANTS_AT_ONCE: usize = 2;
/// The longest pause between two looks at all tenants: another process may have left something half built.
const LOOK: Duration = Duration::from_secs(60);

/// Builds rollups.
#[derive(Debug, Clone)]
pub(crate) struct Builder {
    app: App,
    turning_up: Arc<Mutex<UnboundedReceiver<TenantId>>>,
}

impl Builder {
    pub(crate) fn new(app: App, turning_up: UnboundedReceiver<TenantId>) -> Self {
        Self { app, turning_up: Arc::new(Mutex::new(turning_up)) }
    }

    /// Works until it is dropped.
    ///
    /// # Errors
    /// The directory of cursors, or a tenant's state, cannot be read or written. All is looked through again then.
    pub(crate) async fn run(self) -> Result<(), Error> {
        let mut turning_up = self.turning_up.lock().await;
        let mut at_work: JoinSet<Result<TenantId, Error>> = JoinSet::new();
        let mut waiting: HashSet<TenantId> = HashSet::new();
        let mut busy: HashSet<TenantId> = HashSet::new();
        let mut next_look = Instant::now();
        loop {
            if next_look <= Instant::now() {
                waiting.extend(self.unbuilt().await?);
                next_look = Instant::now() + LOOK;
            }
            while busy.len() < TENANTS_AT_ONCE {
                let Some(tenant) = waiting.iter().copied().find(|tenant| !busy.contains(tenant)) else {
                    break;
                };
                waiting.remove(&tenant);
                busy.insert(tenant);
                at_work.spawn(build(self.app.clone(), tenant));
            }
            let something = async {
                tokio::select! {
                    Some(tenant) = turning_up.recv() => Ok(tenant),
                    Some(done) = at_work.join_next() => Err(done),
                    else => std::future::pending().await,
                }
            };
            match timeout_at(next_look, something).await {
                Ok(Ok(tenant)) => drop(waiting.insert(tenant)),
                Ok(Err(done)) => {
                    let tenant = done.map_err(|_| Error::Internal)??;
                    busy.remove(&tenant);
                    // What turned up meanwhile was about what is done now.
                    waiting.remove(&tenant);
                }
                // Time for another look.
                Err(_) => {}
            }
        }
    }

    /// The tenants that have no complete generation, or have begun another one.
    async fn unbuilt(&self) -> Result<Vec<TenantId>, Error> {
        let mut unbuilt = Vec::new();
        for source in [crate::QUALIFICATION, crate::SLA] {
            let mut after: Option<TenantId> = None;
            loop {
                let database = self.app.background();
                let page = database
                    .read_directory(None, move |tx| Box::pin(cursor::list(tx, source, after, PAGE as i64)))
                    .await?;
                for (tenant, _) in &page {
                    let tenant = *tenant;
                    let state =
                        database.read(tenant, None, move |tx| Box::pin(rollup_state::load(tx, tenant)));
                    if state.await?.is_none_or(|state| state.serving.is_none() || state.building.is_some()) {
                        unbuilt.push(tenant);
                    }
                }
                after = page.last().map(|(tenant, _)| *tenant);
                if page.len() < PAGE {
                    break;
                }
            }
        }
        Ok(unbuilt)
    }
}

async fn build(app: App, tenant: TenantId) -> Result<TenantId, Error> {
    while app.write(tenant, Wish::Build).await?.more {}
    Ok(tenant)
}
