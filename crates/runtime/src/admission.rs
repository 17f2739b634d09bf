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

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use handoff_domain::error::Reason;
use handoff_domain::id::TenantId;
use handoff_proto::method;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::config::LimitsConfig;
use crate::identity::Identity;
use crate::status;

use bucket::Bucket;
use instrument::Instruments;
use request::{Seat, SeatedBody};
use room::{Held, Room};
use stream::LimitedBody;

/// The streams that are there for as long as their subscribers.
const SUBSCRIPTION: &str = "/handoff.event.v1.EventLogService/SubscribeEvents";

/// How long, and for how much of it, a refused call's body is let run out.
const RUN_OUT: Duration = Duration::from_secs(1);
const RUN_OUT_BYTES: usize = 64 << 10;

/// Admits the calls of a server.
#[derive(Debug, Clone)]
pub(crate) struct AdmissionLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
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

impl AdmissionLayer {
    pub(crate) fn new(limits: &LimitsConfig) -> Self {
        let rate = limits.tenant_calls_per_second;
        let shared = Shared {
            room: Arc::new(Room::new(limits.calls_in_flight)),
            bucket: rate.map(|rate| Bucket::new(rate, limits.tenant_burst.unwrap_or(rate))),
            stream_idle: limits.stream_idle,
            stream_age: limits.stream_age,
            instruments: Instruments::new(),
        };
        Self { shared: Arc::new(shared) }
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admitted<S>;

    fn layer(&self, inner: S) -> Admitted<S> {
        Admitted { inner, shared: Arc::clone(&self.shared) }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Admitted<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request<Body>> for Admitted<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The service that was found ready is the one to call; its clone waits for the next call.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let method = method::find(request.uri().path());
        let is_counted = method.is_some_and(|method| method.path != SUBSCRIPTION);
        let is_unary = method.is_some_and(|method| method.is_unary);
        let tenant = tenant_of(&request);
        if is_counted && let Err(refusal) = self.shared.admit(tenant) {
            return Box::pin(refuse(refusal, request.into_body()));
        }
        let place = match (is_counted && !is_unary).then(|| self.shared.place(tenant)).transpose() {
            Ok(place) => place,
            Err(refusal) => return Box::pin(refuse(refusal, request.into_body())),
        };
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let seat = Seat::default();
            let request = if is_unary {
                request.map(|body| {
                    Body::new(SeatedBody::new(body, tenant, Arc::clone(&shared), Arc::clone(&seat)))
                })
            } else {
                request
            };
            let Ok(response) = inner.call(request).await;
            drop(seat);
            if is_counted {
                shared.note_refusal(&response);
            }
            if is_unary {
                return Ok(response);
            }
            Ok(response
                .map(|body| Body::new(LimitedBody::new(body, shared.stream_idle, shared.stream_age, place))))
        })
    }
}

/// Answers without having read the body, and lets what of it is still under way run out. A stream that is answered and
/// let go at once is reset; data that come after many of those look like an attack to HTTP/2, and it would close a
/// connection that did nothing wrong, with all calls on it.
async fn refuse(refusal: Status, mut body: Body) -> Result<Response<Body>, Infallible> {
    if !run_out(&mut body).now_or_never().unwrap_or_default() {
        tokio::spawn(timeout(RUN_OUT, async move { run_out(&mut body).await }));
    }
    Ok(refusal.into_http())
}

/// Throws away what comes, until the end or until it is too much.
async fn run_out(body: &mut Body) -> bool {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > RUN_OUT_BYTES {
            break;
        }
    }
    true
}

fn tenant_of(request: &Request<Body>) -> Option<TenantId> {
    Some(request.extensions().get::<Identity>()?.tenant.as_ref()?.id)
}

impl Shared {
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
