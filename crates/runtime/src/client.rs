//! Calling a service: the channel that services, the command line and tests use. It proves who calls, by a token and by a
//! certificate, gives every unary call a deadline, carries the trace on, measures, keeps the connection alive, and answers
//! its own timeouts with
//! DEADLINE_EXCEEDED (tonic would say CANCELLED).
//!
//! It never repeats a call: whether that is safe is for the caller to say, who has the request id.

mod dial;
mod tls;
mod token;

#[cfg(test)]
mod tests;

use std::error::Error as _;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use handoff_domain::actor::Side;
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::transport::{self, Channel, Endpoint};
use tonic::{Code, Status, TimeoutExpired};
use tower::Service;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::config::told;
use crate::identity::{SIDE_HEADER, TENANT_HEADER, USER_HEADER};
use crate::service::StartError;
use crate::telemetry::calls::{Calls, Method};
use crate::telemetry::measured::measured;
use crate::telemetry::{propagation, spans};
use crate::{deadline, limits, method, status};

use dial::{Dial, Fault};

pub use tls::{TlsFiles, Trust};
pub use token::TokenFile;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How many headers a call gets besides its caller's: token, deadline and trace, and what tonic adds.
const HEADERS: usize = 8;

/// The deadline of a unary call whose caller gave none, as its header has it.
static UNARY_TIMEOUT: LazyLock<HeaderValue> = LazyLock::new(|| {
    let millis = limits::UNARY_DEADLINE.as_millis();
    HeaderValue::from_str(&format!("{millis}m")).expect("digits and a letter are plain")
});

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
    fault: Fault,
}

/// What calls are proved with, and whom they believe. Clones share what was read.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// The token that each call carries. It proves what the caller only claims, and of the claims only the tenant still
    /// counts: which one of those that the token is good for.
    pub token: Option<TokenFile>,
    /// TLS towards https:// addresses; none believes whom the system believes, and shows no certificate.
    pub trust: Option<Trust>,
}

impl Peer {
    /// The same connection for another caller.
    #[must_use]
    pub fn speaking_for(&self, caller: &Caller) -> Self {
        Self { headers: caller.headers(), ..self.clone() }
    }
}

impl Credentials {
    /// A channel that connects now: for people, who want to hear at once that nobody is there.
    ///
    /// # Errors
    /// [`StartError::Endpoint`] for an address that is none, [`StartError::Other`] when nobody answers there.
    pub async fn connect(&self, endpoint: &str, caller: &Caller) -> Result<Peer, StartError> {
        let (parsed, dial, fault) = self.prepare(endpoint)?;
        let calls = calls_to(&parsed);
        let connected = parsed.connect_with_connector(dial).await;
        let channel = connected.map_err(|source| StartError::Other {
            what: format!("no service answers at {endpoint}"),
            source: fault.told().map_or_else(|| source.into(), Into::into),
        })?;
        Ok(Peer { channel, headers: caller.headers(), token: self.token.clone(), calls, fault })
    }

    /// A channel that connects with the first call, and again whenever it has to: for services, which start in any order.
    /// Needs a running tokio runtime.
    ///
    /// # Errors
    /// [`StartError::Endpoint`] for an address that is none; [`StartError::Configuration`] for an https:// address on a
    /// machine without authorities, where none is named.
    pub fn connect_lazy(&self, endpoint: &str, caller: &Caller) -> Result<Peer, StartError> {
        let (parsed, dial, fault) = self.prepare(endpoint)?;
        let calls = calls_to(&parsed);
        let channel = parsed.connect_with_connector_lazy(dial);
        Ok(Peer { channel, headers: caller.headers(), token: self.token.clone(), calls, fault })
    }

