//! Reporting's facts, every version of them.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of reporting.tenant_setting.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct SettingRow {
    pub slug: String,
    pub time_zone: String,
    pub currency_code: String,
    pub fiscal_year_start_month: i16,
}

/// A row of reporting.log_seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct SeenRow {
    pub source: String,
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
}

/// A row of reporting.calendar_version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct CalendarVersionRow {
    pub calendar_id: Uuid,
    pub version: i32,
    pub known_from: DateTime<Utc>,
    pub definition: Vec<u8>,
}

/// A row of reporting.contract_version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ContractVersionRow {
    pub contract_id: Uuid,
    pub version: i32,
    pub known_from: DateTime<Utc>,
    pub effective_from: DateTime<Utc>,
    pub is_signed: bool,
}

/// A row of reporting.lead_fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct LeadFactRow {
    pub lead_id: Uuid,
    pub known_from: DateTime<Utc>,
    pub known_to: Option<DateTime<Utc>>,
    pub is_test: bool,
    pub merged_into: Option<Uuid>,
    pub imported: bool,
    pub captured_at: DateTime<Utc>,
    pub customer_at: Option<DateTime<Utc>>,
    pub origin: Option<String>,
    pub source: Option<String>,
    pub medium: Option<String>,
    pub campaign: Option<String>,
    pub kind: Option<String>,
    pub persona: Option<String>,
}

/// A row of reporting.handoff_fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct HandoffFactRow {
    pub lead_id: Uuid,
    pub product_line: String,
    pub cycle: i32,
    pub passage: i32,
    pub known_from: DateTime<Utc>,
    pub known_to: Option<DateTime<Utc>>,
    pub is_test: bool,
    pub merged_into: Option<Uuid>,
    pub imported: bool,
    pub handoff_id: Option<Uuid>,
    pub captured_at: Option<DateTime<Utc>>,
    pub mql_at: Option<DateTime<Utc>>,
    pub mql_implied: bool,
    pub assigned_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub overturned_at: Option<DateTime<Utc>>,
    pub decision: Option<String>,
    pub reason: Option<String>,
    pub attribution: Option<String>,
    pub first_attempt_at: Option<DateTime<Utc>>,
    pub first_connect_at: Option<DateTime<Utc>>,
    pub first_meeting_at: Option<DateTime<Utc>>,
    pub opportunity_at: Option<DateTime<Utc>>,
    pub won_at: Option<DateTime<Utc>>,
    pub won_amount: Option<Decimal>,
    pub won_currency: Option<String>,
    pub lost_at: Option<DateTime<Utc>>,
    pub origin: Option<String>,
    pub source: Option<String>,
    pub medium: Option<String>,
    pub campaign: Option<String>,
    pub kind: Option<String>,
    pub persona: Option<String>,
    pub owner: Option<String>,
    pub team: Option<String>,
    pub began_at: DateTime<Utc>,
    pub until_at: Option<DateTime<Utc>>,
}

/// A row of reporting.clock_fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ClockFactRow {
    pub clock_id: Uuid,
    pub known_from: DateTime<Utc>,
    pub known_to: Option<DateTime<Utc>>,
    pub handoff_id: Uuid,
    pub kind: String,
    pub target_unit: String,
    pub target_amount: i64,
    pub started_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub stopped_at: Option<DateTime<Utc>>,
    pub stop: Option<String>,
    pub elapsed_business_us: Option<i64>,
    pub elapsed_calendar_us: Option<i64>,
    pub elapsed_business_days: Option<i32>,
    pub breached_at: Option<DateTime<Utc>>,
    pub until_at: Option<DateTime<Utc>>,
}

/// The tenant as reports see it.
pub async fn each_setting(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(SettingRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        SettingRow,
        r#"-- verify::reporting::each_setting
        select slug, time_zone, currency_code, fiscal_year_start_month
        from reporting.tenant_setting
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// How far each log has been seen.
pub async fn each_seen(tx: &mut Tx, tenant: TenantId, take: impl FnMut(SeenRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        SeenRow,
        r#"-- verify::reporting::each_seen
        select source, position, recorded_at
        from reporting.log_seen
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every version of a calendar.
pub async fn each_calendar(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(CalendarVersionRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        CalendarVersionRow,
        r#"-- verify::reporting::each_calendar
        select calendar_id, version, known_from, definition
        from reporting.calendar_version
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
    take: impl FnMut(ContractVersionRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ContractVersionRow,
        r#"-- verify::reporting::each_contract
        select contract_id, version, known_from, effective_from, is_signed
        from reporting.contract_version
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every version of a lead's fact, fact by fact, each fact's in the order of time.
pub async fn each_lead(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(LeadFactRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        LeadFactRow,
        r#"-- verify::reporting::each_lead
        select lead_id, known_from, known_to, is_test, merged_into, imported, captured_at, customer_at, origin, source, medium,
            campaign, kind, persona
        from reporting.lead_fact
        where tenant_id = $1
        order by lead_id, known_from"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every version of a passage, passage by passage, each passage's in the order of time.
pub async fn each_handoff(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(HandoffFactRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        HandoffFactRow,
        r#"-- verify::reporting::each_handoff
        select lead_id, product_line, cycle, passage, known_from, known_to, is_test, merged_into, imported, handoff_id, captured_at,
            mql_at, mql_implied, assigned_at, ended_at, overturned_at, decision, reason, attribution, first_attempt_at,
            first_connect_at, first_meeting_at, opportunity_at, won_at, won_amount, won_currency, lost_at, origin,
            source, medium, campaign, kind, persona, owner, team, began_at, until_at
        from reporting.handoff_fact
        where tenant_id = $1
        order by lead_id, product_line, cycle, passage, known_from"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every version of a clock's fact, fact by fact, each fact's in the order of time.
pub async fn each_clock(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(ClockFactRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ClockFactRow,
        r#"-- verify::reporting::each_clock
        select clock_id, known_from, known_to, handoff_id, kind, target_unit, target_amount, started_at, due_at,
            stopped_at, stop, elapsed_business_us, elapsed_calendar_us, elapsed_business_days, breached_at, until_at
        from reporting.clock_fact
        where tenant_id = $1
        order by clock_id, known_from"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
