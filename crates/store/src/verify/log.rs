//! A log as it lies there: events in the order of their positions, the head, the cursors and the request ids.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::TenantId;

use super::each;
use crate::error::StoreError;
use crate::tx::Tx;

/// An event, its columns as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct EventRow {
    pub position: i64,
    pub event_id: Uuid,
    pub kind: String,
    pub version: i16,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub actor: String,
    pub actor_side: String,
    pub request_id: Option<Uuid>,
    pub payload: Vec<u8>,
}

/// A remembered request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns: the migration says what they are")]
pub struct RequestRow {
    pub request_id: Uuid,
    pub principal: String,
    pub method: String,
    pub recorded_at: DateTime<Utc>,
    pub position: i64,
    pub outcome: String,
}

/// The tenants that any of the directories knows.
pub async fn tenants(tx: &mut Tx) -> Result<Vec<TenantId>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"-- verify::log::tenants
        select tenant_id as "tenant_id!" from qualification.log_head
        union select tenant_id from sla.log_head
        union select tenant_id from reporting.log_head
        union select tenant_id from qualification.consumer_cursor
        union select tenant_id from sla.consumer_cursor
        union select tenant_id from reporting.consumer_cursor
        union select tenant_id from sla.due_time
        order by 1"#
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(TenantId).collect())
}

/// The cursors of this service, by source.
pub async fn cursors(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"-- verify::log::cursors
        select source, position
        from consumer_cursor
        where tenant_id = $1
        order by source"#,
        tenant.0,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| (row.source, row.position)).collect())
}

/// Every event, in the order of positions.
pub async fn each_event(tx: &mut Tx, tenant: TenantId, take: impl FnMut(EventRow)) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        EventRow,
        r#"-- verify::log::each_event
        select position, event_id, type as kind, version, occurred_at, recorded_at, actor, actor_side, request_id,
            payload
        from event
        where tenant_id = $1
        order by position"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}

/// Ids that more than one event has, each with how many; the server looks.
pub async fn each_repeated_id(
    tx: &mut Tx,
    tenant: TenantId,
    mut take: impl FnMut(Uuid, i64),
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"-- verify::log::each_repeated_id
        select event_id, count(*) as "count!"
        from event
        where tenant_id = $1
        group by event_id
        having count(*) > 1
        order by event_id"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, |row| take(row.event_id, row.count)).await
}

/// Every request id that is remembered.
pub async fn each_request(
    tx: &mut Tx,
    tenant: TenantId,
    take: impl FnMut(RequestRow),
) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        RequestRow,
        r#"-- verify::log::each_request
        select request_id, principal, method, recorded_at, position, outcome
        from request
        where tenant_id = $1"#,
        tenant.0,
    )
    .fetch(tx.connection());
    each(rows, take).await
}
