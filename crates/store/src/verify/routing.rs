//! Routing: calendars that were copied, the plan, turns, what is kept of handoffs, and who is looked at when.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of qualification.calendar_copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct CalendarCopyRow {
    pub slug: String,
    pub version: i32,
    pub definition: Value,
}

/// A row of qualification.routing_plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct PlanRow {
    pub number: i32,
    pub content: Vec<u8>,
    pub position: i64,
}

/// A row of qualification.routing_turn.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct TurnRow {
    pub rule: String,
    pub user_id: Uuid,
    pub start: i64,
    pub pass: i64,
    pub position: i64,
}

/// A row of qualification.handoff_route.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct RouteRow {
    pub handoff_id: Uuid,
    pub lead_id: Uuid,
    pub mql_at: DateTime<Utc>,
    pub begun: i64,
    pub plan: Option<i32>,
    pub rule: Option<String>,
    pub method: Option<String>,
    pub inactive: Option<i32>,
    pub returned: Option<i32>,
    pub absent: Option<i32>,
    pub off_hours: Option<i32>,
    pub occupied: Option<i32>,
    pub free_at: Option<DateTime<Utc>>,
    pub is_waiting: bool,
    pub returned_by: Option<Uuid>,
    pub version: i64,
}

/// Every calendar that was copied.
pub async fn each_calendar_copy(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(CalendarCopyRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        CalendarCopyRow,
        r#"-- verify::routing::each_calendar_copy
        select slug, version, definition
        from qualification.calendar_copy
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// The plan; more than one row there cannot be.
pub async fn each_plan(tx: &mut Tx, tenant: TenantId, take: impl FnMut(PlanRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        PlanRow,
        r#"-- verify::routing::each_plan
        select number, content, position
        from qualification.routing_plan
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every turn.
pub async fn each_turn(tx: &mut Tx, tenant: TenantId, take: impl FnMut(TurnRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        TurnRow,
        r#"-- verify::routing::each_turn
        select rule, user_id, start, pass, position
        from qualification.routing_turn
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// What is kept of every handoff that routing has looked at.
pub async fn each_route(tx: &mut Tx, tenant: TenantId, take: impl FnMut(RouteRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        RouteRow,
        r#"-- verify::routing::each_route
        select handoff_id, lead_id, mql_at, begun, plan, rule, method, inactive, returned, absent, off_hours, occupied, free_at,
            is_waiting, returned_by, version
        from qualification.handoff_route
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every rule by which somebody waits or waited, with when it is looked at next.
pub async fn each_queue(
    tx: &mut Tx,
    tenant: TenantId,
    mut take: impl FnMut(String, Option<DateTime<Utc>>),
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"-- verify::routing::each_queue
        select rule, due_at
        from qualification.routing_queue
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, |row| take(row.rule, row.due_at)).await
}

/// When each user is looked at next.
pub async fn each_away(
    tx: &mut Tx,
    tenant: TenantId,
    mut take: impl FnMut(Uuid, Option<DateTime<Utc>>),
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"-- verify::routing::each_away
        select user_id, away_at
        from qualification.user_account
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, |row| take(row.user_id, row.away_at)).await
}
