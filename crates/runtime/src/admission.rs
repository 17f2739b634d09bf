//! The layer that says whether there is room for a call, once it is known who calls: so many calls at once in a process and
//! of a tenant, so many a second of a tenant. Without room a call is refused before its body is read; with room it has its place from when
//! its request has come whole (a stream, from its beginning), so that half a request takes nobody's. What is refused is told when to come back, and costs next to
//! nothing: under more load than a process can carry, it goes on carrying what it can.
//!
//! Health, reflection and event subscriptions need no room: probes must get through, and a subscription is there for as
//! long as its subscriber. But every stream, whose ever, ends when nothing came for long or when it is old.
//!
//! It queues nothing. A tenant's commands wait in the batch, which refuses what would hear too late.

mod bucket;
mod instrument;
mod request;
mod room;
mod stream;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use handoff_domain::error::Reason;
use handoff_domain::id::TenantId;
use handoff_proto::method;
use http::{Request, Response};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::config::LimitsConfig;
use crate::identity::Identity;
use crate::layer::{Answer, Inner, Wrap, refuse};
use crate::status;

use bucket::Bucket;
use instrument::Instruments;
use request::{Seat, SeatedBody};
use room::{Held, Room};
use stream::LimitedBody;

/// The streams that are there for as long as their subscribers.
const SUBSCRIPTION: &str = "/handoff.event.v1.EventLogService/SubscribeEvents";

/// Admits the calls of a server.
#[derive(Debug)]
pub(crate) struct Admission {
    room: Arc<Room>,
    bucket: Option<Bucket>,
    stream_idle: Duration,
    stream_age: Duration,
    instruments: Instruments,
}

/// The place of a call that is at work.
#[derive(Debug)]
struct Place {
    _held: Held,
    instruments: Instruments,
}

impl Wrap for Admission {
    fn wrap<S: Inner>(self: &Arc<Self>, mut inner: S, request: Request<Body>) -> Answer {
        let method = method::find(request.uri().path());
        let is_counted = method.is_some_and(|method| method.path != SUBSCRIPTION);
        let is_unary = method.is_some_and(|method| method.is_unary);
        let tenant = tenant_of(&request);
        if is_counted && let Err(refusal) = self.admit(tenant) {
            return Box::pin(ready(Ok(refuse(refusal, request.into_body()))));
        }
        let place = match (is_counted && !is_unary).then(|| self.place(tenant)).transpose() {
            Ok(place) => place,
            Err(refusal) => return Box::pin(ready(Ok(refuse(refusal, request.into_body())))),
        };
        let admission = Arc::clone(self);
        Box::pin(async move {
            let seat = Seat::default();
            let request = if is_unary {
                request.map(|body| {
                    Body::new(SeatedBody::new(body, tenant, Arc::clone(&admission), Arc::clone(&seat)))
                })
            } else {
                request
            };
            let Ok(response) = inner.call(request).await;
            drop(seat);
            if is_counted {
                admission.note_refusal(&response);
            }
            if is_unary {
                return Ok(response);
            }
            let (idle, age) = (admission.stream_idle, admission.stream_age);
            Ok(response.map(|body| Body::new(LimitedBody::new(body, idle, age, place))))
        })
    }
}

fn tenant_of(request: &Request<Body>) -> Option<TenantId> {
    Some(request.extensions().get::<Identity>()?.tenant.as_ref()?.id)
}

impl Admission {
    pub(crate) fn new(limits: &LimitsConfig) -> Self {
        let rate = limits.tenant_calls_per_second;
        Self {
            room: Arc::new(Room::new(limits.calls_in_flight)),
            bucket: rate.map(|rate| Bucket::new(rate, limits.tenant_burst.unwrap_or(rate))),
            stream_idle: limits.stream_idle,
            stream_age: limits.stream_age,
            instruments: Instruments::new(),
        }
    }

    /// Lets a call in, or says when to come back. Whoever finds no room has not used up its tenant's rate.
    fn admit(&self, tenant: Option<TenantId>) -> Result<(), Status> {
        if !self.room.has_place(tenant) {
            return Err(self.no_room());
        }
        if let (Some(bucket), Some(tenant)) = (&self.bucket, tenant) {
            bucket.take(tenant).map_err(|wait| {
                self.instruments.shed(Reason::RateExceeded);
                status::rate_exceeded(wait)
            })?;
        }
        Ok(())
    }

    /// Gives a call that was let in its place, if there still is one.
    fn place(&self, tenant: Option<TenantId>) -> Result<Place, Status> {
        let held = self.room.take(tenant).ok_or_else(|| self.no_room())?;
        self.instruments.began();
        Ok(Place { _held: held, instruments: self.instruments.clone() })
    }

    fn no_room(&self) -> Status {
        self.instruments.shed(Reason::TooManyCalls);
        status::too_many_calls()
    }

    /// What comes back as exhausted was refused by the batch, whose queues are the only other thing that can be.
    fn note_refusal(&self, response: &Response<Body>) {
        let code = response.headers().get("grpc-status").map(|code| Code::from_bytes(code.as_bytes()));
        if code == Some(Code::ResourceExhausted) {
            self.instruments.shed(Reason::QueueFull);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.instruments.ended();
    }
}
