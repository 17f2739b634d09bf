//! One subscriber of a log: finds the tenants whose heads lie ahead of what was sent, and sends each what is missing,
//! in order and without a gap.
//!
//! It wakes when a batch of this process was committed and looks at all heads once a second anyway, because other
//! processes write too. Tenants take turns message by message, and whoever has become ready meanwhile joins in, so that
//! the history of a large one does not keep the others waiting.

use std::collections::HashMap;
use std::time::Duration;

use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::SubscribeEventsResponse;
use handoff_store::database::Database;
use handoff_store::log::{self, Head};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use super::to_event;
use crate::{limits, status};

/// How often all heads are looked at without being woken.
const SCAN: Duration = Duration::from_secs(1);
/// The shortest time between two looks: commits that come faster than this are found together.
const BREATH: Duration = Duration::from_millis(10);
/// How long those that are behind take turns before the heads are looked at again, for whoever joins in.
const ROUNDS: Duration = Duration::from_millis(100);
/// Heads in one page of the directory.
const HEADS: i64 = 1_000;

/// The tenants that a subscriber may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Every one.
    All,
    /// One.
    Tenant(TenantId),
}

impl Scope {
    pub(super) fn holds(&self, tenant: TenantId) -> bool {
        match self {
            Self::All => true,
            Self::Tenant(own) => *own == tenant,
        }
    }
}

type Messages = mpsc::Sender<Result<SubscribeEventsResponse, Status>>;

/// What stops a subscription.
enum Stop {
    /// The subscriber went away.
    Gone,
    /// It has to be told.
    Failed(Status),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(status::from_error(error))
    }
}

pub(super) struct Subscription {
    database: Database,
    appended: watch::Receiver<u64>,
    scope: Scope,
    sent: HashMap<TenantId, i64>,
}

impl Subscription {
    pub(super) fn new(database: Database, scope: Scope, cursors: HashMap<TenantId, i64>) -> Self {
        let appended = database.appended();
        Self { database, appended, scope, sent: cursors }
    }

    /// Sends events for ever; gives the status to end with when that fails. Pending for ever once the subscriber is
    /// gone.
    pub(super) async fn run(mut self, messages: &Messages) -> Status {
        match self.follow(messages).await {
            Stop::Failed(status) => status,
            Stop::Gone => std::future::pending().await,
        }
    }

    async fn follow(&mut self, messages: &Messages) -> Stop {
        loop {
            let looked = Instant::now();
            // Seen before the heads are read: what is committed after that wakes us again.
            self.appended.mark_unchanged();
            match self.send_new(looked + ROUNDS, messages).await {
                Ok(true) => {
                    let _ = timeout_at(looked + SCAN, self.appended.changed()).await;
                }
                Ok(false) => {}
                Err(stop) => return stop,
            }
            let _ = timeout_at(looked + BREATH, std::future::pending::<()>()).await;
        }
    }

    /// Sends what lies before the heads as they are now, in rounds of one message for each tenant, of which none
    /// begins after `end`. Whether that was everything.
    async fn send_new(&mut self, end: Instant, messages: &Messages) -> Result<bool, Stop> {
        let mut behind = self.heads().await?;
        self.refuse_the_future(&behind)?;
        loop {
            let mut still_behind = Vec::new();
            for head in behind {
                let sent = self.sent(head.tenant);
                if sent >= head.position {
                    continue;
                }
                let last = self.send_one(head.tenant, sent, messages).await?;
                self.sent.insert(head.tenant, last);
                if last < head.position {
                    still_behind.push(head);
                }
            }
            behind = still_behind;
            if behind.is_empty() || Instant::now() >= end {
                return Ok(behind.is_empty());
            }
        }
    }

    /// Sends the next message of a tenant; gives the last position in it.
    async fn send_one(&self, tenant: TenantId, sent: i64, messages: &Messages) -> Result<i64, Stop> {
        // Room first: what is read is never older than the wait for a slow subscriber, and nothing piles up.
        let room = messages.reserve().await.map_err(|_| Stop::Gone)?;
        let (limit, bytes) = (limits::EVENTS_PER_MESSAGE, limits::EVENT_BYTES_PER_MESSAGE);
        let events = self
            .database
            .read(tenant, None, move |tx| Box::pin(log::load_after(tx, tenant, sent, limit, bytes)))
            .await?;
        let mut last = sent;
        let mut wire = Vec::with_capacity(events.len());
        for event in events {
            if event.position != last + 1 {
                tracing::error!(%tenant, after = last, found = event.position, "the log has a gap");
                return Err(Error::Internal.into());
            }
            last = event.position;
            wire.push(to_event(event).map_err(|error| {
                tracing::error!(%tenant, position = last, %error, "the payload of an event cannot be read");
                Error::Internal
            })?);
        }
        if last == sent {
            tracing::error!(%tenant, after = sent, "the log ends before its head");
            return Err(Error::Internal.into());
        }
        room.send(Ok(SubscribeEventsResponse { tenant_uid: tenant.to_string(), events: wire }));
        Ok(last)
    }

    async fn heads(&self) -> Result<Vec<Head>, Error> {
        if let Scope::Tenant(tenant) = self.scope {
            // The tenant may not exist yet; it is followed from its beginning.
            let head =
                self.database.read(tenant, None, move |tx| Box::pin(log::load_head(tx, tenant))).await?;
            return Ok(head.into_iter().collect());
        }
        let mut heads: Vec<Head> = Vec::new();
        loop {
            let after = heads.last().map(|head| head.tenant);
            let page = self
                .database
                .read_directory(None, move |tx| Box::pin(log::list_heads(tx, after, HEADS)))
                .await?;
            let full = i64::try_from(page.len()).is_ok_and(|length| length == HEADS);
            heads.extend(page);
            if !full {
                return Ok(heads);
            }
        }
    }

    /// A subscriber that has seen more than there is belongs to another database, or this one was restored from a
    /// backup. Waiting until the log catches up would hand it other events under positions that it knows.
    fn refuse_the_future(&self, heads: &[Head]) -> Result<(), Error> {
        match heads.iter().find(|head| self.sent(head.tenant) > head.position) {
            Some(head) => Err(Error::invalid(
                "cursors",
                format!(
                    "tenants/{} was seen beyond its log's end, which is at {}",
                    head.tenant, head.position
                ),
            )),
            None => Ok(()),
        }
    }

    fn sent(&self, tenant: TenantId) -> i64 {
        self.sent.get(&tenant).copied().unwrap_or(0)
    }
}
