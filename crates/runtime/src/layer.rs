//! The frame of the layers that every call goes through, outermost first: guard, identity, admission. A layer says what
//! it does with a call; how it stands in tower's stack is said here, once.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::time::timeout;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tower::{Layer, Service};

/// How long, and for how much of it, a refused call's body is let run out.
const RUN_OUT: Duration = Duration::from_secs(1);
const RUN_OUT_BYTES: usize = 64 << 10;

/// An answer that is under way. There always is one: what goes wrong is a status.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// What stands inside a layer, and takes the call that the layer lets through.
pub(crate) trait Inner:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Inner for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// What a layer does with a call.
pub(crate) trait Wrap: Send + Sync + 'static {
    /// Answers it, by `inner` or in its place.
    fn wrap<S: Inner>(self: &Arc<Self>, inner: S, request: Request<Body>) -> Answer;
}

/// The layer that does so.
#[derive(Debug)]
pub(crate) struct Wrapping<W>(Arc<W>);

impl<W> Wrapping<W> {
    pub(crate) fn new(wrap: W) -> Self {
        Self(Arc::new(wrap))
    }
}

impl<W> Clone for Wrapping<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W, S> Layer<S> for Wrapping<W> {
    type Service = Wrapped<W, S>;

    fn layer(&self, inner: S) -> Wrapped<W, S> {
        Wrapped { inner, wrap: Arc::clone(&self.0) }
    }
}

/// A service with a layer around it.
#[derive(Debug)]
pub(crate) struct Wrapped<W, S> {
    inner: S,
    wrap: Arc<W>,
}

impl<W, S: Clone> Clone for Wrapped<W, S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), wrap: Arc::clone(&self.wrap) }
    }
}

impl<W: Wrap, S: Inner> Service<Request<Body>> for Wrapped<W, S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        // The service that was found ready is the one to call; its clone waits for the next call.
        let next = self.inner.clone();
        self.wrap.wrap(mem::replace(&mut self.inner, next), request)
    }
}

/// Answers without having read the body, and lets what of it is still under way run out. A stream that is answered and
/// let go at once is reset; data that come after many of those look like an attack to HTTP/2, and it would close a
/// connection that did nothing wrong, with all calls on it.
pub(crate) fn refuse(refusal: Status, mut body: Body) -> Response<Body> {
    if !run_out(&mut body).now_or_never().unwrap_or_default() {
        tokio::spawn(timeout(RUN_OUT, async move { run_out(&mut body).await }));
    }
    refusal.into_http()
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
