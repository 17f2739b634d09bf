//! The last statement of a batch: events, personal values, activities, the log row and the request ids, all at once,
//! because every statement costs a fixed round trip and a batch should pay for few.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use handoff_domain::id::EventId;
use handoff_domain::qualification::record::Activity;

use super::request::Columns;
use super::{Envelope, EventRecord};
use crate::error::StoreError;
use crate::log::Head;
use crate::qualification::activity;
use crate::tx::Tx;

/// The events of a batch as columns, in the order of their positions.
#[derive(Default)]
pub(super) struct Appended {
    positions: Vec<i64>,
    event_ids: Vec<Uuid>,
    kinds: Vec<&'static str>,
    versions: Vec<i16>,
    occurred_at: Vec<DateTime<Utc>>,
    actors: Vec<String>,
    sides: Vec<&'static str>,
    request_ids: Vec<Option<Uuid>>,
    payloads: Vec<Vec<u8>>,
    traceparents: Vec<Option<String>>,
    person_leads: Vec<Uuid>,
    person_positions: Vec<i64>,
    person_fields: Vec<String>,
    person_values: Vec<String>,
}

impl Appended {
    /// Adds an event at `position`, which the command in `envelope` caused.
    pub(super) fn push(&mut self, position: i64, event: EventRecord, envelope: &Envelope) {
        let Envelope { actor, request, traceparent, .. } = envelope;
        self.positions.push(position);
        self.event_ids.push(event.event_id.0);
        self.kinds.push(event.kind);
        self.versions.push(event.version);
        self.occurred_at.push(event.occurred_at);
        self.actors.push(actor.principal.clone());
        self.sides.push(actor.side.as_str());
        self.request_ids.push(request.as_ref().map(|request| request.id));
        self.payloads.push(event.payload);
        self.traceparents
            .push(traceparent.as_deref().filter(|context| is_traceparent(context)).map(str::to_owned));
        for value in event.person {
            self.person_leads.push(value.lead_id.0);
            self.person_positions.push(position);
            self.person_fields.push(value.field);
            self.person_values.push(value.value);
        }
    }

    /// The last event, by its position.
    pub(super) fn last(&self) -> Option<(i64, EventId)> {
        Some((*self.positions.last()?, EventId(*self.event_ids.last()?)))
    }
}

/// Whether it looks like a trace context. What does not is left out: it may come from a caller, and nothing that only
/// helps an observer may ever keep a command from being written.
fn is_traceparent(text: &str) -> bool {
    (1..=55).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Writes the batch and moves the log row to `head`. Says how many request ids were new: fewer than sent means that
/// some of them were answered before, and then nothing of this may be committed.
pub(super) async fn append(
    tx: &mut Tx,
    head: &Head,
    events: &Appended,
    requests: &Columns,
    activities: Vec<Activity>,
) -> Result<usize, StoreError> {
    // Written twice, because a checked statement is one literal and only one schema has activities.
    let stored = match activities.is_empty() {
        true => without_activities(tx, head, events, requests).await?,
        false => with_activities(tx, head, events, requests, &activity::Columns::of(activities)).await?,
    };
    usize::try_from(stored).map_err(|_| StoreError::defect("a count is negative"))
}

// `on conflict do nothing` and a count, not a look-up first: that one scans the tenant's whole part when its plan was
// made on an empty table.

async fn without_activities(
    tx: &mut Tx,
    head: &Head,
    events: &Appended,
    requests: &Columns,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- batch::append::without_activities
        with moved as (
            update log_head
            set position = $2, recorded_at = $3
            where tenant_id = $1
        ), appended as (
            insert into event (tenant_id, position, event_id, type, version, occurred_at, recorded_at, actor,
                actor_side, request_id, payload, traceparent)
            select $1, e.position, e.event_id, e.type, e.version, e.occurred_at, $3, e.actor, e.actor_side,
                e.request_id, e.payload, e.traceparent
            from unnest($4::bigint[], $5::uuid[], $6::text[], $7::smallint[], $8::timestamptz[], $9::text[],
                $10::text[], $11::uuid[], $12::bytea[], $26::text[])
                as e(position, event_id, type, version, occurred_at, actor, actor_side, request_id, payload,
                    traceparent)
        ), personal as (
            insert into person_value (tenant_id, lead_id, position, field, value)
            select $1, p.lead_id, p.position, p.field, p.value
            from unnest($13::uuid[], $14::bigint[], $15::text[], $16::text[]) as p(lead_id, position, field, value)
        ), requested as (
            insert into request (tenant_id, request_id, principal, method, body_hash, recorded_at, position, outcome,
                reason, resource, facts)
            select $1, r.request_id, r.principal, r.method, r.body_hash, $3, r.position, r.outcome, r.reason,
                r.resource, r.facts
            from unnest($17::uuid[], $18::text[], $19::text[], $20::bytea[], $21::bigint[], $22::text[], $23::text[],
                $24::text[], $25::jsonb[])
                as r(request_id, principal, method, body_hash, position, outcome, reason, resource, facts)
            on conflict do nothing
            returning 1
        )
        select count(*) as "stored!" from requested"#,
        head.tenant.0,
        head.position,
        head.recorded_at,
        &events.positions,
        &events.event_ids,
        &events.kinds as &[&str],
        &events.versions,
        &events.occurred_at,
        &events.actors,
        &events.sides as &[&str],
        &events.request_ids as &[Option<Uuid>],
        &events.payloads,
        &events.person_leads,
        &events.person_positions,
        &events.person_fields,
        &events.person_values,
        &requests.ids,
        &requests.principals,
        &requests.methods as &[&str],
        &requests.hashes,
        &requests.positions,
        &requests.outcomes as &[&str],
        &requests.reasons as &[Option<&str>],
        &requests.resources,
        &requests.facts,
        &events.traceparents as &[Option<String>],
    )
    .fetch_one(tx.connection())
    .await
}

