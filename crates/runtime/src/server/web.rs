//! gRPC-Web, for pages in browsers: HTTP/1.1 beside HTTP/2, bodies that may be base64, trailers at a body's end. Only where
//! origins are configured; without any a server speaks HTTP/2 and gRPC alone.
//!
//! It stands outside all other layers and decides nothing that they decide: what comes through is a call like any other,
//! by its path, its identity, its deadline and its place. It refuses by itself
//!
//! - whatever comes from a page of another origin (403). A page of a stranger cannot read our answers, but a browser
//!   would deliver its calls;
//! - headers over HTTP/1.1 beyond the limit (431), which is h2's to watch over otherwise; hyper has bounded what it reads
//!   of them, and for how long it waits ([`crate::limits::HTTP1_HEAD`]);
//! - over HTTP/1.1, all that is not gRPC-Web (400, 405).
//!
//! A browser asks before it calls (OPTIONS). That is answered here, and no method and no identity has to do with it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::Either;
use http::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use http::{HeaderName, Method, Request, Response, StatusCode, Version};
use tonic::body::Body;
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{Layer, Service};
use tower_http::cors::{AllowOrigin, Cors, CorsLayer};

use crate::config::{Origin, ServiceConfig};
use crate::identity::{ROLES_HEADER, SIDE_HEADER, TENANT_HEADER, USER_HEADER};
use crate::{deadline, request};

/// What pages may send.
const SENT: [HeaderName; 9] = [
    CONTENT_TYPE,
    AUTHORIZATION,
    HeaderName::from_static("x-grpc-web"),
    HeaderName::from_static("x-user-agent"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static(deadline::HEADER),
    HeaderName::from_static(request::HEADER),
    HeaderName::from_static(TENANT_HEADER),
];
/// And where headers are believed without proof.
const SENT_IN_DEVELOPMENT: [HeaderName; 3] = [
    HeaderName::from_static(USER_HEADER),
    HeaderName::from_static(SIDE_HEADER),
    HeaderName::from_static(ROLES_HEADER),
];
/// What pages may read: the status of an answer that is nothing else has it in its headers.
const READ: [HeaderName; 3] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
];
/// For how long a browser need not ask again; Chromium takes no more than this.
const ASKED: Duration = Duration::from_secs(7_200);
/// What HTTP/2 lets each header cost besides its letters (RFC 9113, 6.5.2).
const HEADER_COST: usize = 32;

/// Lets pages call.
#[derive(Debug, Clone)]
pub(super) struct WebLayer {
    origins: Arc<[Origin]>,
    head_bytes: usize,
    cors: CorsLayer,
}

impl WebLayer {
    /// None where no page may call.
    pub(super) fn new(config: &ServiceConfig) -> Option<Self> {
        let origins = &config.server.grpc_web_origins;
        if origins.is_empty() {
            return None;
        }
        let mut sent = Vec::from(SENT);
        if config.identity.insecure_dev {
            sent.extend(SENT_IN_DEVELOPMENT);
        }
        let cors = CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins.iter().map(|origin| origin.header().clone())))
            .allow_methods([Method::POST])
            .allow_headers(sent)
            .expose_headers(READ)
            .max_age(ASKED);
        let head_bytes = config.limits.header_bytes as usize;
        Some(Self { origins: Arc::from(origins.as_slice()), head_bytes, cors })
    }
}

impl<S> Layer<S> for WebLayer {
    type Service = Web<Cors<GrpcWebService<S>>>;

    fn layer(&self, inner: S) -> Self::Service {
        let inner = self.cors.layer(GrpcWebLayer::new().layer(inner));
        Web { inner, origins: Arc::clone(&self.origins), head_bytes: self.head_bytes }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Web<S> {
    inner: S,
    origins: Arc<[Origin]>,
    head_bytes: usize,
}

impl<S> Service<Request<Body>> for Web<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response<Body>, Infallible>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.refusal(&request) {
            None => Either::Right(self.inner.call(request)),
            Some(status) => {
                let mut refusal = Response::new(Body::empty());
                *refusal.status_mut() = status;
                Either::Left(ready(Ok(refusal)))
            }
        }
    }
}

impl<S> Web<S> {
    fn refusal(&self, request: &Request<Body>) -> Option<StatusCode> {
        let mut from = request.headers().get_all(ORIGIN).iter();
        if !from.all(|from| self.origins.iter().any(|origin| origin.header() == from)) {
            return Some(StatusCode::FORBIDDEN);
        }
        let is_large = request.version() < Version::HTTP_2 && head_bytes(request) > self.head_bytes;
        is_large.then_some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
    }
}

/// As HTTP/2 counts them, the first line too.
fn head_bytes(request: &Request<Body>) -> usize {
    let cost = |name: &str, value: usize| name.len() + value + HEADER_COST;
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let line = cost(":method", request.method().as_str().len()) + cost(":path", target);
    line + request.headers().iter().map(|(name, value)| cost(name.as_str(), value.len())).sum::<usize>()
}
