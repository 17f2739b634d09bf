//! What is only ever appended: moves, activities, contacts, and the imported items.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of qualification.stage_change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct MoveRow {
    pub lead_id: Uuid,
    pub position: i64,
    pub product_line: String,
    pub cycle: i32,
    pub from_stage: Option<String>,
    pub to_stage: String,
    pub skipped_stages: Vec<String>,
    pub handoff_id: Option<Uuid>,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub actor: String,
    pub actor_side: String,
    pub reason: Option<String>,
    pub imported: bool,
    pub from_segment: Option<String>,
    pub to_segment: Option<String>,
}

/// A row of qualification.activity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ActivityRow {
    pub lead_id: Uuid,
    pub activity_id: Uuid,
    pub kind: String,
    pub occurred_at: DateTime<Utc>,
    pub local_date: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub imported: bool,
    pub version: i64,
}

/// A row of qualification.contact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ContactRow {
    pub lead_id: Uuid,
    pub contact_id: Uuid,
    pub handoff_id: Option<Uuid>,
    pub kind: String,
    pub direction: String,
    pub human: bool,
    pub channel: String,
    pub made_by: String,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub imported: bool,
    pub version: i64,
}

/// A row of qualification.source_key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct SourceRow {
    pub kind: String,
    pub key: Vec<u8>,
    pub content: Vec<u8>,
    pub lead_id: Uuid,
}

/// Every move, lead by lead, each lead's in the order of positions.
pub async fn each_move(tx: &mut Tx, tenant: TenantId, take: impl FnMut(MoveRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        MoveRow,
        r#"-- verify::history::each_move
        select lead_id, position, product_line, cycle, from_stage, to_stage, skipped_stages, handoff_id, occurred_at,
            recorded_at, actor, actor_side, reason, imported, from_segment, to_segment
        from qualification.stage_change
        where tenant_id = $1
        order by lead_id, position"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every activity.
pub async fn each_activity(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(ActivityRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ActivityRow,
        r#"-- verify::history::each_activity
        select lead_id, activity_id, type as kind, occurred_at, local_date, recorded_at, imported, version
        from qualification.activity
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every contact.
pub async fn each_contact(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(ContactRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ContactRow,
        r#"-- verify::history::each_contact
        select lead_id, contact_id, handoff_id, kind, direction, human, channel, made_by, occurred_at, recorded_at,
            imported, version
        from qualification.contact
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every imported item.
pub async fn each_source(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(SourceRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        SourceRow,
        r#"-- verify::history::each_source
        select kind, key, content, lead_id
        from qualification.source_key
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
