//! Calls in traces, metrics and logs: names, attributes and buckets of the conventions (1.42.0), and one trace across
//! processes.

use handoff_domain::actor::Side;
use handoff_runtime::background::Background;
use handoff_runtime::client::{self, Caller};
use handoff_runtime::shutdown::Shutdown;
use handoff_runtime::telemetry;
use opentelemetry::trace::{SpanId, SpanKind, Status, TraceContextExt};
use opentelemetry_sdk::trace::Sampler;
use tonic::Code;
use tracing::Instrument;

use crate::ledger::{Append, Logs};
use crate::raw::{self, HEAD, IDENTITY};
use crate::stub::{Client, World, head, subscription};
use crate::telemetry_seen::{Seen, attribute, points};

const METHOD: &str = "handoff.event.v1.EventLogService/GetLogHead";
const STREAM: &str = "handoff.event.v1.EventLogService/SubscribeEvents";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// How often the server has counted this method with this status.
fn counted(method: &str, status: &str) -> u64 {
    let of_both = |point: &crate::telemetry_seen::Point| {
        point.label("rpc.method") == Some(method) && point.label("rpc.response.status_code") == Some(status)
    };
    points("rpc.server.call.duration", "s").into_iter().filter(of_both).map(|point| point.count).sum()
}

async fn traced(world: &World, flags: &str) {
    let traceparent = format!("00-{TRACE}-b7ad6b7169203331-{flags}");
    let mut headers = IDENTITY.to_vec();
    headers.extend([("traceparent", traceparent.as_str()), ("tracestate", "vendor=1")]);
    let status = raw::call(world.running.address, HEAD, &headers, raw::head_of("")).await;
    assert_eq!(status.code(), Code::Ok, "{status:?}");
}

#[tokio::test]
async fn a_call_is_a_span_of_the_server_and_one_of_the_caller() {
    let seen = Seen::all();
    let world = World::start().await;
    head(&mut world.client().await, "").await.unwrap();
    let server = seen.span(&SpanKind::Server, METHOD);
    let client = seen.span(&SpanKind::Client, METHOD);
    let port = world.running.address.port().to_string();
    for span in [&server, &client] {
        let get = |name| attribute(span, name);
        assert_eq!(get("rpc.system.name").as_deref(), Some("grpc"));
        assert_eq!(get("rpc.method").as_deref(), Some(METHOD));
        assert_eq!(get("rpc.response.status_code").as_deref(), Some("OK"));
        assert_eq!(get("server.address").as_deref(), Some("127.0.0.1"));
        assert_eq!(get("server.port").as_deref(), Some(port.as_str()));
        assert_eq!(get("error.type"), None);
        assert_eq!(span.status, Status::Unset);
        assert_eq!(span.instrumentation_scope.schema_url(), Some("https://opentelemetry.io/schemas/1.42.0"));
    }
    assert_eq!(server.parent_span_id, client.span_context.span_id(), "one trace");
    assert!(server.parent_span_is_remote);
}

#[tokio::test]
async fn calls_are_measured_by_method_and_status() {
    let _seen = Seen::all();
    let world = World::start().await;
    let before = counted(METHOD, "OK");
    head(&mut world.client().await, "").await.unwrap();
    assert!(counted(METHOD, "OK") > before);
    let port = world.running.address.port().to_string();
    let ours = points("rpc.client.call.duration", "s")
        .into_iter()
        .find(|point| point.label("server.port") == Some(port.as_str()))
        .expect("the call that went out");
    assert_eq!((ours.count, ours.bounds.as_slice()), (1, BUCKETS.as_slice()));
    let mut labels: Vec<&str> = ours.labels.iter().map(|(key, _)| key.as_str()).collect();
    labels.sort_unstable();
    let expected =
        ["rpc.method", "rpc.response.status_code", "rpc.system.name", "server.address", "server.port"];
    assert_eq!(labels, expected);
    for point in points("rpc.server.call.duration", "s") {
        assert_eq!(point.bounds, BUCKETS);
        for (label, _) in &point.labels {
            let known = ["rpc.method", "rpc.response.status_code", "rpc.system.name", "error.type"];
            assert!(known.contains(&label.as_str()), "{label}");
        }
    }
}

