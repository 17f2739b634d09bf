//! The outermost layer of every call: an id, a span in its caller's trace, a deadline, and an end for whatever goes wrong
//! below. A panic is answered INTERNAL and hurts no other call; a call that takes too long is answered
//! DEADLINE_EXCEEDED; one that is still running when the drain is over is answered UNAVAILABLE. However it ends, it is
//! measured.

mod body;

use std::any::Any;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::{Request, Response};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::deadline::Deadline;
use crate::layer::{Answer, Inner, Wrap, refuse};
use crate::request::CallId;
use crate::telemetry::calls::{Call, Calls, Method};
use crate::telemetry::measured::measured;
use crate::telemetry::{propagation, spans};
use crate::{method, status};

use body::GuardedBody;

/// Guards the calls of a server until `cut`.
#[derive(Debug)]
pub(crate) struct Guard {
    cut: CancellationToken,
    calls: Calls,
}

impl Guard {
    /// For the server at this address.
    pub(crate) fn new(cut: CancellationToken, address: SocketAddr) -> Self {
        Self { cut, calls: Calls::incoming(&address.ip().to_string(), Some(address.port())) }
    }
}

impl Wrap for Guard {
    fn wrap<S: Inner>(self: &Arc<Self>, inner: S, request: Request<Body>) -> Answer {
        // Now, not when the future is first polled: tonic's own timer starts after this and must not win.
        let arrived = Instant::now();
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

async fn guard(
    mut inner: impl Inner,
    mut request: Request<Body>,
    arrived: Instant,
    cut: CancellationToken,
    id: CallId,
) -> Response<Body> {
    let max = method::deadline_max(request.uri().path());
    let deadline = match Deadline::for_call(request.headers(), max, arrived) {
        Ok(deadline) => deadline,
        Err(refusal) => return refuse(refusal, request.into_body()),
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
