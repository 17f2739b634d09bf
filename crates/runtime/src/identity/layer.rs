//! The layer that lets a call through with its identity, or answers it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use futures_util::future::Either;
use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};

use super::{Source, development};

/// What anybody may ask: whether the server lives, and, where it is switched on, what it offers.
const OPEN: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

#[derive(Debug, Clone, Copy)]
pub(crate) struct IdentityLayer {
    source: Source,
}

impl IdentityLayer {
    pub(crate) fn new(source: Source) -> Self {
        Self { source }
    }
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Identified<S>;

    fn layer(&self, inner: S) -> Identified<S> {
        Identified { inner, source: self.source }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Identified<S> {
    inner: S,
    source: Source,
}

impl<S> Service<Request<Body>> for Identified<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<S::Future, Ready<Result<Response<Body>, Infallible>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if OPEN.iter().any(|service| request.uri().path().starts_with(service)) {
            return Either::Left(self.inner.call(request));
        }
        let identity = match self.source {
            Source::Development => development::identify(request.headers()),
        };
        match identity {
            Ok(identity) => {
                request.extensions_mut().insert(identity);
                Either::Left(self.inner.call(request))
            }
            Err(refusal) => Either::Right(ready(Ok(refusal.into_http()))),
        }
    }
}
