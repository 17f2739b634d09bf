//! The routing plan, turns in its pools, and when those who wait by its rules are to be routed.

use chrono::{DateTime, Utc};

use std::collections::{BTreeMap, BTreeSet};

use handoff_domain::id::{TenantId, UserId};
use handoff_domain::qualification::state::QueueChange;
use handoff_domain::routing::Turn;

use super::{count, stored_count, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// A tenant's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// 1, 2, 3 …
    pub number: u32,
    /// What it says: a protobuf message.
    pub content: Vec<u8>,
    /// The position of its event.
    pub position: i64,
}

/// The plan, if the tenant has one.
pub async fn load_plan(tx: &mut Tx, tenant: TenantId) -> Result<Option<PlanRow>, StoreError> {
    let row = sqlx::query!(
        r#"-- routing::load_plan
        select number, content, position
        from qualification.routing_plan
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        let number = count("routing_plan.number", row.number)?;
        Ok(PlanRow { number, content: row.content, position: row.position })
    })
    .transpose()
}

/// Writes the plan.
pub async fn save_plan(tx: &mut Tx, tenant: TenantId, plan: &PlanRow) -> Result<(), StoreError> {
    let done = sqlx::query!(
        r#"-- routing::save_plan
        insert into qualification.routing_plan as old (tenant_id, number, content, position)
        values ($1, $2, $3, $4)
        on conflict (tenant_id) do update
        set number = excluded.number, content = excluded.content, position = excluded.position
        where old.position < excluded.position"#,
        tenant.0,
        stored_count("routing_plan.number", plan.number)?,
        plan.content,
        plan.position,
    )
    .execute(tx.connection())
    .await?;
    wrote("routing_plan", done.rows_affected(), 1)
}

/// The last turn of each member of each pool, in their order.
pub async fn load_turns(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(String, UserId, Turn)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- routing::load_turns
        select rule, user_id, start, pass
        from qualification.routing_turn
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    let turn = |start, pass, rule, user| (rule, UserId(user), Turn { start, pass });
    Ok(rows.into_iter().map(|row| turn(row.start, row.pass, row.rule, row.user_id)).collect())
}

/// Writes the last turns of members.
pub async fn save_turns(
    tx: &mut Tx,
    tenant: TenantId,
    turns: &BTreeMap<(String, UserId), (Turn, i64)>,
) -> Result<(), StoreError> {
    let rules: Vec<_> = turns.keys().map(|(rule, _)| rule.as_str()).collect();
    let users: Vec<_> = turns.keys().map(|(_, user)| user.0).collect();
    let starts: Vec<_> = turns.values().map(|(turn, _)| turn.start).collect();
    let passes: Vec<_> = turns.values().map(|(turn, _)| turn.pass).collect();
    let positions: Vec<_> = turns.values().map(|(_, position)| *position).collect();
    let done = sqlx::query!(
        r#"-- routing::save_turns
        insert into qualification.routing_turn as old (tenant_id, rule, user_id, start, pass, position)
        select $1, n.rule, n.user_id, n.start, n.pass, n.position
        from unnest($2::text[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[])
            as n(rule, user_id, start, pass, position)
        on conflict (tenant_id, rule, user_id) do update
        set start = excluded.start, pass = excluded.pass, position = excluded.position
        where old.position < excluded.position"#,
        tenant.0,
        &rules as &[&str],
        &users,
        &starts,
        &passes,
        &positions,
    )
    .execute(tx.connection())
    .await?;
    wrote("routing_turn", done.rows_affected(), turns.len())
}

/// Forgets the turns of rules that are gone.
pub async fn drop_turns(tx: &mut Tx, tenant: TenantId, rules: &BTreeSet<String>) -> Result<(), StoreError> {
    let rules: Vec<_> = rules.iter().map(String::as_str).collect();
    sqlx::query!(
        r#"-- routing::drop_turns
        delete from qualification.routing_turn
        where tenant_id = $1 and rule = any($2)"#,
        tenant.0,
        &rules as &[&str],
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The rules whose queues are due by the database's time, by which they are routed too, each with the time since when.
pub async fn due(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(String, DateTime<Utc>)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- routing::due
        select rule, due_at as "due_at!"
        from qualification.routing_queue
        where tenant_id = $1 and due_at <= clock_timestamp()
        order by due_at, rule"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.rule, row.due_at)).collect())
}

/// Says when the queues of rules are due.
pub async fn save_queues(
    tx: &mut Tx,
    tenant: TenantId,
    queues: &BTreeMap<String, QueueChange>,
) -> Result<(), StoreError> {
    let rules: Vec<_> = queues.keys().map(String::as_str).collect();
    let is_settled: Vec<_> = queues.values().map(|queue| queue.settled.is_some()).collect();
    let seen: Vec<_> = queues.values().map(|queue| queue.settled.and_then(|settled| settled.seen)).collect();
    let settled: Vec<_> =
        queues.values().map(|queue| queue.settled.and_then(|settled| settled.due_at)).collect();
    let no_later: Vec<_> = queues.values().map(|queue| queue.no_later).collect();
    let at: Vec<_> = queues.values().map(|queue| queue.at).collect();
    let done = sqlx::query!(
        r#"-- routing::save_queues
        insert into qualification.routing_queue (tenant_id, rule, due_at)
        select $1, n.rule, coalesce(n.at, least(
            case
                when n.is_settled and (n.seen is null or n.seen = old.due_at) then n.settled
                else old.due_at
            end,
            n.no_later
        ))
        from unnest($2::text[], $3::boolean[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[])
            as n(rule, is_settled, seen, settled, no_later, at)
        left join lateral (
            select q.due_at
            from qualification.routing_queue as q
            where q.tenant_id = $1 and q.rule = n.rule
            limit 1
        ) as old on true
        on conflict (tenant_id, rule) do update
        set due_at = excluded.due_at"#,
        tenant.0,
        &rules as &[&str],
        &is_settled,
        &seen as &[Option<DateTime<Utc>>],
        &settled as &[Option<DateTime<Utc>>],
        &no_later as &[Option<DateTime<Utc>>],
        &at as &[Option<DateTime<Utc>>],
    )
    .execute(tx.connection())
    .await?;
    wrote("routing_queue", done.rows_affected(), queues.len())
}

/// Says that all queues are due.
pub async fn wake_all(tx: &mut Tx, tenant: TenantId, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query!(
        r#"-- routing::wake_all
        update qualification.routing_queue
        set due_at = $2
        where tenant_id = $1"#,
        tenant.0,
        now,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
