//! Calling a service: the channel that services, the command line and tests use. It says who calls, gives every unary
//! call a deadline, carries the trace on, measures, keeps the connection alive, and answers its own timeouts with
//! DEADLINE_EXCEEDED (tonic would say CANCELLED).
//!
//! It never repeats a call: whether that is safe is for the caller to say, who has the request id.

mod token;

use std::error::Error as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use handoff_domain::actor::Side;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::transport::{self, Channel, Endpoint};
use tonic::{Code, TimeoutExpired};
use tower::Service;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::identity::{SIDE_HEADER, TENANT_HEADER, USER_HEADER};
use crate::service::StartError;
use crate::telemetry::calls::{Calls, Method};
use crate::telemetry::measured::measured;
use crate::telemetry::{propagation, spans};
use crate::{deadline, limits, method, status};

pub use token::TokenFile;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Who calls, as far as development headers can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant's slug; none for a service that listens to all.
    pub tenant: Option<String>,
    /// `users/ada` or `services/sla`.
    pub principal: String,
    /// The side it speaks for.
    pub side: Side,
}

impl Caller {
    /// A person of a tenant: slugs, `acme` and `ada`.
    pub fn user(tenant: &str, user: &str, side: Side) -> Self {
        Self { tenant: Some(tenant.to_owned()), principal: format!("users/{user}"), side }
    }

    /// One of our services, acting for no tenant in particular.
    pub fn service(name: &str) -> Self {
        Self { tenant: None, principal: format!("services/{name}"), side: Side::System }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let tenant = self.tenant.as_deref().map(|slug| (TENANT_HEADER, slug));
        let others = [(USER_HEADER, self.principal.as_str()), (SIDE_HEADER, self.side.as_str())];
        for (name, value) in others.into_iter().chain(tenant) {
            // What no header can carry is no name either; the server answers that the header is missing.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

/// A channel to one service that says who calls. Cheap to clone; generated clients take it
/// (`EventLogServiceClient::new(peer)`), with `max_decoding_message_size(limits::ANSWER_BYTES)` where answers are large.
#[derive(Debug, Clone)]
pub struct Peer {
    channel: Channel,
    headers: HeaderMap,
    token: Option<TokenFile>,
    calls: Calls,
}

impl Peer {
    /// The same connection for another caller.
    #[must_use]
    pub fn speaking_for(&self, caller: &Caller) -> Self {
        Self { headers: caller.headers(), ..self.clone() }
    }

    /// The same connection with a token, if there is one. It proves what the caller only claims, and of the claims only the
    /// tenant still counts: which one of those that the token is good for.
    #[must_use]
    pub fn with_token(self, token: Option<TokenFile>) -> Self {
        Self { token, ..self }
    }
}

/// A channel that connects now: for people, who want to hear at once that nobody is there.
///
/// # Errors
/// [`StartError::Endpoint`] for an address that is none, [`StartError::Other`] when nobody answers there.
pub async fn connect(endpoint: &str, caller: &Caller) -> Result<Peer, StartError> {
    let parsed = parse(endpoint)?;
    let calls = calls_to(&parsed);
    let channel = parsed.connect().await.map_err(|source| StartError::Other {
        what: format!("no service answers at {endpoint}"),
        source: source.into(),
    })?;
    Ok(Peer { channel, headers: caller.headers(), token: None, calls })
}

/// A channel that connects with the first call, and again whenever it has to: for services, which start in any order.
/// Needs a running tokio runtime.
///
/// # Errors
/// [`StartError::Endpoint`] for an address that is none.
pub fn connect_lazy(endpoint: &str, caller: &Caller) -> Result<Peer, StartError> {
    let parsed = parse(endpoint)?;
    let calls = calls_to(&parsed);
    Ok(Peer { channel: parsed.connect_lazy(), headers: caller.headers(), token: None, calls })
}

/// What measures the calls to this address.
fn calls_to(endpoint: &Endpoint) -> Calls {
    let uri = endpoint.uri();
    Calls::outgoing(uri.host().unwrap_or_default(), uri.port_u16())
}

fn parse(endpoint: &str) -> Result<Endpoint, StartError> {
    let wrong = || StartError::Endpoint { endpoint: endpoint.to_owned() };
    let parsed = Endpoint::from_shared(endpoint.to_owned()).map_err(|_| wrong())?;
    if parsed.uri().scheme_str() != Some("http") || parsed.uri().host().is_none() {
        return Err(wrong());
    }
    Ok(parsed
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(limits::KEEPALIVE_INTERVAL)
        .keep_alive_timeout(limits::KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true))
}

impl Service<Request<Body>> for Peer {
    type Response = Response<Body>;
    type Error = transport::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, transport::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), transport::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let unary = method::is_unary(request.uri().path());
        let headers = request.headers_mut();
        headers.extend(self.headers.clone());
        if let Some(token) = &self.token {
            headers.insert(header::AUTHORIZATION, token.header());
        }
        if unary && !headers.contains_key(deadline::HEADER) {
            let millis = limits::UNARY_DEADLINE.as_millis();
            headers.insert(
                deadline::HEADER,
                HeaderValue::from_str(&format!("{millis}m")).expect("digits and a letter are plain"),
            );
        }
        let method = Method::of(request.uri().path());
        let span = tracing::debug_span!("call", method = method.name());
        if spans::are_recorded() {
            propagation::inject(&span.context(), request.headers_mut());
        }
        let call = self.calls.begin(method, Instant::now(), span);
        Box::pin(self.channel.call(request).map(|called| match called {
            Ok(answer) => Ok(measured(answer, call)),
            Err(error) if timed_out(&error) => Ok(measured(status::deadline_exceeded().into_http(), call)),
            Err(error) => {
                // That nobody is reached is UNAVAILABLE to whoever called, as tonic has it.
                call.ends(Code::Unavailable);
                Err(error)
            }
        }))
    }
}

fn timed_out(error: &transport::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<TimeoutExpired>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_a_scheme_and_a_host() {
        for good in ["http://127.0.0.1:7431", "http://sla.handoff.svc:7432"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in ["", "127.0.0.1:7431", "localhost", "ftp://host", "http://", "not an address"] {
            assert!(matches!(parse(bad), Err(StartError::Endpoint { .. })), "{bad}");
        }
    }
}
