//! Versions of calendars. The definition is the service's own encoding and opaque here.

use chrono::{DateTime, Utc};

use handoff_domain::id::{CalendarId, TenantId};

use crate::column::stored_count;
use crate::error::StoreError;
use crate::tx::Tx;

/// A version of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarVersion {
    /// The calendar.
    pub calendar: CalendarId,
    /// From 1.
    pub version: u32,
    /// When it was recorded.
    pub known_from: DateTime<Utc>,
    /// The bytes of the definition.
    pub definition: Vec<u8>,
}

/// The definition of the last version that was known at `known_at`.
pub async fn load_definition(
    tx: &mut Tx,
    tenant: TenantId,
    calendar: CalendarId,
    known_at: DateTime<Utc>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let definition = sqlx::query_scalar!(
        r#"-- calendar_version::load_definition
        select definition
        from reporting.calendar_version
        where tenant_id = $1 and calendar_id = $2 and known_from <= $3
        order by version desc
        limit 1"#,
        tenant.0,
        calendar.0,
        known_at,
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(definition)
}

/// Adds versions.
pub async fn append(tx: &mut Tx, tenant: TenantId, versions: &[CalendarVersion]) -> Result<(), StoreError> {
    let calendars: Vec<_> = versions.iter().map(|version| version.calendar.0).collect();
    let numbers = versions
        .iter()
        .map(|version| stored_count("calendar_version.version", version.version))
        .collect::<Result<Vec<_>, _>>()?;
    let known_from: Vec<_> = versions.iter().map(|version| version.known_from).collect();
    let definitions: Vec<_> = versions.iter().map(|version| version.definition.as_slice()).collect();
    sqlx::query!(
        r#"-- calendar_version::append
        insert into reporting.calendar_version (tenant_id, calendar_id, version, known_from, definition)
        select $1, n.calendar_id, n.version, n.known_from, n.definition
        from unnest($2::uuid[], $3::integer[], $4::timestamptz[], $5::bytea[])
            as n(calendar_id, version, known_from, definition)"#,
        tenant.0,
        &calendars,
        &numbers,
        &known_from,
        &definitions as &[&[u8]],
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
