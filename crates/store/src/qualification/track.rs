//! A lead's way through a product line. Loaded with its lead, by `dossier`.

use handoff_domain::id::TenantId;
use handoff_domain::qualification::record::Track;

use super::{stored_count, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// Writes tracks.
pub async fn save(tx: &mut Tx, tenant: TenantId, tracks: &[&Track]) -> Result<(), StoreError> {
    let leads: Vec<_> = tracks.iter().map(|track| track.lead.0).collect();
    let lines: Vec<_> = tracks.iter().map(|track| track.line.as_str()).collect();
    let stages: Vec<_> = tracks.iter().map(|track| track.stage.as_str()).collect();
    let stage_since: Vec<_> = tracks.iter().map(|track| track.stage_since).collect();
    let cycles =
        tracks.iter().map(|track| stored_count("track.cycle", track.cycle)).collect::<Result<Vec<_>, _>>()?;
    let had_handoff: Vec<_> = tracks.iter().map(|track| track.cycle_has_handoff).collect();
    let handoffs: Vec<_> = tracks.iter().map(|track| track.open_handoff.map(|id| id.0)).collect();
    let opportunities: Vec<_> = tracks.iter().map(|track| track.open_opportunity.map(|id| id.0)).collect();
    let versions: Vec<_> = tracks.iter().map(|track| track.version).collect();
    let done = sqlx::query!(
        r#"-- track::save
        insert into qualification.track as old (tenant_id, lead_id, product_line, stage, stage_since, cycle,
            cycle_has_handoff, open_handoff_id, open_opportunity_id, version)
        select $1, n.lead_id, n.product_line, n.stage, n.stage_since, n.cycle, n.cycle_has_handoff, n.open_handoff_id,
            n.open_opportunity_id, n.version
        from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::integer[], $7::boolean[], $8::uuid[],
            $9::uuid[], $10::bigint[])
            as n(lead_id, product_line, stage, stage_since, cycle, cycle_has_handoff, open_handoff_id,
                open_opportunity_id, version)
        on conflict (tenant_id, lead_id, product_line) do update
        set stage = excluded.stage, stage_since = excluded.stage_since, cycle = excluded.cycle,
            cycle_has_handoff = excluded.cycle_has_handoff, open_handoff_id = excluded.open_handoff_id,
            open_opportunity_id = excluded.open_opportunity_id, version = excluded.version
        where old.version < excluded.version"#,
        tenant.0,
        &leads,
        &lines as &[&str],
        &stages as &[&str],
        &stage_since,
        &cycles,
        &had_handoff,
        &handoffs as &[Option<uuid::Uuid>],
        &opportunities as &[Option<uuid::Uuid>],
        &versions,
    )
    .execute(tx.connection())
    .await?;
    wrote("track", done.rows_affected(), tracks.len())
}
