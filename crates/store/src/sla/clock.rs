//! Clocks. Whoever saves them saves their timers too.

mod row;

use chrono::{DateTime, NaiveDate, Utc};

use handoff_domain::id::{CalendarId, ClockId, HandoffId, TenantId};
use handoff_domain::sla::Clock;

use crate::column::{stored_count, stored_target, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

use row::Columns;

/// Those of the clocks that are there.
pub async fn load(tx: &mut Tx, tenant: TenantId, ids: &[ClockId]) -> Result<Vec<Clock>, StoreError> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Columns,
        r#"-- clock::load
        select c.clock_id as "clock_id!", c.handoff_id as "handoff_id!", c.lead_id as "lead_id!",
            c.round as "round!", c.contract_id as "contract_id!", c.contract_version as "contract_version!",
            c.calendar_id as "calendar_id!", c.calendar_version as "calendar_version!",
            c.target_unit as "target_unit!", c.target_amount as "target_amount!", c.started_at as "started_at!",
            c.recorded_at as "recorded_at!", c.due_at as "due_at!", c.imported as "imported!", c.carried_until,
            c.carried_business_us, c.carried_business_days, c.carried_counted_to, c.state as "state!", c.breached_at,
            c.ended_at, c.elapsed_business_us, c.elapsed_calendar_us, c.elapsed_business_days
        from unnest($2::uuid[]) as wanted(clock_id)
        cross join lateral (
            select clock_id, handoff_id, lead_id, round, contract_id, contract_version, calendar_id, calendar_version,
                target_unit, target_amount, started_at, recorded_at, due_at, imported, carried_until,
                carried_business_us, carried_business_days, carried_counted_to, state, breached_at, ended_at,
                elapsed_business_us, elapsed_calendar_us, elapsed_business_days
            from sla.clock
            where tenant_id = $1 and clock_id between wanted.clock_id and wanted.clock_id
            order by clock_id
            limit 1
        ) as c"#,
        tenant.0,
        &ids,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(Clock::try_from).collect()
}

/// The DECIDE clocks of those of the handoffs that have one, each of the latest round.
pub async fn load_of_handoffs(
    tx: &mut Tx,
    tenant: TenantId,
    handoffs: &[HandoffId],
) -> Result<Vec<Clock>, StoreError> {
    let handoffs: Vec<_> = handoffs.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Columns,
        r#"-- clock::load_of_handoffs
        select c.clock_id as "clock_id!", c.handoff_id as "handoff_id!", c.lead_id as "lead_id!",
            c.round as "round!", c.contract_id as "contract_id!", c.contract_version as "contract_version!",
            c.calendar_id as "calendar_id!", c.calendar_version as "calendar_version!",
            c.target_unit as "target_unit!", c.target_amount as "target_amount!", c.started_at as "started_at!",
            c.recorded_at as "recorded_at!", c.due_at as "due_at!", c.imported as "imported!", c.carried_until,
            c.carried_business_us, c.carried_business_days, c.carried_counted_to, c.state as "state!", c.breached_at,
            c.ended_at, c.elapsed_business_us, c.elapsed_calendar_us, c.elapsed_business_days
        from unnest($2::uuid[]) as wanted(handoff_id)
        cross join lateral (
            select clock_id, handoff_id, lead_id, round, contract_id, contract_version, calendar_id, calendar_version,
                target_unit, target_amount, started_at, recorded_at, due_at, imported, carried_until,
                carried_business_us, carried_business_days, carried_counted_to, state, breached_at, ended_at,
                elapsed_business_us, elapsed_calendar_us, elapsed_business_days
            from sla.clock
            where tenant_id = $1 and handoff_id between wanted.handoff_id and wanted.handoff_id and kind = 'DECIDE'
            order by handoff_id desc, round desc
            limit 1
        ) as c"#,
        tenant.0,
        &handoffs,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(Clock::try_from).collect()
}

