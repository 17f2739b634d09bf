//! The tenant, its teams and its users.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of qualification.tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct TenantRow {
    pub slug: String,
    pub time_zone: String,
    pub currency_code: String,
    pub fiscal_year_start_month: i16,
    pub starter_target_unit: String,
    pub starter_target_amount: i64,
    pub contract_effective_from: Option<DateTime<Utc>>,
    pub cooldown_us: i64,
    pub correction_grace_us: i64,
    pub dispute_window_us: i64,
    pub settlement_delay_us: i64,
    pub created_at: DateTime<Utc>,
    pub labels: Option<Value>,
    pub rules_position: i64,
    pub published_on: Option<NaiveDate>,
    pub published: Option<i32>,
    pub version: i64,
}

/// A row of qualification.team.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct TeamRow {
    pub team_id: Uuid,
    pub slug: String,
    pub side: String,
    pub calendar: Option<String>,
    pub version: i64,
}

/// A row of qualification.user_account, without what is personal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct UserRow {
    pub user_id: Uuid,
    pub slug: String,
    pub side: String,
    pub team_id: Option<Uuid>,
    pub active: bool,
    pub calendar: Option<String>,
    pub capacity: Option<i32>,
    pub routing_weight: i32,
    pub absences: Value,
    pub version: i64,
}

/// The tenant; more than one row there cannot be.
pub async fn each_tenant(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(TenantRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        TenantRow,
        r#"-- verify::directory::each_tenant
        select slug, time_zone, currency_code, fiscal_year_start_month, starter_target_unit, starter_target_amount,
            contract_effective_from, cooldown_us, correction_grace_us, dispute_window_us, settlement_delay_us,
            created_at, labels, coalesce(rules_position, -1) as "rules_position!", published_on, published, version
        from qualification.tenant
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every team.
pub async fn each_team(tx: &mut Tx, tenant: TenantId, take: impl FnMut(TeamRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        TeamRow,
        r#"-- verify::directory::each_team
        select team_id, slug, side, calendar, version
        from qualification.team
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every user.
pub async fn each_user(tx: &mut Tx, tenant: TenantId, take: impl FnMut(UserRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        UserRow,
        r#"-- verify::directory::each_user
        select user_id, slug, side, team_id, active, calendar, capacity,
            coalesce(routing_weight, 10) as "routing_weight!", coalesce(absences, '[]') as "absences!", version
        from qualification.user_account
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
