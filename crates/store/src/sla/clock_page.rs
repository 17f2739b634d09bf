//! Pages of the clock lists, latest first. Each filter has a statement of its own, because one statement with optional
//! filters has one plan for all of them, and it is a scan. They give keys; `clock::load` gives the clocks.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{ClockId, TenantId};
use handoff_domain::sla::ClockState;

use crate::error::StoreError;
use crate::tx::Tx;

/// Where a clock stands in a list: by its deadline, or by its breach, latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When it is due, or when it breached.
    pub at: DateTime<Utc>,
    /// Which, where several are due at once.
    pub clock: ClockId,
}

impl Place {
    /// Before every clock there is: an instant that no deadline reaches.
    const START: Self = Self { at: DateTime::<Utc>::MAX_UTC, clock: ClockId(Uuid::max()) };
}

/// At most `limit` clocks behind `after` by their deadlines, latest first; only those in `state`, if one is given.
pub async fn list(
    tx: &mut Tx,
    tenant: TenantId,
    state: Option<ClockState>,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<ClockId>, StoreError> {
    let after = after.unwrap_or(Place::START);
    let ids = match state {
        None => list_all(tx, tenant, after, limit).await?,
        Some(state) => list_by_state(tx, tenant, state, after, limit).await?,
    };
    Ok(ids.into_iter().map(ClockId).collect())
}

/// At most `limit` clocks that breached behind `after`, the latest breach first; only those that still run, if so wanted.
pub async fn list_breaches(
    tx: &mut Tx,
    tenant: TenantId,
    overdue_only: bool,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<ClockId>, StoreError> {
    let after = after.unwrap_or(Place::START);
    let ids = if overdue_only {
        list_overdue(tx, tenant, after, limit).await?
    } else {
        list_breached(tx, tenant, after, limit).await?
    };
    Ok(ids.into_iter().map(ClockId).collect())
}

async fn list_all(tx: &mut Tx, tenant: TenantId, after: Place, limit: i64) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- clock_page::list_all
        select clock_id
        from sla.clock
        where tenant_id = $1 and (due_at, clock_id) < ($2, $3)
        order by due_at desc, clock_id desc
        limit $4"#,
        tenant.0,
        after.at,
        after.clock.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn list_by_state(
    tx: &mut Tx,
    tenant: TenantId,
    state: ClockState,
    after: Place,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- clock_page::list_by_state
        select clock_id
        from sla.clock
        where tenant_id = $1 and state = $2 and (due_at, clock_id) < ($3, $4)
        order by due_at desc, clock_id desc
        limit $5"#,
        tenant.0,
        state.as_str(),
        after.at,
        after.clock.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn list_breached(
    tx: &mut Tx,
    tenant: TenantId,
    after: Place,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- clock_page::list_breached
        select clock_id
        from sla.clock
        where tenant_id = $1 and breached_at is not null and (breached_at, clock_id) < ($2, $3)
        order by breached_at desc, clock_id desc
        limit $4"#,
        tenant.0,
        after.at,
        after.clock.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn list_overdue(
    tx: &mut Tx,
    tenant: TenantId,
    after: Place,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- clock_page::list_overdue
        select clock_id
        from sla.clock
        where tenant_id = $1 and breached_at is not null and state = 'RUNNING' and (breached_at, clock_id) < ($2, $3)
        order by breached_at desc, clock_id desc
        limit $4"#,
        tenant.0,
        after.at,
        after.clock.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}