    fn prepare(&self, endpoint: &str) -> Result<(Endpoint, Dial, Fault), StartError> {
        let parsed = parse(endpoint)?;
        let trust = match (parsed.uri().scheme_str(), &self.trust) {
            (Some("https"), Some(trust)) => Some(trust.clone()),
            (Some("https"), None) => Some(Trust::load(TlsFiles::default()).map_err(|error| {
                StartError::Configuration { faults: vec![format!("{endpoint}: {}", told(&error))] }
            })?),
            _ => None,
        };
        let (dial, fault) = Dial::new(trust);
        Ok((in_plain_words(parsed)?, dial, fault))
    }
}

/// The address as tonic is to see it. It refuses https:// unless it speaks TLS itself (wherever its feature for that is on),
/// and here [`Dial`] does; requests still say that they go by https.
fn in_plain_words(endpoint: Endpoint) -> Result<Endpoint, StartError> {
    let address = endpoint.uri().clone();
    if address.scheme() != Some(&Scheme::HTTPS) {
        return Ok(endpoint);
    }
    let host = address.host().unwrap_or_default();
    let port = address.port_u16().unwrap_or(443);
    Ok(parse(&format!("http://{host}:{port}"))?.origin(address))
}

/// [`Credentials::connect`] without any.
///
/// # Errors
/// As there.
pub async fn connect(endpoint: &str, caller: &Caller) -> Result<Peer, StartError> {
    Credentials::default().connect(endpoint, caller).await
}

/// [`Credentials::connect_lazy`] without any.
///
/// # Errors
/// As there.
pub fn connect_lazy(endpoint: &str, caller: &Caller) -> Result<Peer, StartError> {
    Credentials::default().connect_lazy(endpoint, caller)
}

/// What measures the calls to this address.
fn calls_to(endpoint: &Endpoint) -> Calls {
    let uri = endpoint.uri();
    Calls::outgoing(uri.host().unwrap_or_default(), uri.port_u16())
}

/// The address of a service as it can be configured: for the parsers of arguments.
///
/// # Errors
/// A sentence that does not repeat it.
pub fn address(text: &str) -> Result<String, &'static str> {
    match parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(
            "it is not the address of a service; one looks like http://127.0.0.1:7431 or https://sla:7432",
        ),
    }
}

fn parse(endpoint: &str) -> Result<Endpoint, StartError> {
    let wrong = || StartError::Endpoint { endpoint: endpoint.to_owned() };
    let parsed = Endpoint::from_shared(endpoint.to_owned()).map_err(|_| wrong())?;
    let authority = parsed.uri().authority().map(|authority| authority.as_str());
    // A user in an address would be sent to nobody.
    let has_host = parsed.uri().host().is_some_and(|host| !host.is_empty());
    let is_good = has_host && authority.is_some_and(|authority| !authority.contains('@'));
    if !matches!(parsed.uri().scheme_str(), Some("http" | "https")) || !is_good {
        return Err(wrong());
    }
    Ok(parsed
        .connect_timeout(CONNECT_TIMEOUT)
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
        headers.reserve(self.headers.len() + HEADERS);
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        if let Some(token) = &self.token {
            headers.insert(header::AUTHORIZATION, token.header());
        }
        if unary && !headers.contains_key(deadline::HEADER) {
            headers.insert(deadline::HEADER, UNARY_TIMEOUT.clone());
        }
        let method = Method::of(request.uri().path());
        let span = tracing::debug_span!("call", method = method.name());
        if spans::are_recorded() {
            propagation::inject(&span.context(), request.headers_mut());
        }
        let call = self.calls.begin(method, Instant::now(), span);
        let fault = self.fault.clone();
        Box::pin(self.channel.call(request).map(move |called| match called {
            Ok(answer) => Ok(measured(answer, call)),
            Err(error) if timed_out(&error) => Ok(measured(status::deadline_exceeded().into_http(), call)),
            Err(error) => {
                // That nobody is reached is UNAVAILABLE to whoever called, as tonic has it.
                call.ends(Code::Unavailable);
                match fault.told() {
                    Some(fault) => Ok(Status::unavailable(fault).into_http()),
                    None => Err(error),
                }
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
