//! A lead's way through a product line. Loaded with its lead, by `dossier`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::{LeadId, TenantId};
use handoff_domain::promotion::Ground;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::record::Track;

use super::{stored_count, word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// Tracks as columns.
struct Columns<'t> {
    leads: Vec<Uuid>,
    lines: Vec<&'t str>,
    stages: Vec<&'static str>,
    stage_since: Vec<DateTime<Utc>>,
    cycles: Vec<i32>,
    had_handoff: Vec<bool>,
    handoffs: Vec<Option<Uuid>>,
    opportunities: Vec<Option<Uuid>>,
    candidates: Vec<Option<&'static str>>,
    segments: Vec<Option<&'t str>>,
    versions: Vec<i64>,
}

impl<'t> Columns<'t> {
    fn of(tracks: &[&'t Track]) -> Result<Self, StoreError> {
        let cycle = |track: &&Track| stored_count("track.cycle", track.cycle);
        Ok(Self {
            leads: tracks.iter().map(|track| track.lead.0).collect(),
            lines: tracks.iter().map(|track| track.line.as_str()).collect(),
            stages: tracks.iter().map(|track| track.stage.as_str()).collect(),
            stage_since: tracks.iter().map(|track| track.stage_since).collect(),
            cycles: tracks.iter().map(cycle).collect::<Result<_, _>>()?,
            had_handoff: tracks.iter().map(|track| track.cycle_has_handoff).collect(),
            handoffs: tracks.iter().map(|track| track.open_handoff.map(|id| id.0)).collect(),
            opportunities: tracks.iter().map(|track| track.open_opportunity.map(|id| id.0)).collect(),
            candidates: tracks.iter().map(|track| track.candidate.map(Ground::as_str)).collect(),
            segments: tracks.iter().map(|track| track.segment.as_deref()).collect(),
            versions: tracks.iter().map(|track| track.version).collect(),
        })
    }
}

/// Adds tracks that began. Without the upsert of [`save`], which looks every key up once more and writes a row in two
/// steps: every lead that is captured or imported begins one.
pub async fn insert(tx: &mut Tx, tenant: TenantId, tracks: &[&Track]) -> Result<(), StoreError> {
    let columns = Columns::of(tracks)?;
    sqlx::query!(
        r#"-- track::insert
        insert into qualification.track (tenant_id, lead_id, product_line, stage, stage_since, cycle,
            cycle_has_handoff, open_handoff_id, open_opportunity_id, candidate, segment, version)
        select $1, n.lead_id, n.product_line, n.stage, n.stage_since, n.cycle, n.cycle_has_handoff, n.open_handoff_id,
            n.open_opportunity_id, n.candidate, n.segment, n.version
        from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::integer[], $7::boolean[], $8::uuid[],
            $9::uuid[], $10::text[], $11::text[], $12::bigint[])
            as n(lead_id, product_line, stage, stage_since, cycle, cycle_has_handoff, open_handoff_id,
                open_opportunity_id, candidate, segment, version)"#,
        tenant.0,
        &columns.leads,
        &columns.lines as &[&str],
        &columns.stages as &[&str],
        &columns.stage_since,
        &columns.cycles,
        &columns.had_handoff,
        &columns.handoffs as &[Option<Uuid>],
        &columns.opportunities as &[Option<Uuid>],
        &columns.candidates as &[Option<&str>],
        &columns.segments as &[Option<&str>],
        &columns.versions,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes tracks that were there.
pub async fn save(tx: &mut Tx, tenant: TenantId, tracks: &[&Track]) -> Result<(), StoreError> {
    let columns = Columns::of(tracks)?;
    let done = sqlx::query!(
        r#"-- track::save
        insert into qualification.track as old (tenant_id, lead_id, product_line, stage, stage_since, cycle,
            cycle_has_handoff, open_handoff_id, open_opportunity_id, candidate, segment, version)
        select $1, n.lead_id, n.product_line, n.stage, n.stage_since, n.cycle, n.cycle_has_handoff, n.open_handoff_id,
            n.open_opportunity_id, n.candidate, n.segment, n.version
        from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::integer[], $7::boolean[], $8::uuid[],
            $9::uuid[], $10::text[], $11::text[], $12::bigint[])
            as n(lead_id, product_line, stage, stage_since, cycle, cycle_has_handoff, open_handoff_id,
                open_opportunity_id, candidate, segment, version)
        on conflict (tenant_id, lead_id, product_line) do update
        set stage = excluded.stage, stage_since = excluded.stage_since, cycle = excluded.cycle,
            cycle_has_handoff = excluded.cycle_has_handoff, open_handoff_id = excluded.open_handoff_id,
            open_opportunity_id = excluded.open_opportunity_id, candidate = excluded.candidate,
            segment = excluded.segment, version = excluded.version
        where old.version < excluded.version"#,
        tenant.0,
        &columns.leads,
        &columns.lines as &[&str],
        &columns.stages as &[&str],
        &columns.stage_since,
        &columns.cycles,
        &columns.had_handoff,
        &columns.handoffs as &[Option<Uuid>],
        &columns.opportunities as &[Option<Uuid>],
        &columns.candidates as &[Option<&str>],
        &columns.segments as &[Option<&str>],
        &columns.versions,
    )
    .execute(tx.connection())
    .await?;
    wrote("track", done.rows_affected(), tracks.len())
}

/// Where a track stands in the list of those in nurture.
pub type Place = (LeadId, String);

/// At most `limit` tracks in nurture behind `after`, of all segments.
pub async fn list_nurtured(
    tx: &mut Tx,
    tenant: TenantId,
    after: &Place,
    limit: i64,
) -> Result<Vec<Place>, StoreError> {
    let rows = sqlx::query!(
        r#"-- track::list_nurtured
        select lead_id, product_line
        from qualification.track
        where tenant_id = $1 and stage = 'NURTURE' and (lead_id, product_line) > ($2, $3)
        order by lead_id, product_line
        limit $4"#,
        tenant.0,
        after.0.0,
        after.1,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (LeadId(row.lead_id), row.product_line)).collect())
}

