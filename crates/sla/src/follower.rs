//! What the service does with qualification's events: those that concern the SLA become commands, a message of the log
//! one transaction.

use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::Event;
use handoff_runtime::consumer;
use handoff_store::log::cursor;

use crate::app::App;
use crate::convert::heard;
use crate::ledger::{Heard, Wish};

/// Whose log is followed.
pub(crate) const SOURCE: &str = "qualification";
/// Cursors that are read at once.
const PAGE: usize = 1_000;

/// Follows qualification's log into this service's ledger.
#[derive(Debug)]
pub(crate) struct Follower {
    app: App,
}

impl Follower {
    /// Follows into the ledger of `app`.
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

impl consumer::Follower for Follower {
    async fn cursors(&self) -> Result<Vec<(TenantId, i64)>, Error> {
        let mut cursors: Vec<(TenantId, i64)> = Vec::new();
        loop {
            let after = cursors.last().map(|(tenant, _)| *tenant);
            let page = self
                .app
                .background()
                .read_directory(None, move |tx| Box::pin(cursor::list(tx, SOURCE, after, PAGE as i64)))
                .await?;
            let is_full = page.len() == PAGE;
            cursors.extend(page);
            if !is_full {
                return Ok(cursors);
            }
        }
    }

    async fn apply(&self, tenant: TenantId, events: Vec<Event>) -> Result<(), Error> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
        let (after, last) = (first.position - 1, last.position);
        let mut commands = Vec::new();
        for event in &events {
            match heard::command(event) {
                Ok(Some(command)) => commands.push((event.position, command)),
                Ok(None) => {}
                Err(heard::Unreadable(field)) => {
                    tracing::error!(%tenant, position = event.position, kind = event.r#type, field, "an event cannot be read");
                    return Err(Error::Internal);
                }
            }
        }
        self.app.do_own(tenant, Wish::Hear(Heard { after, last, commands })).await?;
        Ok(())
    }
}
