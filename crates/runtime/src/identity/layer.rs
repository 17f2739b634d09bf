//! The layer that lets a call through with its identity, or answers it: the method first, then who calls, then whether
//! that one may. The body has not been looked at by then.

use std::sync::Arc;

use handoff_proto::method::{self, Method};
use http::Request;
use http::request::Parts;
use tonic::Status;
use tonic::body::Body;

use super::{Identity, Sources, roles};
use crate::layer::{Answer, Inner, Wrap, refuse};
use crate::server::tls::Remote;
use crate::status;

/// What anybody may ask: whether the server lives, and, where it is switched on, what it offers.
const OPEN: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

impl Wrap for Sources {
    fn wrap<S: Inner>(self: &Arc<Self>, mut inner: S, request: Request<Body>) -> Answer {
        let path = request.uri().path();
        if OPEN.iter().any(|service| path.starts_with(service)) {
            return Box::pin(inner.call(request));
        }
        // Looked up as it was sent: whatever another program would take for the same method is none.
        let method = method::find(path);
        let sources = Arc::clone(self);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match admit(&sources, method, &parts).await {
                Ok(identity) => {
                    parts.extensions.insert(identity);
                    inner.call(Request::from_parts(parts, body)).await
                }
                Err(refusal) => Ok(refuse(refusal, body)),
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
