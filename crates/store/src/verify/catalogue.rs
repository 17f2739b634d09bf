//! The tenant's own attributes, types of activity and rates.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// A row of qualification.attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct AttributeRow {
    pub key: String,
    pub subject: String,
    pub value_type: String,
    pub sensitive: bool,
    pub label: String,
    pub position: i64,
}

/// A row of qualification.activity_type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct ActivityTypeRow {
    pub kind: String,
    pub label: String,
    pub properties: Value,
    pub position: i64,
}

/// A row of qualification.currency_rate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct CurrencyRateRow {
    pub from_currency: String,
    pub to_currency: String,
    pub day: NaiveDate,
    pub rate: Decimal,
    pub position: i64,
}

/// Every attribute.
pub async fn each_attribute(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(AttributeRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        AttributeRow,
        r#"-- verify::catalogue::each_attribute
        select key, subject, value_type, sensitive, label, position
        from qualification.attribute
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every type of activity.
pub async fn each_activity_type(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(ActivityTypeRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        ActivityTypeRow,
        r#"-- verify::catalogue::each_activity_type
        select kind, label, properties, position
        from qualification.activity_type
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Every rate.
pub async fn each_currency_rate(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(CurrencyRateRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        CurrencyRateRow,
        r#"-- verify::catalogue::each_currency_rate
        select from_currency, to_currency, day, rate, position
        from qualification.currency_rate
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
