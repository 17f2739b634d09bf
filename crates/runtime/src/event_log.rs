//! The server half of `handoff.event.v1.EventLogService`: a service's log, read by others. The same code serves every
//! service's log, because they all have the same tables.
//!
//! It reads and never writes, holds no more than a few messages per subscriber, and stops reading for one that does
//! not keep up. A principal of one tenant sees that tenant only; a SYSTEM principal without a tenant sees all.

mod subscription;

use std::collections::HashMap;
use std::pin::Pin;

use handoff_domain::actor::Side;
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::event_log_service_server::{EventLogService, EventLogServiceServer};
use handoff_proto::event::v1::{
    Cursor, Event, GetLogHeadRequest, GetLogHeadResponse, Payload, SubscribeEventsRequest,
    SubscribeEventsResponse,
};
use handoff_store::database::Database;
use handoff_store::log;
use prost::Message;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::identity::Identity;
use crate::server::Wire;
use crate::shutdown::Shutdown;
use crate::violations::Violations;
use crate::{convert, status};

use subscription::{Scope, Subscription};

/// Messages that may wait for one subscriber, besides what its connection's window holds.
const MESSAGES_AHEAD: usize = 2;

/// Serves the log of one service's schema.
#[derive(Debug, Clone)]
pub struct EventLog {
    database: Database,
    shutdown: Shutdown,
}

impl EventLog {
    /// The log in `database`. Subscriptions end when `shutdown` is requested; their callers come back elsewhere.
    pub fn new(database: Database, shutdown: Shutdown) -> Self {
        Self { database, shutdown }
    }

    /// The RPCs with their limits, for a service's routes.
    pub fn server(self, wire: Wire) -> EventLogServiceServer<Self> {
        wire.of(EventLogServiceServer::new(self))
    }
}

#[tonic::async_trait]
impl EventLogService for EventLog {
    type SubscribeEventsStream = Pin<Box<dyn Stream<Item = Result<SubscribeEventsResponse, Status>> + Send>>;

    async fn subscribe_events(
        &self,
        request: Request<SubscribeEventsRequest>,
    ) -> Result<Response<Self::SubscribeEventsStream>, Status> {
        let scope = scope(&Identity::of(&request)?)?;
        let cursors = cursors(&scope, request.into_inner().cursors).map_err(status::from_error)?;
        let (messages, stream) = tokio::sync::mpsc::channel(MESSAGES_AHEAD);
        let subscription = Subscription::new(self.database.background(), scope, cursors);
        let shutdown = self.shutdown.clone();
        // A task of its own, so that reading ahead goes on while the connection is busy. It ends with its receiver.
        tokio::spawn(async move {
            let end = tokio::select! {
                end = subscription.run(&messages) => end,
                // Its end, and no failure: nothing was lost, and the subscriber goes on from its cursors elsewhere.
                () = shutdown.requested() => return,
                () = messages.closed() => return,
            };
            // Nobody listens any more: nobody needs to be told.
            let _ = messages.send(Err(end)).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn get_log_head(
        &self,
        request: Request<GetLogHeadRequest>,
    ) -> Result<Response<GetLogHeadResponse>, Status> {
        let scope = scope(&Identity::of(&request)?)?;
        let asked = request.into_inner().tenant_uid;
        let tenant = self.tenant(&scope, &asked).map_err(status::from_error)?;
        let head = self.database.head_now(tenant).await.map_err(status::from_error)?;
        let head = head.ok_or_else(|| status::from_error(not_found(tenant.0)))?;
        Ok(Response::new(GetLogHeadResponse {
            position: head.position,
            record_time: Some(convert::to_timestamp(head.recorded_at)),
        }))
    }
}

impl EventLog {
    fn tenant(&self, scope: &Scope, asked: &str) -> Result<TenantId, Error> {
        match (scope, asked) {
            (Scope::Tenant(own), "") => Ok(*own),
            (scope, asked) => {
                let mut check = Violations::new();
                let id = check.uuid("tenant_uid", asked);
                check.finish()?;
                if scope.holds(TenantId(id)) { Ok(TenantId(id)) } else { Err(not_found(id)) }
            }
        }
    }
}

/// What a caller may see.
fn scope(identity: &Identity) -> Result<Scope, Status> {
    match &identity.tenant {
        None if identity.actor.side == Side::System => Ok(Scope::All),
        _ => Ok(Scope::Tenant(identity.tenant()?.id)),
    }
}

/// Where the caller stands, by tenant. A tenant that it may not see is answered like one that does not exist.
fn cursors(scope: &Scope, given: Vec<Cursor>) -> Result<HashMap<TenantId, i64>, Error> {
    let mut check = Violations::new();
    let mut cursors = HashMap::with_capacity(given.len());
    for (at, cursor) in given.iter().enumerate() {
        let id = check.uuid(&format!("cursors[{at}].tenant_uid"), &cursor.tenant_uid);
        check.check(cursor.position >= 0, &format!("cursors[{at}].position"), "is negative");
        let earlier = cursors.insert(TenantId(id), cursor.position);
        check.check(earlier.is_none(), &format!("cursors[{at}].tenant_uid"), "comes twice");
    }
    check.finish()?;
    match cursors.keys().find(|tenant| !scope.holds(**tenant)) {
        Some(foreign) => Err(not_found(foreign.0)),
        None => Ok(cursors),
    }
}

fn not_found(tenant: Uuid) -> Error {
    Error::not_found(format!("tenants/{tenant}"))
}

/// An event for the wire.
///
/// # Errors
/// The payload cannot be read: it was written by a newer version of the service, or is damaged.
fn to_event(event: log::Event) -> Result<Event, prost::DecodeError> {
    Ok(Event {
        position: event.position,
        event_id: event.event_id.to_string(),
        r#type: event.kind,
        version: event.version.into(),
        occur_time: Some(convert::to_timestamp(event.occurred_at)),
        record_time: Some(convert::to_timestamp(event.recorded_at)),
        actor: event.actor.principal,
        actor_side: convert::to_side(event.actor.side).into(),
        request_id: event.request_id.map(|id| id.to_string()).unwrap_or_default(),
        payload: Some(Payload::decode(event.payload.as_slice())?),
        traceparent: event.traceparent.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(tenant: &str, position: i64) -> Cursor {
        Cursor { tenant_uid: TenantId::from_slug(tenant).to_string(), position }
    }

    #[test]
    fn a_foreign_tenant_is_answered_like_one_that_does_not_exist() {
        let own = Scope::Tenant(TenantId::from_slug("acme"));
        assert!(cursors(&own, vec![cursor("acme", 3)]).is_ok());
        for other in ["other", "never-created"] {
            let refusal = cursors(&own, vec![cursor(other, 3)]).expect_err("not its own");
            assert_eq!(refusal, not_found(TenantId::from_slug(other).0));
        }
        assert!(cursors(&Scope::All, vec![cursor("acme", 3), cursor("other", 0)]).is_ok());
    }

    #[test]
    fn cursors_that_make_no_sense_are_all_named() {
        let broken = Cursor { tenant_uid: "acme".into(), position: 0 };
        let given = vec![cursor("acme", -1), cursor("acme", 1), broken];
        let Err(Error::Invalid(found)) = cursors(&Scope::All, given) else { panic!("they make no sense") };
        let fields: Vec<&str> = found.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["cursors[0].position", "cursors[1].tenant_uid", "cursors[2].tenant_uid"]);
    }
}