/// The clocks that run in these calendars: all of them, because a new version moves all of them at once.
pub async fn load_running_in(
    tx: &mut Tx,
    tenant: TenantId,
    calendars: &[CalendarId],
) -> Result<Vec<Clock>, StoreError> {
    let calendars: Vec<_> = calendars.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Columns,
        r#"-- clock::load_running_in
        select c.clock_id as "clock_id!", c.handoff_id as "handoff_id!", c.lead_id as "lead_id!",
            c.round as "round!", c.contract_id as "contract_id!", c.contract_version as "contract_version!",
            c.calendar_id as "calendar_id!", c.calendar_version as "calendar_version!",
            c.target_unit as "target_unit!", c.target_amount as "target_amount!", c.started_at as "started_at!",
            c.recorded_at as "recorded_at!", c.due_at as "due_at!", c.imported as "imported!", c.carried_until,
            c.carried_business_us, c.carried_business_days, c.carried_counted_to, c.state as "state!", c.breached_at,
            c.ended_at, c.elapsed_business_us, c.elapsed_calendar_us, c.elapsed_business_days
        from unnest($2::uuid[]) as wanted(calendar_id)
        cross join lateral (
            select clock_id, handoff_id, lead_id, round, contract_id, contract_version, calendar_id, calendar_version,
                target_unit, target_amount, started_at, recorded_at, due_at, imported, carried_until,
                carried_business_us, carried_business_days, carried_counted_to, state, breached_at, ended_at,
                elapsed_business_us, elapsed_calendar_us, elapsed_business_days
            from sla.clock
            where tenant_id = $1 and calendar_id between wanted.calendar_id and wanted.calendar_id
                and state = 'RUNNING'
            order by calendar_id, clock_id
            offset 0
        ) as c"#,
        tenant.0,
        &calendars,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(Clock::try_from).collect()
}

/// How many clocks of a tenant run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Running {
    /// All that wait for a decision, the overdue ones included.
    pub open: i64,
    /// Those whose deadline has passed.
    pub overdue: i64,
}

