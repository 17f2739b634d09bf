//! Forgets request ids once their 72 hours are over. It is all that may ever be deleted of a log's schema: an id that is
//! forgotten makes its request a new one, and a log is never shortened.
//!
//! A turn looks at every tenant by an index, without a lock, and deletes at most a few hundred ids of one, under its log
//! row and behind everybody who waits: the row is held for milliseconds, and what is left waits for the next turn.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_store::database::Database;
use handoff_store::log;

use crate::clock;
use crate::shutdown::Shutdown;

/// What callers are promised, and an hour for clocks that differ: ids are dated by the database.
const KEPT: TimeDelta = TimeDelta::hours(73);
/// Ids of one tenant that go in one turn.
const AT_ONCE: i64 = 500;
/// Tenants that are read at once.
const PAGE: usize = 1_000;
/// Between turns that found nothing more to do.
const REST: Duration = Duration::from_secs(600);
/// Between turns while there is something left.
const BREATH: Duration = Duration::from_millis(250);

/// Forgets the request ids of one service.
#[derive(Debug, Clone)]
pub struct Forgetter {
    database: Database,
    shutdown: Shutdown,
}

impl Forgetter {
    /// Of the service whose `database` it is, through the connections that nobody waits for.
    pub fn new(database: &Database, shutdown: &Shutdown) -> Self {
        Self { database: database.background(), shutdown: shutdown.clone() }
    }

    /// Works until the process is asked to stop.
    ///
    /// # Errors
    /// When the store fails; to be started again.
    pub async fn run(self) -> Result<(), Error> {
        loop {
            let is_left = self.turn(clock::now() - KEPT).await?;
            if !self.shutdown.pause(if is_left { BREATH } else { REST }).await {
                return Ok(());
            }
        }
    }

    /// Forgets some of what was recorded before `before`, of every tenant; says whether there may be more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn turn(&self, before: DateTime<Utc>) -> Result<bool, Error> {
        let (mut after, mut is_left): (Option<TenantId>, bool) = (None, false);
        loop {
            let from = after;
            let heads = self
                .database
                .read_directory(None, move |tx| Box::pin(log::list_heads(tx, from, PAGE as i64)))
                .await?;
            for head in &heads {
                if self.database.has_requests_before(head.tenant, before).await? {
                    let forgotten = self.database.forget_requests(head.tenant, before, AT_ONCE).await?;
                    is_left |= forgotten == AT_ONCE.unsigned_abs();
                }
            }
            if heads.len() < PAGE {
                return Ok(is_left);
            }
            after = heads.last().map(|head| head.tenant);
        }
    }
}
