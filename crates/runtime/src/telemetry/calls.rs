//! Calls, measured and traced as the RPC conventions have it: `rpc.server.call.duration` and `rpc.client.call.duration` by
//! method and status, and the same on the call's span.
//!
//! A method is one that is served here or it is `_OTHER`: what a stranger writes into a path becomes no label, and is told
//! nowhere. One that nobody heard the end of, because its caller went away, ended as CANCELLED.

use std::sync::{Arc, OnceLock};

use handoff_proto::method::METHODS;
use http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundHistogram, Histogram};
use opentelemetry::trace::{Status as SpanStatus, TraceContextExt};
use opentelemetry_semantic_conventions::attribute::{
    ERROR_TYPE, RPC_METHOD, RPC_RESPONSE_STATUS_CODE, RPC_SYSTEM_NAME, SERVER_ADDRESS, SERVER_PORT,
};
use opentelemetry_semantic_conventions::metric::{RPC_CLIENT_CALL_DURATION, RPC_SERVER_CALL_DURATION};
use tokio::time::Instant;
use tonic::Code;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::spans;

/// The boundaries that the conventions advise, in seconds.
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// A method that is not served here.
const OTHER: &str = "_OTHER";
/// What every server offers besides Handoff's own methods, and in the order of paths before them.
const STANDARD: [&str; 5] = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/List",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];
/// As gRPC names them, in the order of their numbers.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The instruments of one end of calls: a server, or a peer that is called. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Calls(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    duration: Histogram<f64>,
    /// Whether calls come in here; otherwise they go out.
    is_server: bool,
    /// `server.address` and `server.port`, as far as they are known.
    server: Vec<KeyValue>,
    /// By method and status, each made with its first call: then a call costs no look-up of labels.
    series: Vec<[OnceLock<BoundHistogram<f64>>; CODES.len()]>,
}

impl Calls {
    /// Those that a server at this address takes.
    pub(crate) fn incoming(address: &str, port: Option<u16>) -> Self {
        Self::new(RPC_SERVER_CALL_DURATION, "Measures the duration of an incoming RPC.", true, address, port)
    }

    /// Those to a server at this address.
    pub(crate) fn outgoing(address: &str, port: Option<u16>) -> Self {
        Self::new(RPC_CLIENT_CALL_DURATION, "Measures the duration of an outgoing RPC.", false, address, port)
    }

    fn new(
        name: &'static str,
        description: &'static str,
        is_server: bool,
        address: &str,
        port: Option<u16>,
    ) -> Self {
        let duration = super::meter()
            .f64_histogram(name)
            .with_unit("s")
            .with_description(description)
            .with_boundaries(BUCKETS.to_vec())
            .build();
        let address = (!address.is_empty()).then(|| KeyValue::new(SERVER_ADDRESS, address.to_owned()));
        let port = port.map(|port| KeyValue::new(SERVER_PORT, i64::from(port)));
        let server = address.into_iter().chain(port).collect();
        let series = (0..=STANDARD.len() + METHODS.len()).map(|_| Default::default()).collect();
        Self(Arc::new(Inner { duration, is_server, server, series }))
    }

    /// A call that began at `started`. It is measured when it is dropped.
    pub(crate) fn begin(&self, method: Method, started: Instant, span: Span) -> Call {
        Call { calls: self.clone(), method, started, span, code: Code::Cancelled }
    }
}

/// A method that a label may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Method(usize);

impl Method {
    /// The one with exactly this path, else the one for all others.
    pub(crate) fn of(path: &str) -> Self {
        let ours = || METHODS.binary_search_by(|method| method.path.cmp(path));
        let place = match STANDARD.binary_search(&path) {
            Ok(place) => Some(place),
            Err(_) => ours().ok().map(|place| STANDARD.len() + place),
        };
        Self(place.unwrap_or(STANDARD.len() + METHODS.len()))
    }

    /// As the conventions write it: `handoff.sla.v1.SlaService/GetCalendar`.
    pub(crate) fn name(self) -> &'static str {
        let ours = || METHODS.get(self.0.checked_sub(STANDARD.len())?).map(|method| method.path);
        let path = STANDARD.get(self.0).copied().or_else(ours);
        path.map_or(OTHER, |path| path.trim_start_matches('/'))
    }
}

/// A call that goes on.
#[derive(Debug)]
pub(crate) struct Call {
    calls: Calls,
    method: Method,
    started: Instant,
    span: Span,
    code: Code,
}

impl Call {
    /// How it ended.
    pub(crate) fn ends(mut self, code: Code) {
        self.code = code;
    }

    fn record(&self) {
        let Inner { duration, is_server, server, series } = &*self.calls.0;
        let number = self.code as usize;
        let status = CODES[number];
        let is_error = is_error(self.code, *is_server);
        let bound = series[self.method.0][number].get_or_init(|| {
            let mut labels = vec![
                KeyValue::new(RPC_SYSTEM_NAME, "grpc"),
                KeyValue::new(RPC_METHOD, self.method.name()),
                KeyValue::new(RPC_RESPONSE_STATUS_CODE, status),
            ];
            if is_error {
                labels.push(KeyValue::new(ERROR_TYPE, status));
            }
            if !*is_server {
                labels.extend(server.iter().cloned());
            }
            duration.bind(&labels)
        });
        bound.record(self.started.elapsed().as_secs_f64());
        if !spans::are_recorded() || self.span.is_disabled() {
            return;
        }
        let context = self.span.context();
        let span = context.span();
        if span.is_recording() {
            span.set_attributes(server.iter().cloned());
            span.set_attribute(KeyValue::new(RPC_RESPONSE_STATUS_CODE, status));
            if is_error {
                span.set_attribute(KeyValue::new(ERROR_TYPE, status));
                // No description: messages may quote what a caller sent.
                span.set_status(SpanStatus::error(""));
            }
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.record();
    }
}

/// The status in these headers or trailers, if there is one.
pub(crate) fn status(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|value| Code::from_bytes(value.as_bytes()))
}

/// What the conventions call an error: everything but OK for a caller, and what is the server's fault for a server.
fn is_error(code: Code, is_server: bool) -> bool {
    match code {
        Code::Ok => false,
        Code::Unknown
        | Code::DeadlineExceeded
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => true,
        _ => !is_server,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_name_and_strangers_have_none() {
        let paths = STANDARD.iter().copied().chain(METHODS.iter().map(|method| method.path));
        for path in paths {
            assert_eq!(Method::of(path).name(), &path[1..]);
        }
        for path in
            ["/", "", "/ada@example.com", "/grpc.health.v1.Health/check", "/handoff.sla.v1.SlaService"]
        {
            assert_eq!(Method::of(path).name(), OTHER, "{path}");
        }
    }

    #[test]
    fn the_standard_paths_are_sorted() {
        assert!(STANDARD.is_sorted());
    }

    #[test]
    fn every_code_is_named_as_grpc_names_it() {
        for (number, name) in CODES.iter().enumerate() {
            let code = Code::from_i32(i32::try_from(number).expect("small"));
            let letters = |text: &str| text.replace('_', "").to_lowercase();
            assert_eq!(letters(&format!("{code:?}")), letters(name));
        }
    }

    #[test]
    fn only_the_servers_own_faults_are_its_errors() {
        assert!(is_error(Code::NotFound, false) && !is_error(Code::NotFound, true));
        assert!(is_error(Code::Internal, false) && is_error(Code::Internal, true));
        assert!(!is_error(Code::Ok, false) && !is_error(Code::Ok, true));
    }
}
