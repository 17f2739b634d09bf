//! The outermost layer of every call: an id, a span in its caller's trace, a deadline, and an end for whatever goes wrong
//! below. A panic is answered INTERNAL and hurts no other call; a call that takes too long is answered
//! DEADLINE_EXCEEDED; one that is still running when the drain is over is answered UNAVAILABLE. However it ends, it is
//! measured.

mod body;

use std::any::Any;
use std::convert::Infallible;
use std::mem;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use http::{Request, Response};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::deadline::Deadline;
use crate::request::CallId;
use crate::telemetry::calls::{Call, Calls, Method};
use crate::telemetry::measured::measured;
use crate::telemetry::{propagation, spans};
use crate::{method, status};

use body::GuardedBody;

/// Guards the calls of a server until `cut`.
#[derive(Debug, Clone)]
pub(crate) struct GuardLayer {
    cut: CancellationToken,
    calls: Calls,
}

impl GuardLayer {
    /// For the server at this address.
    pub(crate) fn new(cut: CancellationToken, address: SocketAddr) -> Self {
        Self { cut, calls: Calls::incoming(&address.ip().to_string(), Some(address.port())) }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, cut: self.cut.clone(), calls: self.calls.clone() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Guarded<S> {
    inner: S,
    cut: CancellationToken,
    calls: Calls,
}

impl<S> Service<Request<Body>> for Guarded<S>
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
        // Now, not when the future is first polled: tonic's own timer starts after this and must not win.
        let arrived = Instant::now();
        // The service that was found ready is the one to call; its clone waits for the next call.
        let next = self.inner.clone();
        let inner = mem::replace(&mut self.inner, next);
        let id = CallId::of(request.headers());
        // The name of a method of ours and never the path, in which a stranger may have written anything.
        let method = Method::of(request.uri().path());
        let span = tracing::info_span!("rpc", method = method.name(), call = %id);
        if spans::are_recorded()
            && let Some(callers) = propagation::extract(request.headers())
        {
            // It fails where nobody records this very span, and then nothing is lost.
            let _ = span.set_parent(callers);
        }
        let call = self.calls.begin(method, arrived, span.clone());
        let work = guard(inner, request, arrived, self.cut.clone(), id.clone());
        Box::pin(id.scope(answer(work, call)).instrument(span).map(Ok))
    }
}

/// The answer and its measure. A call that is dropped while it is worked on is measured too.
async fn answer(work: impl Future<Output = Response<Body>>, call: Call) -> Response<Body> {
    measured(work.await, call)
}

async fn guard<S>(
    mut inner: S,
    mut request: Request<Body>,
    arrived: Instant,
    cut: CancellationToken,
    id: CallId,
) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let max = method::deadline_max(request.uri().path());
    let deadline = match Deadline::for_call(request.headers(), max, arrived) {
        Ok(deadline) => deadline,
        Err(refusal) => return refusal.into_http(),
    };
    request.extensions_mut().insert(deadline);
    // Unwind safety: whatever the call had in its hands is dropped with it, and shared state is the store's, whose
    // transactions run in tasks of their own.
    let work = AssertUnwindSafe(async { inner.call(request).await }).catch_unwind();
    let response = tokio::select! {
        biased;
        done = work => match done {
            Ok(Ok(response)) => response,
            Err(panic) => {
                report(&*panic);
                return status::internal().into_http();
            }
        },
        () = deadline.passed() => return status::deadline_exceeded().into_http(),
        () = cut.cancelled() => return status::stopping().into_http(),
    };
    if max.is_some() {
        // Its whole answer is there already.
        return response;
    }
    let span = Span::current();
    response.map(|inner| Body::new(GuardedBody::new(inner, deadline, cut, id, span)))
}

/// Says that a call panicked; where, the panic hook has said. The message stays out: it may quote what a caller sent.
fn report(panic: &(dyn Any + Send)) {
    let kind = if panic.is::<&str>() || panic.is::<String>() { "a message" } else { "a value" };
    tracing::error!("a call panicked with {kind}");
}
