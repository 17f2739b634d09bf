//! What has to happen at a time: a row for the deadline of every running clock that has not breached. Timers follow
//! their clocks: whoever saves clocks saves these.

use chrono::{DateTime, Utc};

use handoff_domain::id::{ClockId, TenantId};
use handoff_domain::sla::Clock;

use crate::column::wrote;
use crate::error::StoreError;
use crate::tx::Tx;

/// The clocks of at most `limit` timers that fire before `until`, the earliest first.
pub async fn load_due(
    tx: &mut Tx,
    tenant: TenantId,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ClockId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"-- timer::load_due
        select clock_id
        from sla.timer
        where tenant_id = $1 and fire_at < $2 and kind = 'DEADLINE'
        order by fire_at, clock_id
        limit $3"#,
        tenant.0,
        until,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(ids.into_iter().map(ClockId).collect())
}

/// When the tenant's next timer fires, if any waits.
pub async fn next_at(tx: &mut Tx, tenant: TenantId) -> Result<Option<DateTime<Utc>>, StoreError> {
    let next = sqlx::query_scalar!(
        r#"-- timer::next_at
        select fire_at
        from sla.timer
        where tenant_id = $1
        order by fire_at, clock_id
        limit 1"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(next)
}

/// Makes the timers of these clocks what the clocks need.
pub async fn save(tx: &mut Tx, tenant: TenantId, clocks: &[&Clock]) -> Result<(), StoreError> {
    let (waiting, done): (Vec<&Clock>, Vec<&Clock>) =
        clocks.iter().partition(|clock| clock.is_running() && clock.breached_at.is_none());
    if !done.is_empty() {
        let ids: Vec<_> = done.iter().map(|clock| clock.id).collect();
        delete(tx, tenant, &ids).await?;
    }
    if waiting.is_empty() { Ok(()) } else { put(tx, tenant, &waiting).await }
}

/// Many were never written: a clock that started and ended in one batch had none. The rows are looked up one by one
/// first, because a plan for `clock_id = any(…)` that was made on an empty table scans the tenant's whole part; nobody
/// else writes them meanwhile.
async fn delete(tx: &mut Tx, tenant: TenantId, clocks: &[ClockId]) -> Result<(), StoreError> {
    let ids: Vec<_> = clocks.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"-- timer::delete
        delete from sla.timer
        where tenant_id = $1 and ctid = any(array(
            select found.ctid
            from unnest($2::uuid[]) as done(clock_id)
            cross join lateral (
                select ctid
                from sla.timer
                where tenant_id = $1 and clock_id between done.clock_id and done.clock_id
                order by clock_id
                offset 0
            ) as found
        ))"#,
        tenant.0,
        &ids,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn put(tx: &mut Tx, tenant: TenantId, clocks: &[&Clock]) -> Result<(), StoreError> {
    let ids: Vec<_> = clocks.iter().map(|clock| clock.id.0).collect();
    let fire_at: Vec<_> = clocks.iter().map(|clock| clock.due_at).collect();
    let done = sqlx::query!(
        r#"-- timer::put
        insert into sla.timer (tenant_id, fire_at, clock_id, kind)
        select $1, n.fire_at, n.clock_id, 'DEADLINE'
        from unnest($2::timestamptz[], $3::uuid[]) as n(fire_at, clock_id)
        on conflict (tenant_id, clock_id, kind) do update
        set fire_at = excluded.fire_at"#,
        tenant.0,
        &fire_at,
        &ids,
    )
    .execute(tx.connection())
    .await?;
    wrote("sla.timer", done.rows_affected(), clocks.len())
}
