//! Copies of sla's calendars, as they are in force.

use std::collections::BTreeMap;

use handoff_domain::calendar::Definition;
use handoff_domain::id::TenantId;
use handoff_domain::qualification::command::CalendarCopy;

use super::{stored_count, wrote};
use crate::error::StoreError;
use crate::sla::calendar::definition;
use crate::tx::Tx;

/// All of a tenant's, by slug.
pub async fn load(tx: &mut Tx, tenant: TenantId) -> Result<BTreeMap<String, Definition>, StoreError> {
    let rows = sqlx::query!(
        r#"-- calendar_copy::load
        select slug, definition
        from qualification.calendar_copy
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let defect = || StoreError::defect("calendar_copy.definition cannot be read");
            Ok((row.slug, definition::read(&row.definition).ok_or_else(defect)?))
        })
        .collect()
}

/// Writes copies, each of a version that is newer than the one that is there.
pub async fn save(tx: &mut Tx, tenant: TenantId, copies: &[&CalendarCopy]) -> Result<(), StoreError> {
    let slugs: Vec<_> = copies.iter().map(|copy| copy.slug.as_str()).collect();
    let versions = copies
        .iter()
        .map(|copy| stored_count("calendar_copy.version", copy.version))
        .collect::<Result<Vec<_>, _>>()?;
    let definitions: Vec<_> = copies.iter().map(|copy| definition::write(&copy.definition)).collect();
    let done = sqlx::query!(
        r#"-- calendar_copy::save
        insert into qualification.calendar_copy as old (tenant_id, slug, version, definition)
        select $1, n.slug, n.version, n.definition
        from unnest($2::text[], $3::integer[], $4::jsonb[]) as n(slug, version, definition)
        on conflict (tenant_id, slug) do update
        set version = excluded.version, definition = excluded.definition
        where old.version < excluded.version"#,
        tenant.0,
        &slugs as &[&str],
        &versions,
        &definitions,
    )
    .execute(tx.connection())
    .await?;
    wrote("calendar_copy", done.rows_affected(), copies.len())
}