#[tokio::test]
async fn a_panic_is_an_error_of_the_server_and_counted() {
    let seen = Seen::all();
    let world = World::start().await;
    head(&mut world.client().await, "panic").await.unwrap_err();
    let span = seen.span(&SpanKind::Server, METHOD);
    assert_eq!(attribute(&span, "rpc.response.status_code").as_deref(), Some("INTERNAL"));
    assert_eq!(attribute(&span, "error.type").as_deref(), Some("INTERNAL"));
    assert_eq!(span.status, Status::error(""));
    assert!(counted(METHOD, "INTERNAL") >= 1);
    let panics = points("handoff.panics", "{panic}");
    let here = panics
        .iter()
        .find(|point| point.label("code.file.path").is_some_and(|path| path.ends_with("it/stub.rs")));
    assert!(here.is_some_and(|point| point.count >= 1), "{panics:?}");
}

#[tokio::test]
async fn a_callers_fault_is_no_error_of_the_server() {
    let seen = Seen::all();
    let world = World::start().await;
    let peer = client::connect(&world.running.endpoint(), &Caller::service("")).await.unwrap();
    let refusal = head(&mut Client::new(peer), "").await.unwrap_err();
    let server = seen.span(&SpanKind::Server, METHOD);
    let client = seen.span(&SpanKind::Client, METHOD);
    assert_eq!(refusal.code(), Code::Unauthenticated, "{refusal:?}");
    assert_eq!(attribute(&server, "rpc.response.status_code").as_deref(), Some("UNAUTHENTICATED"));
    assert_eq!((attribute(&server, "error.type"), server.status), (None, Status::Unset));
    assert_eq!(attribute(&client, "error.type").as_deref(), Some("UNAUTHENTICATED"));
    assert_eq!(client.status, Status::error(""));
}

#[tokio::test]
async fn a_streams_status_is_that_of_its_trailers() {
    let seen = Seen::all();
    let world = World::start().await;
    let mut client = world.client().await;
    let mut stream = client.subscribe_events(subscription("panic")).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap_err().code(), Code::Internal);
    for kind in [SpanKind::Server, SpanKind::Client] {
        let span = seen.span(&kind, STREAM);
        assert_eq!(attribute(&span, "rpc.response.status_code").as_deref(), Some("INTERNAL"), "{kind:?}");
    }
}

#[tokio::test]
async fn a_stream_that_its_caller_leaves_was_cancelled() {
    let seen = Seen::all();
    let world = World::start().await;
    let mut client = world.client().await;
    let stream = client.subscribe_events(subscription("x")).await.unwrap();
    assert!(seen.spans().is_empty(), "both go on");
    drop(stream);
    let span = seen.span(&SpanKind::Client, STREAM);
    assert_eq!(attribute(&span, "rpc.response.status_code").as_deref(), Some("CANCELLED"));
}

#[tokio::test]
async fn a_method_that_is_none_of_ours_is_not_named() {
    let seen = Seen::all();
    let world = World::start().await;
    for path in ["/handoff.event.v1.EventLogService/getLogHead", "/x.Y/Z"] {
        let status = raw::call(world.running.address, path, &IDENTITY, vec![]).await;
        assert_eq!(status.code(), Code::Unimplemented);
    }
    assert!(seen.spans().iter().all(|span| span.name == "_OTHER"), "{:?}", seen.spans());
    assert!(counted("_OTHER", "UNIMPLEMENTED") >= 2);
}

#[tokio::test]
async fn a_callers_trace_goes_on_and_its_sampling_is_kept() {
    let seen = Seen::sampled(Sampler::AlwaysOff);
    let world = World::start().await;
    head(&mut world.client().await, "").await.unwrap();
    traced(&world, "00").await;
    assert!(seen.spans().is_empty(), "{:?}", seen.spans());
    traced(&world, "01").await;
    let span = seen.span(&SpanKind::Server, METHOD);
    assert_eq!(span.span_context.trace_id().to_string(), TRACE);
    assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
    assert_eq!(span.span_context.trace_state().header(), "vendor=1");
}

