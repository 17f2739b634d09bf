//! Hand-overs whose business time no clock logged, so that a report finds and measures them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::metric::dimension::{Dimension, Dimensions};
use handoff_domain::metric::{Basis, Span};
use handoff_domain::rollup::contribution::Unmeasured;

use super::dimensions;
use crate::column::stored_count;
use crate::error::StoreError;
use crate::tx::Tx;

/// Which passage of which cycle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The lead.
    pub lead: LeadId,
    /// The product line.
    pub line: String,
    /// The cycle.
    pub cycle: u32,
    /// Its passage.
    pub passage: u32,
}

/// One as a report reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What there is to measure.
    pub unmeasured: Unmeasured,
    /// The target in words; empty without one.
    pub target: String,
    /// What it is broken down by.
    pub dimensions: Dimensions,
}

/// Those of the span, by their end or by their start; at most `limit`.
pub async fn load_in_span(
    tx: &mut Tx,
    tenant: TenantId,
    generation: i32,
    span: &Span,
    basis: Basis,
    limit: i64,
) -> Result<Vec<Found>, StoreError> {
    let (by_end, by_start) = (basis == Basis::Period, basis == Basis::Cohort);
    let rows = sqlx::query!(
        r#"-- rollup_unmeasured::load_in_span
        select u.started_at as "started_at!", u.ended_at as "ended_at!", u.gave_up as "gave_up!", u.target as "target!",
            f.origin, f.source, f.medium, f.campaign, f.kind, f.persona, f.owner, f.team
        from (
            select lead_id, product_line, cycle, passage, started_at, ended_at, gave_up, target
            from reporting.rollup_unmeasured
            where tenant_id = $1 and generation = $2 and $5 and ended_at >= $3 and ended_at < $4
            union all
            select lead_id, product_line, cycle, passage, started_at, ended_at, gave_up, target
            from reporting.rollup_unmeasured
            where tenant_id = $1 and generation = $2 and $6 and started_at >= $3 and started_at < $4
            limit $7
        ) as u
        cross join lateral (
            select origin, source, medium, campaign, kind, persona, owner, team
            from reporting.handoff_fact
            where tenant_id = $1 and lead_id = u.lead_id and product_line = u.product_line and cycle = u.cycle
                and passage = u.passage and known_to is null
            offset 0
        ) as f"#,
        tenant.0,
        generation,
        span.start,
        span.end,
        by_end,
        by_start,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    let found = rows.into_iter().map(|row| Found {
        unmeasured: Unmeasured { start: row.started_at, end: row.ended_at, gave_up: row.gave_up },
        target: row.target,
        dimensions: dimensions([
            (Dimension::Origin, row.origin),
            (Dimension::Source, row.source),
            (Dimension::Medium, row.medium),
            (Dimension::Campaign, row.campaign),
            (Dimension::Kind, row.kind),
            (Dimension::Persona, row.persona),
            (Dimension::Owner, row.owner),
            (Dimension::Team, row.team),
        ]),
    });
    Ok(found.collect())
}

/// Writes them.
pub async fn save(
    tx: &mut Tx,
    tenant: TenantId,
    generation: i32,
    unmeasured: &[(Place, Unmeasured, String)],
) -> Result<(), StoreError> {
    let places = Places::of(unmeasured.iter().map(|(place, ..)| place))?;
    let started_at: Vec<DateTime<Utc>> = unmeasured.iter().map(|(_, it, _)| it.start).collect();
    let ended_at: Vec<DateTime<Utc>> = unmeasured.iter().map(|(_, it, _)| it.end).collect();
    let gave_up: Vec<bool> = unmeasured.iter().map(|(_, it, _)| it.gave_up).collect();
    let targets: Vec<&str> = unmeasured.iter().map(|(.., target)| target.as_str()).collect();
    sqlx::query!(
        r#"-- rollup_unmeasured::save
        insert into reporting.rollup_unmeasured (tenant_id, generation, lead_id, product_line, cycle, passage, started_at,
            ended_at, gave_up, target)
        select $1, $2, n.lead_id, n.product_line, n.cycle, n.passage, n.started_at, n.ended_at, n.gave_up, n.target
        from unnest($3::uuid[], $4::text[], $5::integer[], $6::integer[], $7::timestamptz[], $8::timestamptz[],
            $9::boolean[], $10::text[])
            as n(lead_id, product_line, cycle, passage, started_at, ended_at, gave_up, target)
        on conflict (tenant_id, generation, lead_id, product_line, cycle, passage) do update
        set started_at = excluded.started_at, ended_at = excluded.ended_at, gave_up = excluded.gave_up,
            target = excluded.target"#,
        tenant.0,
        generation,
        &places.leads,
        &places.lines as &[&str],
        &places.cycles,
        &places.passages,
        &started_at,
        &ended_at,
        &gave_up,
        &targets as &[&str],
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Removes those at these places.
pub async fn remove(
    tx: &mut Tx,
    tenant: TenantId,
    generation: i32,
    places: &[Place],
) -> Result<(), StoreError> {
    let places = Places::of(places.iter())?;
    sqlx::query!(
        r#"-- rollup_unmeasured::remove
        delete from reporting.rollup_unmeasured as gone
        using unnest($3::uuid[], $4::text[], $5::integer[], $6::integer[]) as n(lead_id, product_line, cycle, passage)
        where gone.tenant_id = $1 and gone.generation = $2 and gone.lead_id = n.lead_id
            and gone.product_line = n.product_line and gone.cycle = n.cycle and gone.passage = n.passage"#,
        tenant.0,
        generation,
        &places.leads,
        &places.lines as &[&str],
        &places.cycles,
        &places.passages,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Removes at most `limit` of generations that are neither served nor built; says how many those were.
pub async fn sweep(tx: &mut Tx, tenant: TenantId, kept: &[i32], limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"-- rollup_unmeasured::sweep
        delete from reporting.rollup_unmeasured as gone
        using (
            select generation, lead_id, product_line, cycle, passage
            from reporting.rollup_unmeasured
            where tenant_id = $1 and generation <> all ($2)
            limit $3
        ) as old
        where gone.tenant_id = $1 and gone.generation = old.generation and gone.lead_id = old.lead_id
            and gone.product_line = old.product_line and gone.cycle = old.cycle and gone.passage = old.passage"#,
        tenant.0,
        kept,
        limit,
    )
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected())
}

struct Places<'p> {
    leads: Vec<Uuid>,
    lines: Vec<&'p str>,
    cycles: Vec<i32>,
    passages: Vec<i32>,
}

impl<'p> Places<'p> {
    fn of(places: impl Iterator<Item = &'p Place> + Clone) -> Result<Self, StoreError> {
        let stored = |column: &'static str, of: fn(&Place) -> u32| {
            let counts = places.clone().map(|place| stored_count(column, of(place)));
            counts.collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            leads: places.clone().map(|place| place.lead.0).collect(),
            lines: places.clone().map(|place| place.line.as_str()).collect(),
            cycles: stored("rollup_unmeasured.cycle", |place| place.cycle)?,
            passages: stored("rollup_unmeasured.passage", |place| place.passage)?,
        })
    }
}
