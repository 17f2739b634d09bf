//! The heads of the logs: a directory of ids, positions and times outside row-level security.

use chrono::{DateTime, Utc};

use handoff_domain::id::TenantId;

use super::Head;
use crate::error::StoreError;
use crate::tx::Tx;

/// The end of a tenant's log as the transaction's snapshot has it, without a lock: good for readers, not for
/// promises about time (`Database::head_now`). `None` where the tenant does not exist.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Option<Head>, StoreError> {
    let row = sqlx::query!(
        r#"-- log::head::load
        select position, recorded_at
        from log_head
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.map(|row| Head { tenant, position: row.position, recorded_at: row.recorded_at }))
}

/// The same, and the database's time as of which a reader tells of the present.
pub async fn load_with_time(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Option<(Head, DateTime<Utc>)>, StoreError> {
    let row = sqlx::query!(
        r#"-- log::head::load_with_time
        select position, recorded_at, clock_timestamp() as "now!"
        from log_head
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.map(|row| (Head { tenant, position: row.position, recorded_at: row.recorded_at }, row.now)))
}

/// The heads of up to `limit` tenants that sort after `after`, in the order of their ids: a page of the directory.
pub async fn list(tx: &mut Tx, after: Option<TenantId>, limit: i64) -> Result<Vec<Head>, StoreError> {
    let rows = sqlx::query!(
        r#"-- log::head::list
        select tenant_id, position, recorded_at
        from log_head
        where tenant_id > $1
        order by tenant_id
        limit $2"#,
        // No tenant has the nil id: they are all UUIDv5.
        after.map_or(uuid::Uuid::nil(), |tenant| tenant.0),
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Head {
            tenant: TenantId(row.tenant_id),
            position: row.position,
            recorded_at: row.recorded_at,
        })
        .collect())
}

/// Makes the log row of a new tenant and says whether it was new; does nothing where it exists.
pub(crate) async fn create(tx: &mut Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let created = sqlx::query!(
        r#"-- log::head::create
        insert into log_head (tenant_id, position, recorded_at)
        values ($1, 0, $2)
        on conflict do nothing"#,
        tenant.0,
        now,
    )
    .execute(tx.connection())
    .await?;
    Ok(created.rows_affected() == 1)
}

/// Moves the time of a head that the transaction holds.
pub(crate) async fn touch(tx: &mut Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let moved = sqlx::query!(
        r#"-- log::head::touch
        update log_head
        set recorded_at = $2
        where tenant_id = $1 and recorded_at <= $2"#,
        tenant.0,
        now,
    )
    .execute(tx.connection())
    .await?;
    match moved.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::defect("a log row that is held was moved by somebody else")),
    }
}
