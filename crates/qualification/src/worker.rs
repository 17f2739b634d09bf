//! Has leads judged whose time has come: something happened to them, a guard ends, or their score crosses a threshold by
//! time alone; has versions noted that take effect; and has handoffs routed that wait for somebody to be free, and sent back to
//! routing by whoever is away. It sleeps until something of any tenant is due, or until a batch of
//! this process has made it so, and looks once a second anyway, because other replicas write too; a look reads the first rows of an index, no matter how
//! many leads there are.
//!
//! It decides nothing: a lead is judged in its tenant's batch, behind everything that somebody waits for. Several replicas
//! may ask for the same lead; the one that comes second finds it not due any more.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use handoff_domain::error::Error;
use handoff_domain::id::{LeadId, TenantId, UserId};
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::{JudgeCause, JudgeLead, ReleaseOwner, RouteWaiting};
use handoff_runtime::clock;
use handoff_store::qualification::judge_time::{self, DueTime};
use handoff_store::qualification::{routing, score, user_account, version};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::ledger::Told;

/// How often the directory is looked at without being woken.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest time between two looks: batches that come faster than this are seen together.
const BREATH: Duration = Duration::from_millis(10);
/// Tenants that are taken on at one look.
const TENANTS_AT_ONCE: usize = 64;
/// Leads of a tenant that are judged together.
const LEADS_AT_ONCE: i64 = 256;
/// Users of a tenant who are looked at together.
const USERS_AT_ONCE: i64 = 16;
/// How long a tenant is left alone after a look: what a lead does in quick succession is judged once, and a replica whose
/// clock is ahead of the database's does not ask without end.
const REST: Duration = Duration::from_millis(20);
/// The same where it could not be done.
const LONG_REST: Duration = Duration::from_secs(1);

/// What is to be done for a tenant.
struct Due {
    /// A version takes effect.
    takes_effect: bool,
    /// Leads to be judged.
    leads: Vec<LeadId>,
    /// Users who may not be there.
    away: Vec<UserId>,
    /// Rules by which somebody may be routed, each with the time since when.
    queues: Vec<(String, DateTime<Utc>)>,
}

/// Has leads judged.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    app: App,
}

impl Worker {
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }

    /// Works until it is dropped.
    ///
    /// # Errors
    /// The directory cannot be read. A tenant that fails is tried again and does not hold up the others.
    pub(crate) async fn run(self) -> Result<(), Error> {
        let mut changed = self.app.background().appended();
        let mut at_work: JoinSet<(TenantId, Duration)> = JoinSet::new();
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
            for due in next.iter().filter(|due| due.next_at <= now) {
                if !resting.contains_key(&due.tenant) && busy.insert(due.tenant) {
                    at_work.spawn(self.clone().judge(due.tenant, now));
                }
            }
            let upcoming = next.iter().map(|due| due.next_at).find(|at| *at > now);
            let upcoming = upcoming.map(|at| looked + (at - now).to_std().unwrap_or_default());
            let wake =
                upcoming.into_iter().chain(resting.values().copied()).fold(looked + LOOK, Instant::min);
            tokio::select! {
                Some(done) = at_work.join_next(), if !at_work.is_empty() => {
                    let (tenant, rest) = done.map_err(|_| Error::Internal)?;
                    busy.remove(&tenant);
                    resting.insert(tenant, Instant::now() + rest);
                }
                _ = changed.changed() => {}
                _ = timeout_at(wake, std::future::pending::<()>()) => {}
            }
            let _ = timeout_at(looked + BREATH, std::future::pending::<()>()).await;
        }
    }

    async fn next(&self, limit: usize) -> Result<Vec<DueTime>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.app.background().read_directory(None, move |tx| Box::pin(judge_time::list(tx, limit))).await
    }

    /// Has the leads of a tenant judged that are due; gives how long to leave the tenant alone.
    async fn judge(self, tenant: TenantId, now: DateTime<Utc>) -> (TenantId, Duration) {
        let rest = match self.judge_due(tenant, now).await {
            Ok(()) => REST,
            Err(error) => {
                tracing::warn!(%tenant, %error, "leads wait to be judged");
                LONG_REST
            }
        };
        (tenant, rest)
    }

    async fn judge_due(&self, tenant: TenantId, now: DateTime<Utc>) -> Result<(), Error> {
        let background = self.app.background();
        let Due { takes_effect, leads, away, queues } = background
            .read(tenant, None, move |tx| {
                Box::pin(async move {
                    Ok(Due {
                        takes_effect: version::is_due(tx, tenant, now).await?,
                        leads: score::load_due(tx, tenant, now, LEADS_AT_ONCE).await?,
                        away: user_account::load_away(tx, tenant, USERS_AT_ONCE).await?,
                        queues: routing::due(tx, tenant).await?,
                    })
                })
            })
            .await?;
        if takes_effect {
            self.app.do_own(tenant, Command::TakeEffect).await?;
        }
        let judge =
            |lead| self.app.do_own(tenant, Command::JudgeLead(JudgeLead { lead, cause: JudgeCause::Due }));
        join_all(leads.into_iter().map(judge)).await.into_iter().try_for_each(|judged| judged.map(drop))?;
        // Who is away gives back before those who wait are routed.
        for user in away {
            self.app.do_own(tenant, Command::ReleaseOwner(ReleaseOwner { user })).await?;
        }
        for (rule, due_at) in queues {
            self.route(tenant, rule, due_at).await?;
        }
        Ok(())
    }

    /// Has those routed who wait by a rule, page by page, until nobody is free any more.
    async fn route(&self, tenant: TenantId, rule: String, due_at: DateTime<Utc>) -> Result<(), Error> {
        let mut begin = (None, None);
        loop {
            let (after, free_at) = begin;
            let command = RouteWaiting { rule: rule.clone(), after, free_at, due_at };
            match self.app.do_own(tenant, Command::RouteWaiting(command)).await?.told {
                Told::Waiting(Some((last, free_at))) => begin = (Some(last), free_at),
                _ => return Ok(()),
            }
        }
    }
}
