//! When the next lead of each tenant is judged or its next version takes effect, and which tenants have a re-evaluation under
//! way: a directory of ids, times and flags, outside row-level security, by which workers know how long to sleep. It is
//! written in the transaction that says when.

use chrono::{DateTime, Utc};

use handoff_domain::id::TenantId;

use crate::error::StoreError;
use crate::tx::Tx;

/// A tenant and when something of it is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueTime {
    /// When.
    pub next_at: DateTime<Utc>,
    /// Whose.
    pub tenant: TenantId,
}

/// The `limit` tenants of which something is to be done next, the earliest first: those that are due, and how long to sleep.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<DueTime>, StoreError> {
    let rows = sqlx::query!(
        r#"-- judge_time::list
        select next_at as "next_at!", tenant_id
        from qualification.due_time
        where next_at is not null
        order by next_at, tenant_id
        limit $1"#,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| DueTime { next_at: row.next_at, tenant: TenantId(row.tenant_id) })
        .collect())
}

/// Notes when something of the tenant is to be done next: a lead to be judged, a version that takes effect, somebody to be
/// routed, a user who may not be there; and whether a
/// re-evaluation is under way. Touches nothing where that is noted already.
pub async fn refresh(tx: &mut Tx, tenant: TenantId) -> Result<(), StoreError> {
    sqlx::query!(
        r#"-- judge_time::refresh
        insert into qualification.due_time as old (tenant_id, next_at, reevaluates)
        select $1,
            least(
                (
                    select due_at from qualification.score
                    where tenant_id = $1 and due_at is not null
                    order by due_at, lead_id
                    limit 1
                ),
                (select min(effective_from) from qualification.version where tenant_id = $1 and state = 'SCHEDULED'),
                (select min(due_at) from qualification.routing_queue where tenant_id = $1),
                case
                    when exists (select from qualification.routing_plan where tenant_id = $1) then (
                        select away_at from qualification.user_account
                        where tenant_id = $1 and away_at is not null
                        order by away_at
                        limit 1
                    )
                end
            ),
            exists (
                select from qualification.reevaluation
                where tenant_id = $1 and state in ('EVALUATING', 'APPLYING')
            )
        on conflict (tenant_id) do update
        set next_at = excluded.next_at, reevaluates = excluded.reevaluates
        where (old.next_at, old.reevaluates) is distinct from (excluded.next_at, excluded.reevaluates)"#,
        tenant.0,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// At most `limit` tenants that have a re-evaluation under way.
pub async fn list_reevaluating(tx: &mut Tx, limit: i64) -> Result<Vec<TenantId>, StoreError> {
    let tenants = sqlx::query_scalar!(
        r#"-- judge_time::list_reevaluating
        select tenant_id
        from qualification.due_time
        where reevaluates
        order by tenant_id
        limit $1"#,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(tenants.into_iter().map(TenantId).collect())
}
