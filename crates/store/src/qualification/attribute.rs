//! The attributes that a tenant added, and the standard ones that it changed. They are few: all are read at once.

use handoff_domain::id::TenantId;
use handoff_domain::profile::{AttributeDefinition, Subject};
use handoff_domain::value::ValueType;

use super::{word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// All of them.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Vec<AttributeDefinition>, StoreError> {
    let rows = sqlx::query!(
        r#"-- attribute::load
        select key, subject, value_type, sensitive, label
        from qualification.attribute
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(AttributeDefinition {
                key: word("attribute.key", &row.key, |text| text.parse().ok())?,
                subject: word("attribute.subject", &row.subject, Subject::from_name)?,
                value_type: word("attribute.value_type", &row.value_type, ValueType::from_name)?,
                sensitive: row.sensitive,
                label: row.label,
            })
        })
        .collect()
}

/// Writes attributes, each with the position of its last event.
pub async fn save(
    tx: &mut Tx,
    tenant: TenantId,
    attributes: &[(&AttributeDefinition, i64)],
) -> Result<(), StoreError> {
    let keys: Vec<_> = attributes.iter().map(|(attribute, _)| attribute.key.as_str()).collect();
    let subjects: Vec<_> = attributes.iter().map(|(attribute, _)| attribute.subject.as_str()).collect();
    let types: Vec<_> = attributes.iter().map(|(attribute, _)| attribute.value_type.as_str()).collect();
    let sensitive: Vec<_> = attributes.iter().map(|(attribute, _)| attribute.sensitive).collect();
    let labels: Vec<_> = attributes.iter().map(|(attribute, _)| attribute.label.as_str()).collect();
    let positions: Vec<_> = attributes.iter().map(|(_, position)| *position).collect();
    let done = sqlx::query!(
        r#"-- attribute::save
        insert into qualification.attribute as old (tenant_id, key, subject, value_type, sensitive, label, position)
        select $1, n.key, n.subject, n.value_type, n.sensitive, n.label, n.position
        from unnest($2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::bigint[])
            as n(key, subject, value_type, sensitive, label, position)
        on conflict (tenant_id, key) do update
        set sensitive = excluded.sensitive, label = excluded.label, position = excluded.position
        where old.position < excluded.position"#,
        tenant.0,
        &keys as &[&str],
        &subjects as &[&str],
        &types as &[&str],
        &sensitive,
        &labels as &[&str],
        &positions,
    )
    .execute(tx.connection())
    .await?;
    wrote("attribute", done.rows_affected(), attributes.len())
}