/// Counts the clocks that run, each number by an index of its own.
pub async fn count_running(tx: &mut Tx, tenant: TenantId) -> Result<Running, StoreError> {
    let row = sqlx::query!(
        r#"-- clock::count_running
        select
            (select count(*) from sla.clock where tenant_id = $1 and state = 'RUNNING') as "open!",
            (
                select count(*)
                from sla.clock
                where tenant_id = $1 and state = 'RUNNING' and breached_at is not null
            ) as "overdue!""#,
        tenant.0,
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(Running { open: row.open, overdue: row.overdue })
}

/// Writes clocks. What a clock was at its start never changes, and of one that has ended nothing does.
pub async fn save(tx: &mut Tx, tenant: TenantId, clocks: &[&Clock]) -> Result<(), StoreError> {
    let ids: Vec<_> = clocks.iter().map(|clock| clock.id.0).collect();
    let handoffs: Vec<_> = clocks.iter().map(|clock| clock.handoff.0).collect();
    let leads: Vec<_> = clocks.iter().map(|clock| clock.lead.0).collect();
    let rounds = counts("clock.round", clocks, |clock| clock.round)?;
    let contracts: Vec<_> = clocks.iter().map(|clock| clock.contract.0).collect();
    let contract_versions = counts("clock.contract_version", clocks, |clock| clock.contract_version)?;
    let calendars: Vec<_> = clocks.iter().map(|clock| clock.calendar.0).collect();
    let calendar_versions = counts("clock.calendar_version", clocks, |clock| clock.calendar_version)?;
    let (units, amounts): (Vec<_>, Vec<_>) = clocks
        .iter()
        .map(|clock| stored_target("clock.target", clock.target))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .unzip();
    let started_at: Vec<_> = clocks.iter().map(|clock| clock.started_at).collect();
    let recorded_at: Vec<_> = clocks.iter().map(|clock| clock.recorded_at).collect();
    let due_at: Vec<_> = clocks.iter().map(|clock| clock.due_at).collect();
    let imported: Vec<_> = clocks.iter().map(|clock| clock.imported).collect();
    let carried: Vec<_> = clocks.iter().map(|clock| clock.carried.as_ref()).collect();
    let carried_until: Vec<_> = carried.iter().map(|carried| carried.map(|carried| carried.until)).collect();
    let carried_us: Vec<_> =
        carried.iter().map(|carried| carried.map(|carried| carried.business_us)).collect();
    let carried_days = carried
        .iter()
        .map(|carried| {
            carried
                .map(|carried| stored_count("clock.carried_business_days", carried.business_days))
                .transpose()
        })
        .collect::<Result<Vec<_>, _>>()?;
    let counted_to: Vec<_> =
        carried.iter().map(|carried| carried.map(|carried| carried.counted_to)).collect();
    let states: Vec<_> = clocks.iter().map(|clock| clock.state.as_str()).collect();
    let breached_at: Vec<_> = clocks.iter().map(|clock| clock.breached_at).collect();
    let ended_at: Vec<_> = clocks.iter().map(|clock| clock.ended_at).collect();
    let business_us: Vec<_> =
        clocks.iter().map(|clock| clock.elapsed.map(|elapsed| elapsed.business_us)).collect();
    let calendar_us: Vec<_> =
        clocks.iter().map(|clock| clock.elapsed.map(|elapsed| elapsed.calendar_us)).collect();
    let business_days = clocks
        .iter()
        .map(|clock| {
            let days = clock.elapsed.map(|elapsed| elapsed.business_days);
            days.map(|days| stored_count("clock.elapsed_business_days", days)).transpose()
        })
        .collect::<Result<Vec<_>, _>>()?;
    let done = sqlx::query!(
        r#"-- clock::save
        insert into sla.clock as old (tenant_id, kind, clock_id, handoff_id, lead_id, contract_id, contract_version, calendar_id, calendar_version,
            target_unit, target_amount, started_at, recorded_at, due_at, imported, carried_until,
            carried_business_us, carried_business_days, carried_counted_to, state, breached_at, ended_at,
            elapsed_business_us, elapsed_calendar_us, elapsed_business_days, round)
        select $1, 'DECIDE', n.clock_id, n.handoff_id, n.lead_id, n.contract_id, n.contract_version, n.calendar_id,
            n.calendar_version, n.target_unit, n.target_amount, n.started_at, n.recorded_at, n.due_at, n.imported,
            n.carried_until, n.carried_business_us, n.carried_business_days, n.carried_counted_to, n.state,
            n.breached_at, n.ended_at, n.elapsed_business_us, n.elapsed_calendar_us, n.elapsed_business_days,
            n.round
        from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::integer[], $7::uuid[], $8::integer[],
            $9::text[], $10::bigint[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::boolean[],
            $15::timestamptz[], $16::bigint[], $17::integer[], $18::date[], $19::text[], $20::timestamptz[],
            $21::timestamptz[], $22::bigint[], $23::bigint[], $24::integer[], $25::integer[])
            as n(clock_id, handoff_id, lead_id, contract_id, contract_version, calendar_id, calendar_version,
                target_unit, target_amount, started_at, recorded_at, due_at, imported, carried_until,
                carried_business_us, carried_business_days, carried_counted_to, state, breached_at, ended_at,
                elapsed_business_us, elapsed_calendar_us, elapsed_business_days, round)
        on conflict (tenant_id, clock_id) do update
        set calendar_version = excluded.calendar_version, due_at = excluded.due_at,
            carried_until = excluded.carried_until, carried_business_us = excluded.carried_business_us,
            carried_business_days = excluded.carried_business_days,
            carried_counted_to = excluded.carried_counted_to, state = excluded.state,
            breached_at = excluded.breached_at, ended_at = excluded.ended_at,
            elapsed_business_us = excluded.elapsed_business_us, elapsed_calendar_us = excluded.elapsed_calendar_us,
            elapsed_business_days = excluded.elapsed_business_days
        where old.state = 'RUNNING'"#,
        tenant.0,
        &ids,
        &handoffs,
        &leads,
        &contracts,
        &contract_versions,
        &calendars,
        &calendar_versions,
        &units as &[&str],
        &amounts,
        &started_at,
        &recorded_at,
        &due_at,
        &imported,
        &carried_until as &[Option<DateTime<Utc>>],
        &carried_us as &[Option<i64>],
        &carried_days as &[Option<i32>],
        &counted_to as &[Option<NaiveDate>],
        &states as &[&str],
        &breached_at as &[Option<DateTime<Utc>>],
        &ended_at as &[Option<DateTime<Utc>>],
        &business_us as &[Option<i64>],
        &calendar_us as &[Option<i64>],
        &business_days as &[Option<i32>],
        &rounds,
    )
    .execute(tx.connection())
    .await?;
    wrote("sla.clock", done.rows_affected(), clocks.len())
}

fn counts(column: &str, clocks: &[&Clock], of: impl Fn(&Clock) -> u32) -> Result<Vec<i32>, StoreError> {
    clocks.iter().map(|clock| stored_count(column, of(clock))).collect()
}
