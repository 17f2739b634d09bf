//! What the server holds open for us, and whether it has our schema.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A session of one of our services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its process in the server.
    pub pid: i32,
    /// What it calls itself: the role it works under.
    pub application: String,
    /// `idle in transaction`, and the like; none where the reader may not see it.
    pub state: Option<String>,
    /// Since when it is in that state.
    pub since: Option<DateTime<Utc>>,
    /// The server's time.
    pub now: DateTime<Utc>,
}

/// What a table or one of its indexes takes on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// `qualification.event`.
    pub table: String,
    /// The index; none for the table itself, with what it keeps out of line.
    pub index: Option<String>,
    /// Bytes.
    pub bytes: i64,
    /// About how many rows the table has, by the server's own count.
    pub rows: i64,
}

/// The version of the schema; none where `handoff migrate` never ran, or this user may not look.
pub(super) async fn schema_version(pool: &PgPool) -> Option<i64> {
    let found = sqlx::query_scalar!(
        r#"-- verify::schema_version
        select max(version) from public._sqlx_migrations where success"#
    )
    .fetch_one(pool)
    .await;
    found.ok().flatten()
}

/// The server's time.
pub async fn now(tx: &mut Tx) -> Result<DateTime<Utc>, StoreError> {
    let now = sqlx::query_scalar!(
        r#"-- verify::now
        select clock_timestamp() as "now!""#
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(now)
}

/// Every table of ours and every index, table by table.
pub async fn each_size(tx: &mut Tx, take: impl FnMut(Size)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        Size,
        r#"-- verify::each_size
        select n.nspname || '.' || t.relname as "table!", sized.index, sized.bytes as "bytes!",
            pg_stat_get_live_tuples(t.oid) as "rows!"
        from pg_class as t
        join pg_namespace as n on n.oid = t.relnamespace
        cross join lateral (
            select null as index, pg_table_size(t.oid) as bytes
            union all
            select i.relname::text, pg_relation_size(i.oid)
            from pg_index as of_table
            join pg_class as i on i.oid = of_table.indexrelid
            where of_table.indrelid = t.oid
        ) as sized
        where n.nspname in ('qualification', 'sla', 'reporting') and t.relkind = 'r'
        order by 1, sized.index nulls first"#
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// The sessions of our services on this database.
pub async fn each_session(tx: &mut Tx, take: impl FnMut(Session)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        Session,
        r#"-- verify::each_session
        select pid as "pid!", application_name as "application!", state, state_change as since,
            clock_timestamp() as "now!"
        from pg_stat_activity
        where datname = current_database() and application_name like 'handoff\_%'
            and application_name <> 'handoff_verify'
        order by pid"#
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// The names of the transactions that somebody prepared on this database and nobody has ended.
pub async fn each_prepared(tx: &mut Tx, take: impl FnMut(String)) -> Result<(), StoreError> {
    let rows = sqlx::query_scalar!(
        r#"-- verify::each_prepared
        select gid as "gid!"
        from pg_prepared_xacts
        where database = current_database()
        order by gid"#
    )
    .fetch(tx.connection());
    each(rows, take).await
}
