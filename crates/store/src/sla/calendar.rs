//! Calendars, each in the version that is in force.

pub(crate) mod definition;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use handoff_domain::calendar::Calendar;
use handoff_domain::id::{CalendarId, TenantId};
use handoff_domain::sla::CalendarVersion;

use crate::column::{count, stored_count, wrote};
use crate::error::StoreError;
use crate::tx::Tx;

struct Row {
    calendar_id: Uuid,
    slug: String,
    version: i32,
    display_name: String,
    definition: Value,
    effective_from: DateTime<Utc>,
}

impl TryFrom<Row> for CalendarVersion {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let definition = definition::read(&row.definition)
            .ok_or_else(|| StoreError::defect("calendar.definition cannot be read by this build"))?;
        Ok(Self {
            id: CalendarId(row.calendar_id),
            version: count("calendar.version", row.version)?,
            slug: row.slug,
            display_name: row.display_name,
            calendar: Arc::new(Calendar::new(definition)),
            effective_from: row.effective_from,
        })
    }
}

/// Those of the calendars that are there.
pub async fn load(
    tx: &mut Tx,
    tenant: TenantId,
    ids: &[CalendarId],
) -> Result<Vec<CalendarVersion>, StoreError> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"-- sla::calendar::load
        select c.calendar_id as "calendar_id!", c.slug as "slug!", c.version as "version!",
            c.display_name as "display_name!", c.definition as "definition!", c.effective_from as "effective_from!"
        from unnest($2::uuid[]) as wanted(calendar_id)
        cross join lateral (
            select calendar_id, slug, version, display_name, definition, effective_from
            from sla.calendar
            where tenant_id = $1 and calendar_id = wanted.calendar_id
            limit 1
        ) as c"#,
        tenant.0,
        &ids,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(CalendarVersion::try_from).collect()
}

/// At most `limit` calendars whose slug sorts after `after`, in the order of slugs.
pub async fn list(
    tx: &mut Tx,
    tenant: TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<CalendarVersion>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"-- sla::calendar::list
        select calendar_id, slug, version, display_name, definition, effective_from
        from sla.calendar
        where tenant_id = $1 and slug > $2
        order by slug
        limit $3"#,
        tenant.0,
        after,
        limit,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter().map(CalendarVersion::try_from).collect()
}

/// Writes calendars, each in a version that is newer than the one that is there.
pub async fn save(tx: &mut Tx, tenant: TenantId, calendars: &[&CalendarVersion]) -> Result<(), StoreError> {
    let ids: Vec<_> = calendars.iter().map(|calendar| calendar.id.0).collect();
    let slugs: Vec<_> = calendars.iter().map(|calendar| calendar.slug.as_str()).collect();
    let versions = calendars
        .iter()
        .map(|calendar| stored_count("calendar.version", calendar.version))
        .collect::<Result<Vec<_>, _>>()?;
    let names: Vec<_> = calendars.iter().map(|calendar| calendar.display_name.as_str()).collect();
    let definitions: Vec<_> =
        calendars.iter().map(|calendar| definition::write(calendar.calendar.definition())).collect();
    let effective_from: Vec<_> = calendars.iter().map(|calendar| calendar.effective_from).collect();
    let done = sqlx::query!(
        r#"-- sla::calendar::save
        insert into sla.calendar as old (tenant_id, calendar_id, slug, version, display_name, definition,
            effective_from)
        select $1, n.calendar_id, n.slug, n.version, n.display_name, n.definition, n.effective_from
        from unnest($2::uuid[], $3::text[], $4::integer[], $5::text[], $6::jsonb[], $7::timestamptz[])
            as n(calendar_id, slug, version, display_name, definition, effective_from)
        on conflict (tenant_id, calendar_id) do update
        set version = excluded.version, display_name = excluded.display_name, definition = excluded.definition,
            effective_from = excluded.effective_from
        where old.version < excluded.version"#,
        tenant.0,
        &ids,
        &slugs as &[&str],
        &versions,
        &names as &[&str],
        &definitions,
        &effective_from,
    )
    .execute(tx.connection())
    .await?;
    wrote("sla.calendar", done.rows_affected(), calendars.len())
}
