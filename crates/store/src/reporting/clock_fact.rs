//! Facts of clocks, as sla's log tells them.

mod row;

use chrono::{DateTime, Utc};

use handoff_domain::id::{ClockId, HandoffId, TenantId};
use handoff_domain::metric::Span;
use handoff_domain::metric::clock::{ClockFact, ClockKind};
use handoff_domain::metric::dimension::{Dimension, Dimensions};

use super::{Known, Scope, dimensions};
use crate::column::{stored_count, stored_target, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// The versions that hold now, of those of the clocks that are there.
pub async fn load_current(
    tx: &mut Tx,
    tenant: TenantId,
    clocks: &[ClockId],
) -> Result<Vec<Known<ClockFact>>, StoreError> {
    let clocks: Vec<_> = clocks.iter().map(|clock| clock.0).collect();
    let rows = sqlx::query_as!(
        row::Columns,
        r#"-- clock_fact::load_current
        select f.known_from as "known_from!", f.clock_id as "clock_id!", f.handoff_id as "handoff_id!",
            f.kind as "kind!", f.target_unit as "target_unit!", f.target_amount as "target_amount!",
            f.started_at as "started_at!", f.due_at as "due_at!", f.stopped_at, f.stop, f.elapsed_business_us,
            f.elapsed_calendar_us, f.elapsed_business_days, f.breached_at
        from unnest($2::uuid[]) as wanted(clock_id)
        cross join lateral (
            select known_from, clock_id, handoff_id, kind, target_unit, target_amount, started_at, due_at, stopped_at,
                stop, elapsed_business_us, elapsed_calendar_us, elapsed_business_days, breached_at
            from reporting.clock_fact
            where tenant_id = $1 and clock_id between wanted.clock_id and wanted.clock_id and known_to is null
            order by clock_id
            offset 0
        ) as f"#,
        tenant.0,
        &clocks,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(|row| Ok(Known { from: row.known_from, to: None, fact: row.try_into()? })).collect()
}

/// The facts of clocks that ran, were due or stopped in the span.
pub async fn load_in_span(
    tx: &mut Tx,
    tenant: TenantId,
    scope: &Scope,
) -> Result<Vec<ClockFact>, StoreError> {
    let rows = sqlx::query_as!(
        row::Columns,
        r#"-- clock_fact::load_in_span
        select known_from as "known_from!", clock_id as "clock_id!", handoff_id as "handoff_id!", kind as "kind!",
            target_unit as "target_unit!", target_amount as "target_amount!", started_at as "started_at!",
            due_at as "due_at!", stopped_at, stop, elapsed_business_us, elapsed_calendar_us, elapsed_business_days,
            breached_at
        from (
            select now.*
            from reporting.clock_fact as now
            where tenant_id = $1 and known_to is null and known_from <= $4
            union all
            select past.*
            from reporting.clock_fact as past
            where tenant_id = $1 and known_to > $4 and known_from <= $4
        ) as known
        where started_at < $3 and (until_at >= $2 or until_at is null)"#,
        tenant.0,
        scope.span.start,
        scope.span.end,
        scope.known_at,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(ClockFact::try_from).collect()
}

/// The facts of all clocks of these handoffs, as they were known.
pub async fn load_of_handoffs(
    tx: &mut Tx,
    tenant: TenantId,
    handoffs: &[HandoffId],
    known_at: DateTime<Utc>,
) -> Result<Vec<ClockFact>, StoreError> {
    let handoffs: Vec<_> = handoffs.iter().map(|handoff| handoff.0).collect();
    let rows = sqlx::query_as!(
        row::Columns,
        r#"-- clock_fact::load_of_handoffs
        select f.known_from as "known_from!", f.clock_id as "clock_id!", f.handoff_id as "handoff_id!",
            f.kind as "kind!", f.target_unit as "target_unit!", f.target_amount as "target_amount!",
            f.started_at as "started_at!", f.due_at as "due_at!", f.stopped_at, f.stop, f.elapsed_business_us,
            f.elapsed_calendar_us, f.elapsed_business_days, f.breached_at
        from unnest($2::uuid[]) as wanted(handoff_id)
        cross join lateral (
            select seen.*
            from reporting.clock_fact as here
            join reporting.clock_fact as seen on seen.tenant_id = here.tenant_id and seen.clock_id = here.clock_id
            where here.tenant_id = $1 and here.handoff_id between wanted.handoff_id and wanted.handoff_id
                and here.known_to is null and seen.known_from <= $3 and (seen.known_to is null or seen.known_to > $3)
            order by here.handoff_id
            offset 0
        ) as f"#,
        tenant.0,
        &handoffs,
        known_at,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(ClockFact::try_from).collect()
}

/// The longest time that a clock of this kind was given, of those that are due in the span, had started at `as_of` and
/// belong to a hand-over that is no test, in microseconds; none if there were none.
///
/// The longest are looked at first, one by one, and mostly the first one counts. As a join (`offset 0` keeps it from
/// being one) all of them would be held against all hand-overs, as long as nothing is known of how many a new tenant has.
pub async fn load_longest_given(
    tx: &mut Tx,
    tenant: TenantId,
    scope: &Scope,
    as_of: DateTime<Utc>,
    kind: ClockKind,
) -> Result<Option<i64>, StoreError> {
    let given = sqlx::query_scalar!(
        r#"-- clock_fact::load_longest_given
        select (extract(epoch from given) * 1000000)::bigint as "given!"
        from (
            select handoff_id, due_at - started_at as given
            from (
                select now.*
                from reporting.clock_fact as now
                where tenant_id = $1 and known_to is null and known_from <= $4
                union all
                select past.*
                from reporting.clock_fact as past
                where tenant_id = $1 and known_to > $4 and known_from <= $4
            ) as known
            where kind = $5 and due_at >= $2 and due_at < $3 and (until_at >= $2 or until_at is null)
                and started_at < $3 and started_at <= $6
            order by given desc
        ) as longest
        where exists (
            select
            from reporting.handoff_fact as here
            join reporting.handoff_fact as seen on seen.tenant_id = here.tenant_id and seen.lead_id = here.lead_id
                and seen.handoff_id = here.handoff_id
            where here.tenant_id = $1 and here.handoff_id = longest.handoff_id and here.handoff_id is not null
                and here.known_to is null and seen.known_from <= $4
                and (seen.known_to is null or seen.known_to > $4)
                and not seen.is_test and not seen.mql_implied and seen.mql_at <= $6
            offset 0
        )
        order by given desc
        limit 1"#,
        tenant.0,
        scope.span.start,
        scope.span.end,
        scope.known_at,
        row::kind_word(kind),
        as_of,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(given)
}

/// The versions that hold now, of the clocks of these handoffs.
pub async fn load_current_of_handoffs(
    tx: &mut Tx,
    tenant: TenantId,
    handoffs: &[HandoffId],
) -> Result<Vec<Known<ClockFact>>, StoreError> {
    let handoffs: Vec<_> = handoffs.iter().map(|handoff| handoff.0).collect();
    let rows = sqlx::query_as!(
        row::Columns,
        r#"-- clock_fact::load_current_of_handoffs
        select f.known_from as "known_from!", f.clock_id as "clock_id!", f.handoff_id as "handoff_id!",
            f.kind as "kind!", f.target_unit as "target_unit!", f.target_amount as "target_amount!",
            f.started_at as "started_at!", f.due_at as "due_at!", f.stopped_at, f.stop, f.elapsed_business_us,
            f.elapsed_calendar_us, f.elapsed_business_days, f.breached_at
        from unnest($2::uuid[]) as wanted(handoff_id)
        cross join lateral (
            select known_from, clock_id, handoff_id, kind, target_unit, target_amount, started_at, due_at, stopped_at,
                stop, elapsed_business_us, elapsed_calendar_us, elapsed_business_days, breached_at
            from reporting.clock_fact
            where tenant_id = $1 and handoff_id between wanted.handoff_id and wanted.handoff_id and known_to is null
            order by handoff_id
            offset 0
        ) as f"#,
        tenant.0,
        &handoffs,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(|row| Ok(Known { from: row.known_from, to: None, fact: row.try_into()? })).collect()
}

/// The DECIDE clocks as they hold now that are due in the span, each with what its hand-over is broken down by. Those
/// of tests, and of handoffs that nobody has told of, are left out.
pub async fn load_due_in_span(
    tx: &mut Tx,
    tenant: TenantId,
    span: &Span,
) -> Result<Vec<(ClockFact, Dimensions)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- clock_fact::load_due_in_span
        select c.known_from, c.clock_id, c.handoff_id, c.kind, c.target_unit, c.target_amount, c.started_at, c.due_at,
            c.stopped_at, c.stop, c.elapsed_business_us, c.elapsed_calendar_us, c.elapsed_business_days, c.breached_at,
            f.origin, f.source, f.medium, f.campaign, f.kind as lead_kind, f.persona, f.owner, f.team
        from reporting.clock_fact as c
        cross join lateral (
            select origin, source, medium, campaign, kind, persona, owner, team
            from reporting.handoff_fact
            where tenant_id = $1 and handoff_id = c.handoff_id and handoff_id is not null and known_to is null
                and not is_test and mql_at is not null and not mql_implied
            offset 0
        ) as f
        where c.tenant_id = $1 and c.known_to is null and c.kind = 'DECIDE' and c.due_at >= $2 and c.due_at < $3"#,
        tenant.0,
        span.start,
        span.end,
    )
    .fetch_all(tx.connection())
    .await?;
    let read = rows.into_iter().map(|row| {
        let clock = row::Columns {
            known_from: row.known_from,
            clock_id: row.clock_id,
            handoff_id: row.handoff_id,
            kind: row.kind,
            target_unit: row.target_unit,
            target_amount: row.target_amount,
            started_at: row.started_at,
            due_at: row.due_at,
            stopped_at: row.stopped_at,
            stop: row.stop,
            elapsed_business_us: row.elapsed_business_us,
            elapsed_calendar_us: row.elapsed_calendar_us,
            elapsed_business_days: row.elapsed_business_days,
            breached_at: row.breached_at,
        };
        let dimensions = dimensions([
            (Dimension::Origin, row.origin),
            (Dimension::Source, row.source),
            (Dimension::Medium, row.medium),
            (Dimension::Campaign, row.campaign),
            (Dimension::Kind, row.lead_kind),
            (Dimension::Persona, row.persona),
            (Dimension::Owner, row.owner),
            (Dimension::Team, row.team),
        ]);
        Ok((clock.try_into()?, dimensions))
    });
    read.collect()
}

/// Writes versions: new ones, and the end of those that were changed, which stand before those that follow them.
pub async fn save(tx: &mut Tx, tenant: TenantId, versions: &[Known<ClockFact>]) -> Result<(), StoreError> {
    let targets = versions
        .iter()
        .map(|known| stored_target("clock_fact.target_amount", known.fact.target))
        .collect::<Result<Vec<_>, _>>()?;
    let elapsed = |known: &Known<ClockFact>| known.fact.stop.map(|stop| stop.elapsed);
    let business_days = versions
        .iter()
        .map(|known| {
            elapsed(known).map(|elapsed| stored_count("clock_fact", elapsed.business_days)).transpose()
        })
        .collect::<Result<Vec<_>, _>>()?;
    let clocks: Vec<_> = versions.iter().map(|known| known.fact.clock.0).collect();
    let known_from: Vec<_> = versions.iter().map(|known| known.from).collect();
    let known_to: Vec<_> = versions.iter().map(|known| known.to).collect();
    let handoffs: Vec<_> = versions.iter().map(|known| known.fact.handoff.0).collect();
    let kinds: Vec<_> = versions.iter().map(|known| row::kind_word(known.fact.kind)).collect();
    let units: Vec<_> = targets.iter().map(|(unit, _)| *unit).collect();
    let amounts: Vec<_> = targets.iter().map(|(_, amount)| *amount).collect();
    let started_at: Vec<_> = versions.iter().map(|known| known.fact.started_at).collect();
    let due_at: Vec<_> = versions.iter().map(|known| known.fact.due_at).collect();
    let stopped_at: Vec<_> = versions.iter().map(|known| known.fact.stop.map(|stop| stop.at)).collect();
    let stops: Vec<_> =
        versions.iter().map(|known| known.fact.stop.map(|stop| row::stop_word(stop.kind))).collect();
    let business_us: Vec<_> =
        versions.iter().map(|known| elapsed(known).map(|time| time.business_us)).collect();
    let calendar_us: Vec<_> =
        versions.iter().map(|known| elapsed(known).map(|time| time.calendar_us)).collect();
    let breached_at: Vec<_> = versions.iter().map(|known| known.fact.breached_at).collect();
    let until_at: Vec<_> = versions.iter().map(|known| until(&known.fact)).collect();
    let done = sqlx::query!(
        r#"-- clock_fact::save
        insert into reporting.clock_fact (tenant_id, clock_id, known_from, known_to, handoff_id, kind, target_unit,
            target_amount, started_at, due_at, stopped_at, stop, elapsed_business_us, elapsed_calendar_us,
            elapsed_business_days, breached_at, until_at)
        select $1, n.clock_id, n.known_from, n.known_to, n.handoff_id, n.kind, n.target_unit, n.target_amount,
            n.started_at, n.due_at, n.stopped_at, n.stop, n.elapsed_business_us, n.elapsed_calendar_us,
            n.elapsed_business_days, n.breached_at, n.until_at
        from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::uuid[], $6::text[], $7::text[],
            $8::bigint[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::bigint[],
            $14::bigint[], $15::integer[], $16::timestamptz[], $17::timestamptz[])
            as n(clock_id, known_from, known_to, handoff_id, kind, target_unit, target_amount, started_at, due_at,
                stopped_at, stop, elapsed_business_us, elapsed_calendar_us, elapsed_business_days, breached_at,
                until_at)
        on conflict (tenant_id, clock_id, known_from) do update
        set known_to = excluded.known_to, handoff_id = excluded.handoff_id, kind = excluded.kind,
            target_unit = excluded.target_unit, target_amount = excluded.target_amount,
            started_at = excluded.started_at, due_at = excluded.due_at, stopped_at = excluded.stopped_at,
            stop = excluded.stop, elapsed_business_us = excluded.elapsed_business_us,
            elapsed_calendar_us = excluded.elapsed_calendar_us,
            elapsed_business_days = excluded.elapsed_business_days, breached_at = excluded.breached_at,
            until_at = excluded.until_at"#,
        tenant.0,
        &clocks,
        &known_from,
        &known_to as &[Option<DateTime<Utc>>],
        &handoffs,
        &kinds as &[&str],
        &units as &[&str],
        &amounts,
        &started_at,
        &due_at,
        &stopped_at as &[Option<DateTime<Utc>>],
        &stops as &[Option<&str>],
        &business_us as &[Option<i64>],
        &calendar_us as &[Option<i64>],
        &business_days as &[Option<i32>],
        &breached_at as &[Option<DateTime<Utc>>],
        &until_at as &[Option<DateTime<Utc>>],
    )
    .execute(tx.connection())
    .await?;
    wrote("clock_fact", done.rows_affected(), versions.len())
}

/// The last instant that the clock has to do with: its deadline may lie after its stop. None while it runs.
fn until(clock: &ClockFact) -> Option<DateTime<Utc>> {
    clock.stop.map(|stop| stop.at.max(clock.due_at).max(clock.started_at))
}
