//! The outermost layer of every call: an id, a span, a deadline, and an end for whatever goes wrong below. A panic is
//! answered INTERNAL and hurts no other call; a call that takes too long is answered DEADLINE_EXCEEDED; one that is
//! still running when the drain is over is answered UNAVAILABLE.

mod body;

use std::any::Any;
use std::convert::Infallible;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use http::{Request, Response};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::Instrument;

use crate::deadline::Deadline;
use crate::request::CallId;
use crate::{method, status};

use body::GuardedBody;

/// Guards the calls of a server until `cut`.
#[derive(Debug, Clone)]
pub(crate) struct GuardLayer {
    cut: CancellationToken,
}

impl GuardLayer {
    pub(crate) fn new(cut: CancellationToken) -> Self {
        Self { cut }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, cut: self.cut.clone() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Guarded<S> {
    inner: S,
    cut: CancellationToken,
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
        let span = tracing::info_span!("rpc", method = request.uri().path(), call = %id);
        let call = guard(inner, request, arrived, self.cut.clone(), id.clone());
        Box::pin(id.scope(call).instrument(span).map(Ok))
    }
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
    let unary = method::is_unary(request.uri().path());
    let deadline = match Deadline::for_call(request.headers(), unary, arrived) {
        Ok(deadline) => deadline,
        Err(refusal) => return refusal.into_http(),
    };
    request.extensions_mut().insert(deadline);
    request.extensions_mut().insert(id.clone());
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
    if unary {
        // Its whole answer is there already.
        return response;
    }
    let span = tracing::Span::current();
    response.map(|inner| Body::new(GuardedBody::new(inner, deadline, cut, id, span)))
}

/// Says that a call panicked; where, the panic hook has said. The message stays out: it may quote what a caller sent.
fn report(panic: &(dyn Any + Send)) {
    let kind = if panic.is::<&str>() || panic.is::<String>() { "a message" } else { "a value" };
    tracing::error!("a call panicked with {kind}");
}
