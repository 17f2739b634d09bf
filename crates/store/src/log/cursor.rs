//! How far this service has read another's log, per tenant: a directory of ids and positions. A cursor is advanced in
//! the transaction that holds the effects of the events, which makes them happen exactly once.

use handoff_domain::id::TenantId;
use uuid::Uuid;

use crate::error::StoreError;
use crate::tx::Tx;

/// The last position of `source`'s log whose effects are in this schema; 0 where none are.
pub async fn load(tx: &mut Tx, tenant: TenantId, source: &str) -> Result<i64, StoreError> {
    let position = sqlx::query_scalar!(
        r#"-- log::cursor::load
        select position
        from consumer_cursor
        where tenant_id = $1 and source = $2"#,
        tenant.0,
        source,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(position.unwrap_or(0))
}

/// Moves a cursor on from the position that was loaded under the log row's lock.
///
/// # Errors
/// A defect when the cursor is no longer at `from`, or `to` does not lie behind it.
pub async fn advance(
    tx: &mut Tx,
    tenant: TenantId,
    source: &str,
    from: i64,
    to: i64,
) -> Result<(), StoreError> {
    let moved = sqlx::query!(
        r#"-- log::cursor::advance
        insert into consumer_cursor as mine (tenant_id, source, position)
        select $1, $2, $4
        where $4 > $3::bigint
        on conflict (tenant_id, source) do update
        set position = excluded.position
        where mine.position = $3"#,
        tenant.0,
        source,
        from,
        to,
    )
    .execute(tx.connection())
    .await?;
    match moved.rows_affected() {
        1 => Ok(()),
        _ => {
            Err(StoreError::defect(format!("the cursor of {source} was not at the position it was read at")))
        }
    }
}

/// The cursors in `source`'s log of up to `limit` tenants that sort after `after`, in the order of their ids: what a
/// consumer that starts asks for, page by page.
pub async fn list(
    tx: &mut Tx,
    source: &str,
    after: Option<TenantId>,
    limit: i64,
) -> Result<Vec<(TenantId, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- log::cursor::list
        select tenant_id, position
        from consumer_cursor
        where tenant_id > $1 and source = $2
        order by tenant_id
        limit $3"#,
        after.map_or(Uuid::nil(), |tenant| tenant.0),
        source,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id), row.position)).collect())
}