async fn with_activities(
    tx: &mut Tx,
    head: &Head,
    events: &Appended,
    requests: &Columns,
    activities: &activity::Columns,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"-- batch::append::with_activities
        with moved as (
            update log_head
            set position = $2, recorded_at = $3
            where tenant_id = $1
        ), appended as (
            insert into event (tenant_id, position, event_id, type, version, occurred_at, recorded_at, actor,
                actor_side, request_id, payload, traceparent)
            select $1, e.position, e.event_id, e.type, e.version, e.occurred_at, $3, e.actor, e.actor_side,
                e.request_id, e.payload, e.traceparent
            from unnest($4::bigint[], $5::uuid[], $6::text[], $7::smallint[], $8::timestamptz[], $9::text[],
                $10::text[], $11::uuid[], $12::bytea[], $34::text[])
                as e(position, event_id, type, version, occurred_at, actor, actor_side, request_id, payload,
                    traceparent)
        ), personal as (
            insert into person_value (tenant_id, lead_id, position, field, value)
            select $1, p.lead_id, p.position, p.field, p.value
            from unnest($13::uuid[], $14::bigint[], $15::text[], $16::text[]) as p(lead_id, position, field, value)
        ), requested as (
            insert into request (tenant_id, request_id, principal, method, body_hash, recorded_at, position, outcome,
                reason, resource, facts)
            select $1, r.request_id, r.principal, r.method, r.body_hash, $3, r.position, r.outcome, r.reason,
                r.resource, r.facts
            from unnest($17::uuid[], $18::text[], $19::text[], $20::bytea[], $21::bigint[], $22::text[], $23::text[],
                $24::text[], $25::jsonb[])
                as r(request_id, principal, method, body_hash, position, outcome, reason, resource, facts)
            on conflict do nothing
            returning 1
        ), acted as (
            insert into qualification.activity (tenant_id, lead_id, activity_id, type, occurred_at, local_date,
                recorded_at, imported, version)
            select $1, a.lead_id, a.activity_id, a.type, a.occurred_at, a.local_date, a.recorded_at, a.imported,
                a.version
            from unnest($26::uuid[], $27::uuid[], $28::text[], $29::timestamptz[], $30::date[], $31::timestamptz[],
                $32::boolean[], $33::bigint[])
                as a(lead_id, activity_id, type, occurred_at, local_date, recorded_at, imported, version)
        )
        select count(*) as "stored!" from requested"#,
        head.tenant.0,
        head.position,
        head.recorded_at,
        &events.positions,
        &events.event_ids,
        &events.kinds as &[&str],
        &events.versions,
        &events.occurred_at,
        &events.actors,
        &events.sides as &[&str],
        &events.request_ids as &[Option<Uuid>],
        &events.payloads,
        &events.person_leads,
        &events.person_positions,
        &events.person_fields,
        &events.person_values,
        &requests.ids,
        &requests.principals,
        &requests.methods as &[&str],
        &requests.hashes,
        &requests.positions,
        &requests.outcomes as &[&str],
        &requests.reasons as &[Option<&str>],
        &requests.resources,
        &requests.facts,
        &activities.leads,
        &activities.ids,
        &activities.kinds,
        &activities.occurred_at,
        &activities.local_dates,
        &activities.recorded_at,
        &activities.imported,
        &activities.versions,
        &events.traceparents as &[Option<String>],
    )
    .fetch_one(tx.connection())
    .await
}