/// The same of one segment.
pub async fn list_of_segment(
    tx: &mut Tx,
    tenant: TenantId,
    segment: &str,
    after: &Place,
    limit: i64,
) -> Result<Vec<Place>, StoreError> {
    let rows = sqlx::query!(
        r#"-- track::list_of_segment
        select lead_id, product_line
        from qualification.track
        where tenant_id = $1 and segment = $2 and stage = 'NURTURE' and (lead_id, product_line) > ($3, $4)
        order by lead_id, product_line
        limit $5"#,
        tenant.0,
        segment,
        after.0.0,
        after.1,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (LeadId(row.lead_id), row.product_line)).collect())
}

/// The same of those that are in no segment.
pub async fn list_without_segment(
    tx: &mut Tx,
    tenant: TenantId,
    after: &Place,
    limit: i64,
) -> Result<Vec<Place>, StoreError> {
    let rows = sqlx::query!(
        r#"-- track::list_without_segment
        select lead_id, product_line
        from qualification.track
        where tenant_id = $1 and segment is null and stage = 'NURTURE' and (lead_id, product_line) > ($2, $3)
        order by lead_id, product_line
        limit $4"#,
        tenant.0,
        after.0.0,
        after.1,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (LeadId(row.lead_id), row.product_line)).collect())
}

/// Where tracks stand and in which cycle, by lead and line; of those that are there.
pub async fn stages(
    tx: &mut Tx,
    tenant: TenantId,
    tracks: &[(LeadId, &str)],
) -> Result<Vec<(LeadId, String, Stage, i32)>, StoreError> {
    let (leads, lines): (Vec<_>, Vec<_>) = tracks.iter().map(|(lead, line)| (lead.0, *line)).unzip();
    let rows = sqlx::query!(
        r#"-- track::stages
        select t.lead_id as "lead_id!", t.product_line as "product_line!", t.stage as "stage!", t.cycle as "cycle!"
        from unnest($2::uuid[], $3::text[]) as wanted(lead_id, product_line)
        cross join lateral (
            select lead_id, product_line, stage, cycle from qualification.track
            where tenant_id = $1 and lead_id = wanted.lead_id and product_line = wanted.product_line
            limit 1
        ) as t"#,
        tenant.0,
        &leads,
        &lines as &[&str],
    )
    .fetch_all(tx.connection())
    .await?;
    let stage = |text: &str| word("track.stage", text, Stage::from_name);
    rows.into_iter()
        .map(|row| Ok((LeadId(row.lead_id), row.product_line, stage(&row.stage)?, row.cycle)))
        .collect()
}