#[tokio::test]
async fn a_line_of_the_log_names_the_trace_it_belongs_to() {
    let seen = Seen::all();
    let world = World::start().await;
    head(&mut world.client().await, "panic").await.unwrap_err();
    let span = seen.span(&SpanKind::Server, METHOD);
    let log = seen.log();
    let line = log.lines().find(|line| line.contains("panicked")).expect("a line about it");
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["trace_id"], span.span_context.trace_id().to_string());
    assert_eq!(line["span_id"], span.span_context.span_id().to_string());
    assert_eq!(line["span"]["method"], METHOD);
    let outside = log.lines().find(|line| line.contains("\"serving\"")).expect("the start");
    assert!(!outside.contains("trace_id"), "{outside}");
}

#[tokio::test]
async fn a_consumers_span_is_linked_with_the_calls_that_it_hears_of() {
    let seen = Seen::all();
    let call = tracing::info_span!(target: "handoff::test", "work");
    let told = async { telemetry::traceparent() }.instrument(call).await.expect("it is sampled");
    let links = [told.as_str(), told.as_str(), "nonsense"];
    let consumer = telemetry::consumer_span("qualification", links.into_iter());
    consumer.in_scope(|| assert!(opentelemetry::Context::current().has_active_span()));
    drop(consumer);
    let span = seen.span(&SpanKind::Consumer, "process qualification");
    assert_eq!(attribute(&span, "messaging.destination.name").as_deref(), Some("qualification"));
    assert_eq!(attribute(&span, "messaging.operation.type").as_deref(), Some("process"));
    assert_eq!(span.links.len(), 1, "{:?}", span.links);
    let linked = &span.links[0].span_context;
    assert_eq!(format!("00-{}-{}-01", linked.trace_id(), linked.span_id()), told);
    assert_ne!(span.span_context.trace_id(), linked.trace_id());
}

#[tokio::test]
async fn a_statement_is_a_span_of_its_call() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 1, bytes: 10 }).await;
    let seen = Seen::all();
    let served = logs.serve_beside_the_writer().await;
    let peer = client::connect(&served.running.endpoint(), &Caller::user("acme", "ada", Side::Sales)).await;
    head(&mut Client::new(peer.unwrap()), "").await.unwrap();
    served.stop().await;
    let server = seen.span(&SpanKind::Server, METHOD);
    for name in ["tx::lock", "log::head::touch", "tx::commit"] {
        let span = seen.span(&SpanKind::Client, name);
        assert_eq!(attribute(&span, "db.system.name").as_deref(), Some("postgresql"));
        assert_eq!(attribute(&span, "db.query.summary").as_deref(), Some(name));
        assert!(attribute(&span, "db.namespace").is_some_and(|name| name.ends_with("|qualification")));
        assert_eq!(span.parent_span_id, server.span_context.span_id(), "{name}");
        assert!(span.end_time <= server.end_time, "{name}");
    }
}

#[tokio::test]
async fn what_a_service_does_without_being_called_is_no_endless_trace() {
    let seen = Seen::all();
    let world = World::start().await;
    let shutdown = Shutdown::new();
    let background = Background::new(shutdown.clone());
    let endpoint = world.running.endpoint();
    background.spawn("asking", move || {
        let endpoint = endpoint.clone();
        async move {
            let peer = client::connect(&endpoint, &Caller::user("acme", "ada", Side::Sales)).await.unwrap();
            head(&mut Client::new(peer), "").await.map(drop)
        }
    });
    background.ended().await;
    let client = seen.span(&SpanKind::Client, METHOD);
    assert_eq!(client.parent_span_id, SpanId::INVALID);
    assert_eq!(seen.span(&SpanKind::Server, METHOD).parent_span_id, client.span_context.span_id());
    assert!(seen.spans().iter().all(|span| span.name == METHOD), "{:?}", seen.spans());
}

#[tokio::test]
async fn spans_of_other_crates_are_not_recorded() {
    let seen = Seen::all();
    tracing::info_span!(target: "hyper", "frame").in_scope(|| {});
    assert!(seen.spans().is_empty(), "{:?}", seen.spans());
}
