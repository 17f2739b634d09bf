//! The events of a log, read in order.

use handoff_domain::actor::Actor;
use handoff_domain::id::{EventId, TenantId};

use super::Event;
use crate::error::StoreError;
use crate::tx::Tx;

/// The events after position `after`, in order: at most `limit` of them, and no more than about `bytes` of payload,
/// but always one if there is one. A reader that has seen position n can never miss an event below n.
///
/// Positions have no gaps, so the page ends `limit` after its beginning. Saying so keeps a plan for a log that was never
/// analysed from reading and sorting all the rest of it for every page.
pub async fn load_after(
    tx: &mut Tx,
    tenant: TenantId,
    after: i64,
    limit: i64,
    bytes: i64,
) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query!(
        r#"-- log::event::load_after
        select position as "position!", event_id as "event_id!", type as "kind!", version as "version!",
            occurred_at as "occurred_at!", recorded_at as "recorded_at!", actor as "actor!",
            actor_side as "actor_side!", request_id, payload as "payload!", traceparent
        from (
            select page.*, sum(octet_length(payload)) over (order by position) - octet_length(payload) as before
            from (
                select position, event_id, type, version, occurred_at, recorded_at, actor, actor_side, request_id,
                    payload, traceparent
                from event
                where tenant_id = $1 and position > $2 and position <= $2 + $3
                order by position
                limit $3
            ) as page
        ) as measured
        where before = 0 or before < $4
        order by position"#,
        tenant.0,
        after,
        limit,
        bytes,
    )
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|row| {
            let side =
                row.actor_side.parse().map_err(|_| StoreError::defect("event.actor_side names no side"))?;
            Ok(Event {
                position: row.position,
                event_id: EventId(row.event_id),
                kind: row.kind,
                version: row.version,
                occurred_at: row.occurred_at,
                recorded_at: row.recorded_at,
                actor: Actor { principal: row.actor, side },
                request_id: row.request_id,
                payload: row.payload,
                traceparent: row.traceparent,
            })
        })
        .collect()
}
