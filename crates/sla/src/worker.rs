//! Lets deadlines pass. It sleeps until the next deadline of any tenant, or until a batch of this process has changed
//! one, and looks once a second anyway, because other replicas write too; a look reads the first rows of an index, no
//! matter how many clocks run.
//!
//! A deadline passes for a tenant only once qualification has said how far its log goes at a later time, under the
//! lock of its writers, and everything up to there has been taken in: a decision that was on its way at the deadline
//! is never a breach. Several replicas may do the same at once; the one that comes second finds nothing due.
//!
//! Any number of tenants may wait for their log to be taken in, for as long as that takes: to ask for ever later heads
//! while the service is behind would mean never to reach one. Only a few ask at the same time.

use std::cmp::min;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_runtime::clock;
use handoff_runtime::consumer::FollowedLog;
use handoff_runtime::status::from_error;
use handoff_store::sla::due_time::{self, DueTime};
use opentelemetry::metrics::Histogram;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use crate::app::App;
use crate::ledger::{Answer, Wish};

/// How often the directory is looked at without being woken.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest time between two looks: batches that come faster than this are seen together.
const BREATH: Duration = Duration::from_millis(10);
/// Tenants that are taken on at one look.
const TENANTS_AT_ONCE: usize = 64;
/// Heads that are asked for at the same time; each takes a connection and a lock over there.
const HEADS_AT_ONCE: usize = 8;
/// The longest that a tenant is left alone, and how long one that could not be caught up with is.
const REST: Duration = Duration::from_secs(1);
/// How long a tenant is left alone where another replica was quicker.
const SHORT_REST: Duration = Duration::from_millis(50);

/// Edges for how late a breach is, in seconds: a fraction of one when all is well, as long as an outage when not.
const LATENESS: [f64; 11] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0, 3_600.0];

/// Lets deadlines pass.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    app: App,
    log: FollowedLog,
    heads: Arc<Semaphore>,
    lateness: Histogram<f64>,
}

impl Worker {
    /// Fires the deadlines of `app` once `log`, qualification's, has been taken in beyond them.
    pub(crate) fn new(app: App, log: FollowedLog) -> Self {
        let lateness = app
            .background()
            .meter()
            .f64_histogram("handoff.breach.lateness")
            .with_unit("s")
            .with_description("How long after its deadline a breach was recorded that anybody is told of.")
            .with_boundaries(LATENESS.to_vec())
            .build();
        Self { app, log, heads: Arc::new(Semaphore::new(HEADS_AT_ONCE)), lateness }
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
            // Enough that those at work do not hide those that are free, and one more to sleep by.
            let limit = busy.len() + resting.len() + TENANTS_AT_ONCE + 1;
            let next = self.next(limit).await?;
            for due in next.iter().filter(|due| due.next_at < now) {
                if !resting.contains_key(&due.tenant) && busy.insert(due.tenant) {
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
        let rest = self.catch_up_and_fire(due).await.unwrap_or_else(|failure| {
            let (tenant, code, message) = (due.tenant, failure.code(), failure.message());
            tracing::warn!(%tenant, ?code, message, "deadlines wait");
            Some(REST)
        });
        (due.tenant, rest)
    }

    async fn catch_up_and_fire(&self, due: DueTime) -> Result<Option<Duration>, Status> {
        let head = {
            // The semaphore is never closed.
            let _slot = self.heads.acquire().await;
            self.log.head(due.tenant).await?
        };
        let head = head.ok_or_else(|| Status::not_found("qualification does not know the tenant"))?;
        if head.time <= due.next_at {
            // Our clock is ahead of the database's, which counts. However far it is, a deadline that turns up meanwhile
            // and is due earlier must not wait for that.
            return Ok(Some(until(head.time, due.next_at).min(REST)));
        }
        self.log.caught_up(&head).await;
        let fired = self.app.do_own(due.tenant, Wish::FireDue { until: head.time }).await;
        match fired.map_err(from_error)? {
            Answer::Fired { breaches: 1.., late } => {
                for late in late {
                    self.lateness.record(late.as_seconds_f64(), &[]);
                }
                Ok(None)
            }
            _ => Ok(Some(SHORT_REST)),
        }
    }
}

/// The time from `now` to just after `at`: a deadline has passed only then.
fn until(now: DateTime<Utc>, at: DateTime<Utc>) -> Duration {
    (at - now + TimeDelta::milliseconds(1)).to_std().unwrap_or_default()
}
