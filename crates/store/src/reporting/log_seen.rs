//! How far the logs have been read, for answers to say so. Written with the effects and read in the snapshot of the
//! facts, so that an answer never claims more than it rests on.

use chrono::{DateTime, Utc};

use handoff_domain::id::TenantId;

use crate::column::wrote;
use crate::error::StoreError;
use crate::tx::Tx;

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The last position whose effects are here.
    pub position: i64,
    /// When that event was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// The places, by the name of the log; none for a log of which nothing was read.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(String, Seen)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- log_seen::load
        select source, position, recorded_at
        from reporting.log_seen
        where tenant_id = $1
        order by source"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    let seen = |position, recorded_at| Seen { position, recorded_at };
    Ok(rows.into_iter().map(|row| (row.source, seen(row.position, row.recorded_at))).collect())
}

/// Notes the place in `source`'s log.
pub async fn save(tx: &mut Tx, tenant: TenantId, source: &str, seen: Seen) -> Result<(), StoreError> {
    let done = sqlx::query!(
        r#"-- log_seen::save
        insert into reporting.log_seen as old (tenant_id, source, position, recorded_at)
        values ($1, $2, $3, $4)
        on conflict (tenant_id, source) do update
        set position = excluded.position, recorded_at = excluded.recorded_at
        where old.position < excluded.position"#,
        tenant.0,
        source,
        seen.position,
        seen.recorded_at,
    )
    .execute(tx.connection())
    .await?;
    wrote("log_seen", done.rows_affected(), 1)
}
