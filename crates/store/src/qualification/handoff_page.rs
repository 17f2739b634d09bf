//! Pages of the handoff lists, newest first (R25). Each filter has a statement of its own, because one statement with
//! optional filters has one plan for all of them, and it is a scan. They give keys; `handoff::load` gives the rows.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{HandoffId, TenantId, UserId};
use handoff_domain::qualification::record::HandoffState;

use crate::error::StoreError;
use crate::tx::Tx;

/// Which handoffs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<HandoffState>,
    /// Only those of this owner.
    pub owner: Option<UserId>,
}

/// Where a handoff stands in every list: by the time of its MQL, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When the lead became an MQL.
    pub mql_at: DateTime<Utc>,
    /// Which, where several became MQLs at once.
    pub handoff: HandoffId,
}

impl Place {
    /// Before every handoff there is: an instant that none has reached.
    const START: Self = Self { mql_at: DateTime::<Utc>::MAX_UTC, handoff: HandoffId(Uuid::max()) };
}

/// The places of at most `limit` handoffs behind `after`, newest first.
pub async fn list(
    tx: &mut Tx,
    tenant: TenantId,
    filter: Filter,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<HandoffId>, StoreError> {
    let after = after.unwrap_or(Place::START);
    let ids = match (filter.owner, filter.state) {
        (None, None) => list_all(tx, tenant, after, limit).await?,
        (None, Some(state)) => list_by_state(tx, tenant, state, after, limit).await?,
        (Some(owner), None) => list_by_owner(tx, tenant, owner, after, limit).await?,
        (Some(owner), Some(state)) => list_by_owner_and_state(tx, tenant, owner, state, after, limit).await?,
    };
    Ok(ids.into_iter().map(HandoffId).collect())
}

async fn list_all(tx: &mut Tx, tenant: TenantId, after: Place, limit: i64) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- handoff_page::list_all
        select handoff_id
        from qualification.handoff
        where tenant_id = $1 and (mql_at, handoff_id) < ($2, $3)
        order by mql_at desc, handoff_id desc
        limit $4"#,
        tenant.0,
        after.mql_at,
        after.handoff.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn list_by_state(
    tx: &mut Tx,
    tenant: TenantId,
    state: HandoffState,
    after: Place,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- handoff_page::list_by_state
        select handoff_id
        from qualification.handoff
        where tenant_id = $1 and state = $2 and (mql_at, handoff_id) < ($3, $4)
        order by mql_at desc, handoff_id desc
        limit $5"#,
        tenant.0,
        state.as_str(),
        after.mql_at,
        after.handoff.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

async fn list_by_owner(
    tx: &mut Tx,
    tenant: TenantId,
    owner: UserId,
    after: Place,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- handoff_page::list_by_owner
        select handoff_id
        from qualification.handoff
        where tenant_id = $1 and owner_id = $2 and (mql_at, handoff_id) < ($3, $4)
        order by mql_at desc, handoff_id desc
        limit $5"#,
        tenant.0,
        owner.0,
        after.mql_at,
        after.handoff.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}

/// Walks the owner's handoffs, newest first: what waits for a decision is among the newest.
async fn list_by_owner_and_state(
    tx: &mut Tx,
    tenant: TenantId,
    owner: UserId,
    state: HandoffState,
    after: Place,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- handoff_page::list_by_owner_and_state
        select handoff_id
        from qualification.handoff
        where tenant_id = $1 and owner_id = $2 and state = $3 and (mql_at, handoff_id) < ($4, $5)
        order by mql_at desc, handoff_id desc
        limit $6"#,
        tenant.0,
        owner.0,
        state.as_str(),
        after.mql_at,
        after.handoff.0,
        limit,
    )
    .fetch_all(tx.connection())
    .await
}
