//! The layer that lets a call through with its identity, or answers it: the method first, then who calls, then whether
//! that one may. The body has not been looked at by then.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use handoff_proto::method::{self, Method};
use http::request::Parts;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use super::{Identity, Sources, roles};
use crate::server::tls::Remote;
use crate::status;

/// What anybody may ask: whether the server lives, and, where it is switched on, what it offers.
const OPEN: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

#[derive(Debug, Clone)]
pub(crate) struct IdentityLayer {
    sources: Arc<Sources>,
}

impl IdentityLayer {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources: Arc::new(sources) }
    }
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Identified<S>;

    fn layer(&self, inner: S) -> Identified<S> {
        Identified { inner, sources: Arc::clone(&self.sources) }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Identified<S> {
    inner: S,
    sources: Arc<Sources>,
}

impl<S> Service<Request<Body>> for Identified<S>
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
        let path = request.uri().path();
        if OPEN.iter().any(|service| path.starts_with(service)) {
            return Box::pin(inner.call(request));
        }
        // Looked up as it was sent: whatever another program would take for the same method is none.
        let method = method::find(path);
        let sources = Arc::clone(&self.sources);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match admit(&sources, method, &parts).await {
                Ok(identity) => {
                    parts.extensions.insert(identity);
                    inner.call(Request::from_parts(parts, body)).await
                }
                Err(refusal) => Ok(refusal.into_http()),
            }
        })
    }
}

/// Who calls, if it may.
async fn admit(sources: &Sources, method: Option<&Method>, call: &Parts) -> Result<Identity, Status> {
    let method = method.ok_or_else(status::no_method)?;
    let remote = call.extensions.get::<Remote>().cloned().unwrap_or_default();
    let identity = sources.identify(&call.headers, &remote).await?;
    if identity.roles.has_any_of(method.roles) {
        return Ok(identity);
    }
    let wanted: Vec<&str> = method.roles.iter().map(|role| roles::word(*role)).collect();
    Err(status::denied(format!("the caller has none of the roles that may call this: {}", wanted.join(", "))))
}
