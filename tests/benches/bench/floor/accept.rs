//! AcceptHandoff as one statement: whoever writes a service around Postgres without a batch sends this. It writes the
//! rows that the service writes, under the same role, row-level security and durability, and numbers the log without a
//! gap, which is what the row of the log is locked for. Its connections keep their tenant, so that a call is one
//! prepared statement and one round trip: as fast as this can be written by hand.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use handoff_domain::id::TenantId;
use handoff_store::database::{Options, Service};
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::database::{Database, options};
use crate::ids;
use crate::load::Call;
use crate::supply::Supply;

const ACCEPT: &str = r#"-- floor::accept
with moved as (
    update log_head
    set position = position + 1, recorded_at = greatest(clock_timestamp(), recorded_at)
    where tenant_id = $1
    returning position, recorded_at
), decided as (
    update qualification.handoff as h
    set state = 'ACCEPTED', decided_at = m.recorded_at, decided_by = $3, version = m.position
    from moved as m
    where h.tenant_id = $1 and h.handoff_id = $2 and h.state = 'ASSIGNED'
    returning h.lead_id, h.product_line, h.cycle
), tracked as (
    update qualification.track as t
    set stage = 'SQL', stage_since = m.recorded_at, open_handoff_id = null, version = m.position
    from moved as m, decided as d
    where t.tenant_id = $1 and t.lead_id = d.lead_id and t.product_line = d.product_line
), led as (
    update qualification.lead as l
    set stage = 'SQL', stage_since = m.recorded_at, version = m.position
    from moved as m, decided as d
    where l.tenant_id = $1 and l.lead_id = d.lead_id
), history as (
    insert into qualification.stage_change (tenant_id, lead_id, position, product_line, cycle, from_stage, to_stage,
        skipped_stages, handoff_id, occurred_at, recorded_at, actor, actor_side, reason, imported)
    select $1, d.lead_id, m.position, d.product_line, d.cycle, 'MQL', 'SQL', '{}', $2, m.recorded_at, m.recorded_at,
        $3, 'SALES', null, false
    from moved as m, decided as d
), appended as (
    insert into event (tenant_id, position, event_id, type, version, occurred_at, recorded_at, actor, actor_side,
        request_id, payload)
    select $1, m.position, $4, 'HandoffAccepted', 1, m.recorded_at, m.recorded_at, $3, 'SALES', $5, $6
    from moved as m, decided as d
), requested as (
    insert into request (tenant_id, request_id, principal, method, body_hash, recorded_at, position, outcome, reason,
        resource, facts)
    select $1, $5, $3, 'AcceptHandoff', $7, m.recorded_at, m.position, 'DONE', null, $8, $9
    from moved as m, decided as d
)
select count(*) from decided"#;

/// Connections like those of the service's pool.
#[derive(Clone)]
pub(crate) struct Direct {
    shared: Arc<Shared>,
}

struct Shared {
    tenant: TenantId,
    /// Of an acceptance that the service wrote: what the rows hold besides keys and times.
    payload: Vec<u8>,
    body_hash: Vec<u8>,
    principal: String,
    facts: Value,
    free: Semaphore,
    connections: Mutex<Vec<PgConnection>>,
}

impl Direct {
    /// Connects, as often as the service does for its calls; the service must have accepted a handoff before.
    pub(crate) async fn connect(database: &mut Database, tenant: TenantId) -> anyhow::Result<Self> {
        let (payload, body_hash, principal, facts) = sqlx::query_as::<_, (Vec<u8>, Vec<u8>, String, Value)>(
            "select e.payload, r.body_hash, r.principal, r.facts \
             from qualification.event as e join qualification.request as r using (tenant_id, position) \
             where e.tenant_id = $1 and r.method = 'AcceptHandoff' limit 1",
        )
        .bind(tenant.0)
        .fetch_optional(&mut database.owner)
        .await?
        .context("the service has accepted nothing yet")?;
        let service = Service::Qualification;
        let options = options(database.url())?.options([
            ("role", service.role()),
            ("search_path", service.schema()),
            ("timezone", "UTC"),
        ]);
        let pool = Options::default().rpc_connections;
        let mut connections = Vec::new();
        for _ in 0..pool {
            let mut connection = options.connect().await?;
            let set = format!("set handoff.tenant = '{tenant}'");
            sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut connection).await?;
            connections.push(connection);
        }
        let (free, connections) = (Semaphore::new(pool as usize), Mutex::new(connections));
        let shared = Shared { tenant, payload, body_hash, principal, facts, free, connections };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// A caller that accepts one handoff of the supply after the other.
    pub(crate) fn caller(&self, supply: &Arc<Supply>) -> Caller {
        Caller { direct: self.clone(), supply: Arc::clone(supply) }
    }

    async fn accept(&self, handoff: Uuid) -> anyhow::Result<()> {
        let Shared { tenant, payload, body_hash, principal, facts, free, connections } = &*self.shared;
        let _one = free.acquire().await?;
        let lock = || connections.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = lock().pop().context("as many permits as connections")?;
        let accepted: i64 = sqlx::query_scalar(ACCEPT)
            .bind(tenant.0)
            .bind(handoff)
            .bind(principal)
            .bind(ids::fresh())
            .bind(ids::fresh())
            .bind(payload)
            .bind(body_hash)
            .bind(format!("handoffs/{handoff}"))
            .bind(facts)
            .fetch_one(&mut connection)
            .await?;
        lock().push(connection);
        ensure!(accepted == 1, "handoffs/{handoff} was not open");
        Ok(())
    }
}

/// A task of the closed loop.
pub(crate) struct Caller {
    direct: Direct,
    supply: Arc<Supply>,
}

impl Call for Caller {
    async fn make(&mut self) -> anyhow::Result<()> {
        let handoff = self.supply.next()?;
        self.direct.accept(handoff).await
    }
}
