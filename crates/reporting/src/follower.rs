//! What the service does with the events of a log: a message of it is one transaction.

use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::Event;
use handoff_runtime::consumer;
use handoff_store::log::cursor;

use crate::app::App;
use crate::ledger::{Heard, Wish};

/// Cursors that are read at once.
const PAGE: usize = 1_000;

/// Follows one log into this service's facts.
#[derive(Debug)]
pub(crate) struct Follower {
    source: &'static str,
    app: App,
}

impl Follower {
    /// Follows the log of `source`, `qualification` or `sla`.
    pub(crate) fn new(source: &'static str, app: App) -> Self {
        Self { source, app }
    }
}

impl consumer::Follower for Follower {
    async fn cursors(&self) -> Result<Vec<(TenantId, i64)>, Error> {
        let source = self.source;
        let mut cursors: Vec<(TenantId, i64)> = Vec::new();
        loop {
            let after = cursors.last().map(|(tenant, _)| *tenant);
            let page = self
                .app
                .background()
                .read_directory(None, move |tx| Box::pin(cursor::list(tx, source, after, PAGE as i64)))
                .await?;
            let is_full = page.len() == PAGE;
            cursors.extend(page);
            if !is_full {
                return Ok(cursors);
            }
        }
    }

    async fn apply(&self, tenant: TenantId, events: Vec<Event>) -> Result<(), Error> {
        self.app.write(tenant, Wish::Hear(Heard { source: self.source, events })).await.map(|_| ())
    }
}
