//! The stage history; rows are only ever added.

use chrono::{DateTime, Utc};
use handoff_domain::id::{HandoffId, LeadId, TenantId};
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::state::StageChange;
use serde_json::Value;
use uuid::Uuid;

use super::{count, line, side, stored_count, word, word_or_none};
use crate::error::StoreError;
use crate::tx::Tx;

/// Adds rows.
pub async fn append(tx: &mut Tx, tenant: TenantId, changes: &[StageChange]) -> Result<(), StoreError> {
    let leads: Vec<_> = changes.iter().map(|change| change.lead.0).collect();
    let positions: Vec<_> = changes.iter().map(|change| change.position).collect();
    let lines: Vec<_> = changes.iter().map(|change| change.line.as_str()).collect();
    let cycles = changes
        .iter()
        .map(|change| stored_count("stage_change.cycle", change.cycle))
        .collect::<Result<Vec<_>, _>>()?;
    let from: Vec<_> = changes.iter().map(|change| change.from.map(Stage::as_str)).collect();
    let to: Vec<_> = changes.iter().map(|change| change.to.as_str()).collect();
    // As JSON: arrays of arrays must be rectangular, and these are not.
    let skipped: Vec<Value> = changes
        .iter()
        .map(|change| change.skipped.iter().map(|stage| Value::from(stage.as_str())).collect())
        .collect();
    let handoffs: Vec<_> = changes.iter().map(|change| change.handoff.map(|id| id.0)).collect();
    let occurred_at: Vec<_> = changes.iter().map(|change| change.occurred_at).collect();
    let recorded_at: Vec<_> = changes.iter().map(|change| change.recorded_at).collect();
    let actors: Vec<_> = changes.iter().map(|change| change.actor.as_str()).collect();
    let sides: Vec<_> = changes.iter().map(|change| change.side.as_str()).collect();
    let reasons: Vec<_> = changes.iter().map(|change| change.reason.as_deref()).collect();
    let left: Vec<_> = changes.iter().map(|change| change.from_segment.as_deref()).collect();
    let entered: Vec<_> = changes.iter().map(|change| change.to_segment.as_deref()).collect();
    let imported: Vec<_> = changes.iter().map(|change| change.imported).collect();
    sqlx::query!(
        r#"-- stage_change::append
        insert into qualification.stage_change (tenant_id, lead_id, position, product_line, cycle, from_stage,
            to_stage, skipped_stages, handoff_id, occurred_at, recorded_at, actor, actor_side, reason, imported,
            from_segment, to_segment)
        select $1, n.lead_id, n.position, n.product_line, n.cycle, n.from_stage, n.to_stage,
            array(select jsonb_array_elements_text(n.skipped_stages)), n.handoff_id, n.occurred_at, n.recorded_at,
            n.actor, n.actor_side, n.reason, n.imported, n.from_segment, n.to_segment
        from unnest($2::uuid[], $3::bigint[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::jsonb[],
            $9::uuid[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::text[], $14::text[], $15::boolean[],
            $16::text[], $17::text[])
            as n(lead_id, position, product_line, cycle, from_stage, to_stage, skipped_stages, handoff_id, occurred_at,
                recorded_at, actor, actor_side, reason, imported, from_segment, to_segment)"#,
        tenant.0,
        &leads,
        &positions,
        &lines as &[&str],
        &cycles,
        &from as &[Option<&str>],
        &to as &[&str],
        &skipped,
        &handoffs as &[Option<Uuid>],
        &occurred_at,
        &recorded_at,
        &actors as &[&str],
        &sides as &[&str],
        &reasons as &[Option<&str>],
        &imported,
        &left as &[Option<&str>],
        &entered as &[Option<&str>],
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A row as it is stored.
struct Columns {
    lead_id: Uuid,
    position: i64,
    product_line: String,
    cycle: i32,
    from_stage: Option<String>,
    to_stage: String,
    skipped_stages: Vec<String>,
    handoff_id: Option<Uuid>,
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    actor: String,
    actor_side: String,
    reason: Option<String>,
    imported: bool,
    from_segment: Option<String>,
    to_segment: Option<String>,
}

impl TryFrom<Columns> for StageChange {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let stage = |column, text: &str| word(column, text, Stage::from_name);
        let skipped = row.skipped_stages.iter().map(|text| stage("stage_change.skipped_stages", text));
        Ok(Self {
            position: row.position,
            lead: LeadId(row.lead_id),
            line: line("stage_change.product_line", &row.product_line)?,
            cycle: count("stage_change.cycle", row.cycle)?,
            from: word_or_none("stage_change.from_stage", row.from_stage.as_deref(), Stage::from_name)?,
            to: stage("stage_change.to_stage", &row.to_stage)?,
            skipped: skipped.collect::<Result<_, _>>()?,
            handoff: row.handoff_id.map(HandoffId),
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            actor: row.actor,
            side: side("stage_change.actor_side", &row.actor_side)?,
            reason: row.reason,
            from_segment: row.from_segment,
            to_segment: row.to_segment,
            imported: row.imported,
        })
    }
}

/// The history of a lead in the order in which it was written.
pub async fn load_of_lead(
    tx: &mut Tx,
    tenant: TenantId,
    lead: LeadId,
) -> Result<Vec<StageChange>, StoreError> {
    let rows = sqlx::query_as!(
        Columns,
        r#"-- stage_change::load_of_lead
        select lead_id, position, product_line, cycle, from_stage, to_stage, skipped_stages, handoff_id, occurred_at,
            recorded_at, actor, actor_side, reason, imported, from_segment, to_segment
        from qualification.stage_change
        where tenant_id = $1 and lead_id = $2
        order by position"#,
        tenant.0,
        lead.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(StageChange::try_from).collect()
}

/// At most `limit` changes behind a position, of all leads, in the order of the log.
pub async fn list_after(
    tx: &mut Tx,
    tenant: TenantId,
    position: i64,
    limit: i64,
) -> Result<Vec<StageChange>, StoreError> {
    let rows = sqlx::query_as!(
        Columns,
        r#"-- stage_change::list_after
        select lead_id, position, product_line, cycle, from_stage, to_stage, skipped_stages, handoff_id, occurred_at,
            recorded_at, actor, actor_side, reason, imported, from_segment, to_segment
        from qualification.stage_change
        where tenant_id = $1 and position > $2
        order by position
        limit $3"#,
        tenant.0,
        position,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(StageChange::try_from).collect()
}
