//! Lets deadlines pass. It sleeps until the next deadline of any tenant, or until a batch of this process has changed
//! one, and looks once a second anyway, because other replicas write too; a look reads the first rows of an index, no
//! matter how many clocks run.
//!
//! A deadline passes for a tenant only once qualification has said how far its log goes at a later time, under the
//! lock of its writers, and everything up to there has been taken in: a decision that was on its way at the deadline
//! is never a breach. Several replicas may do the same at once; the one that comes second finds nothing due.

use std::cmp::min;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_runtime::clock;
use handoff_runtime::consumer::FollowedLog;
use handoff_store::sla::due_time::{self, DueTime};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tonic::Status;

use crate::app::App;
use crate::ledger::{Answer, Wish};

/// How often the directory is looked at without being woken.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest time between two looks: batches that come faster than this are seen together.
const BREATH: Duration = Duration::from_millis(10);
/// Tenants whose deadlines pass at the same time.
const TENANTS_AT_ONCE: usize = 8;
/// How long a tenant may take to catch up and fire before others get its place.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a tenant that could not be caught up with is left alone.
const REST: Duration = Duration::from_secs(1);
/// How long a tenant is left alone where another replica was quicker.
const SHORT_REST: Duration = Duration::from_millis(50);

/// Lets deadlines pass.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    app: App,
    log: FollowedLog,
}

impl Worker {
    /// Fires the deadlines of `app` once `log`, qualification's, has been taken in beyond them.
    pub(crate) fn new(app: App, log: FollowedLog) -> Self {
        Self { app, log }
    }

    /// Works until it is dropped.
    ///
    /// # Errors
    /// The directory cannot be read. A tenant that fails is tried again and does not hold up the others.
    pub(crate) async fn run(self) -> Result<(), Error> {
        let mut changed = self.app.background().appended();
        let mut at_work: JoinSet<(TenantId, Option<Duration>)> = JoinSet::new();
        let mut busy: HashSet<TenantId> = HashSet::new();
        let mut resting: HashMap<TenantId, Instant> = HashMap::new();
        loop {
            let looked = Instant::now();
            let now = clock::now();
            // Seen before the directory is read: what is committed after that wakes us again.
            changed.mark_unchanged();
            resting.retain(|_, until| *until > looked);
            // So many that some of them are free, if any is, and one more to sleep by.
            let limit = busy.len() + resting.len() + TENANTS_AT_ONCE + 1;
            let next = self.next(limit).await?;
            for due in next.iter().filter(|due| due.next_at < now) {
                let is_free = !busy.contains(&due.tenant) && !resting.contains_key(&due.tenant);
                if is_free && at_work.len() < TENANTS_AT_ONCE {
                    busy.insert(due.tenant);
                    at_work.spawn(self.clone().fire(*due));
                }
            }
            let due =
                next.iter().map(|due| due.next_at).find(|at| *at >= now).map(|at| looked + until(now, at));
            let wake = due.into_iter().chain(resting.values().copied()).fold(looked + LOOK, min);
            tokio::select! {
                Some(done) = at_work.join_next(), if !at_work.is_empty() => {
                    let (tenant, rest) = done.map_err(|_| Error::Internal)?;
                    busy.remove(&tenant);
                    resting.extend(rest.map(|rest| (tenant, Instant::now() + rest)));
                }
                _ = changed.changed() => {}
                _ = timeout_at(wake, std::future::pending::<()>()) => {}
            }
            let _ = timeout_at(looked + BREATH, std::future::pending::<()>()).await;
        }
    }

    async fn next(&self, limit: usize) -> Result<Vec<DueTime>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.app.background().read_directory(None, move |tx| Box::pin(due_time::list(tx, limit))).await
    }

    /// Lets what is due of a tenant pass; gives how long to leave the tenant alone.
    async fn fire(self, due: DueTime) -> (TenantId, Option<Duration>) {
        let tenant = due.tenant;
        let rest = match timeout(PATIENCE, self.catch_up_and_fire(due)).await {
            Ok(Ok(rest)) => rest,
            Ok(Err(failure)) => {
                let (code, message) = (failure.code(), failure.message());
                tracing::warn!(%tenant, ?code, message, "deadlines wait: qualification's log cannot be caught up with");
                Some(REST)
            }
            Err(_) => {
                tracing::warn!(%tenant, "deadlines wait: catching up with qualification's log takes long");
                Some(REST)
            }
        };
        (tenant, rest)
    }

    async fn catch_up_and_fire(&self, due: DueTime) -> Result<Option<Duration>, Status> {
        let Some(head) = self.log.catch_up(due.tenant).await? else {
            return Err(Status::not_found("qualification does not know the tenant"));
        };
        if head <= due.next_at {
            // Our clock is ahead of the database's, which counts.
            return Ok(Some(until(head, due.next_at)));
        }
        let fired = self.app.do_own(due.tenant, Wish::FireDue { until: head }).await;
        match fired.map_err(handoff_runtime::status::from_error)? {
            Answer::Fired(1..) => Ok(None),
            _ => Ok(Some(SHORT_REST)),
        }
    }
}

/// The time from `now` to just after `at`: a deadline has passed only then.
fn until(now: DateTime<Utc>, at: DateTime<Utc>) -> Duration {
    (at - now + TimeDelta::milliseconds(1)).to_std().unwrap_or_default()
}
