//! When the next lead of each tenant is judged: a directory of ids and times, outside row-level security, by which workers
//! know how long to sleep. It is written in the transaction that says when.

use chrono::{DateTime, Utc};

use handoff_domain::id::TenantId;

use crate::error::StoreError;
use crate::tx::Tx;

/// A tenant and when its next lead is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueTime {
    /// When.
    pub next_at: DateTime<Utc>,
    /// Whose.
    pub tenant: TenantId,
}

/// The `limit` tenants whose leads are judged next, the earliest first: those that are due, and how long to sleep.
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

/// Notes when the tenant's next lead is judged; touches nothing where that is noted already.
pub async fn save(tx: &mut Tx, tenant: TenantId, next_at: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    sqlx::query!(
        r#"-- judge_time::save
        insert into qualification.due_time as old (tenant_id, next_at)
        values ($1, $2)
        on conflict (tenant_id) do update
        set next_at = excluded.next_at
        where old.next_at is distinct from excluded.next_at"#,
        tenant.0,
        next_at,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
