//! Sla's state.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of sla.calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct CalendarRow {
    pub calendar_id: Uuid,
    pub slug: String,
    pub version: i32,
    pub display_name: String,
    pub definition: Value,
    pub effective_from: DateTime<Utc>,
}

/// A row of sla.contract.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ContractRow {
    pub contract_id: Uuid,
    pub version: i32,
    pub is_signed: bool,
    pub effective_from: DateTime<Utc>,
    pub effective_to: Option<DateTime<Utc>>,
    pub decide_unit: String,
    pub decide_amount: i64,
    pub calendar_id: Uuid,
}

/// A row of sla.clock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ClockRow {
    pub clock_id: Uuid,
    pub kind: String,
    pub handoff_id: Uuid,
    pub lead_id: Uuid,
    pub round: i32,
    pub contract_id: Uuid,
    pub contract_version: i32,
    pub calendar_id: Uuid,
    pub calendar_version: i32,
    pub target_unit: String,
    pub target_amount: i64,
    pub started_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub imported: bool,
    pub carried_until: Option<DateTime<Utc>>,
    pub carried_business_us: Option<i64>,
    pub carried_business_days: Option<i32>,
    pub carried_counted_to: Option<NaiveDate>,
    pub state: String,
    pub breached_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub elapsed_business_us: Option<i64>,
    pub elapsed_calendar_us: Option<i64>,
    pub elapsed_business_days: Option<i32>,
}

/// A row of sla.timer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct TimerRow {
    pub clock_id: Uuid,
    pub kind: String,
    pub fire_at: DateTime<Utc>,
}

/// Every calendar.
pub async fn each_calendar(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(CalendarRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        CalendarRow,
        r#"-- verify::sla::each_calendar
        select calendar_id, slug, version, display_name, definition, effective_from
        from sla.calendar
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every version of a contract.
pub async fn each_contract(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(ContractRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ContractRow,
        r#"-- verify::sla::each_contract
        select contract_id, version, is_signed, effective_from, effective_to, decide_unit, decide_amount, calendar_id
        from sla.contract
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every clock.
pub async fn each_clock(tx: &mut Tx, tenant: TenantId, take: impl FnMut(ClockRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ClockRow,
        r#"-- verify::sla::each_clock
        select clock_id, kind, handoff_id, lead_id, round, contract_id, contract_version, calendar_id, calendar_version,
            target_unit, target_amount, started_at, recorded_at, due_at, imported, carried_until, carried_business_us,
            carried_business_days, carried_counted_to, state, breached_at, ended_at, elapsed_business_us,
            elapsed_calendar_us, elapsed_business_days
        from sla.clock
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every timer.
pub async fn each_timer(tx: &mut Tx, tenant: TenantId, take: impl FnMut(TimerRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        TimerRow,
        r#"-- verify::sla::each_timer
        select clock_id, kind, fire_at
        from sla.timer
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// When the tenant's next timer fires, as its row of due_time has it; none without a row.
pub async fn due_time(tx: &mut Tx, tenant: TenantId) -> Result<Option<Option<DateTime<Utc>>>, StoreError> {
    let row = sqlx::query_scalar!(
        r#"-- verify::sla::due_time
        select next_at
        from sla.due_time
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(row)
}
