//! The types of activity that a tenant declared, and the standard ones that it changed. They are few: all are read at once.

use std::collections::BTreeMap;

use handoff_domain::activity::ActivityType;
use handoff_domain::id::TenantId;
use handoff_domain::value::ValueType;

use super::{word, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

/// All of them.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<Vec<ActivityType>, StoreError> {
    let rows = sqlx::query!(
        r#"-- activity_type::load
        select kind, label, properties
        from qualification.activity_type
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let properties: BTreeMap<String, String> = serde_json::from_value(row.properties)
                .map_err(|_| StoreError::defect("activity_type.properties is not an object of texts"))?;
            let typed = properties.iter().map(|(name, of)| {
                let name = word("activity_type.properties", name, |text| text.parse().ok())?;
                Ok((name, word("activity_type.properties", of, ValueType::from_name)?))
            });
            Ok(ActivityType {
                kind: word("activity_type.kind", &row.kind, |text| text.parse().ok())?,
                label: row.label,
                properties: typed.collect::<Result<_, StoreError>>()?,
            })
        })
        .collect()
}

/// Writes types, each with the position of its last event.
pub async fn save(tx: &mut Tx, tenant: TenantId, types: &[(&ActivityType, i64)]) -> Result<(), StoreError> {
    let kinds: Vec<_> = types.iter().map(|(declared, _)| declared.kind.as_str()).collect();
    let labels: Vec<_> = types.iter().map(|(declared, _)| declared.label.as_str()).collect();
    let properties: Vec<_> = types
        .iter()
        .map(|(declared, _)| {
            let by_name = declared.properties.iter().map(|(name, of)| (name.as_str(), of.as_str()));
            serde_json::json!(by_name.collect::<BTreeMap<_, _>>())
        })
        .collect();
    let positions: Vec<_> = types.iter().map(|(_, position)| *position).collect();
    let done = sqlx::query!(
        r#"-- activity_type::save
        insert into qualification.activity_type as old (tenant_id, kind, label, properties, position)
        select $1, n.kind, n.label, n.properties, n.position
        from unnest($2::text[], $3::text[], $4::jsonb[], $5::bigint[]) as n(kind, label, properties, position)
        on conflict (tenant_id, kind) do update
        set label = excluded.label, properties = excluded.properties, position = excluded.position
        where old.position < excluded.position"#,
        tenant.0,
        &kinds as &[&str],
        &labels as &[&str],
        &properties,
        &positions,
    )
    .execute(tx.connection())
    .await?;
    wrote("activity_type", done.rows_affected(), types.len())
}
