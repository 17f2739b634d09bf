//! Reporting's rollups: which generations there are, and what is in them.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of reporting.rollup_state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct RollupRow {
    pub time_zone: String,
    pub serving: Option<i32>,
    pub building: Option<i32>,
    pub built_to: Option<Uuid>,
    pub latest_at: DateTime<Utc>,
}

/// A row of reporting.rollup_cell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct CellRow {
    pub dimension: String,
    pub part: String,
    pub grain: String,
    pub start_day: NaiveDate,
    pub value: String,
    pub detail: String,
    pub keys: Vec<i32>,
    pub counts: Vec<i64>,
}

/// A row of reporting.rollup_unmeasured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct UnmeasuredRow {
    pub lead_id: Uuid,
    pub product_line: String,
    pub cycle: i32,
    pub passage: i32,
    pub started_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    pub gave_up: bool,
    pub target: String,
}

/// The state of the rollups, if there are any.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Option<RollupRow>, StoreError> {
    let row = sqlx::query_as!(
        RollupRow,
        r#"-- verify::rollup::load
        select time_zone, serving, building, built_to, latest_at
        from reporting.rollup_state
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(row)
}

/// Every cell of a generation.
pub async fn each_cell(
    tx: &mut Tx,
    tenant: TenantId,
    generation: i32,
    take: impl FnMut(CellRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        CellRow,
        r#"-- verify::rollup::each_cell
        select dimension, part, grain, start_day, value, detail, keys, counts
        from reporting.rollup_cell
        where tenant_id = $1 and generation = $2"#,
        tenant.0,
        generation,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every hand-over of a generation whose business time is in no cell.
pub async fn each_unmeasured(
    tx: &mut Tx,
    tenant: TenantId,
    generation: i32,
    take: impl FnMut(UnmeasuredRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        UnmeasuredRow,
        r#"-- verify::rollup::each_unmeasured
        select lead_id, product_line, cycle, passage, started_at, ended_at, gave_up, target
        from reporting.rollup_unmeasured
        where tenant_id = $1 and generation = $2"#,
        tenant.0,
        generation,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
