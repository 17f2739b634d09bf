//! One call in the traces of all three services: its own spans in the caller's trace, and through the event logs into sla
//! and reporting, as links; calls between the services join what called them.

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::apart::Apart;
use handoff_tests::collector::{Collector, Received, attribute};
use handoff_tests::fault::journey::{Guide, by_name, found};
use handoff_tests::fault::random::Random;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tokio::sync::watch;
use tonic::Request;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";
const QUALIFY: &str = "handoff.qualification.v1.QualificationService/QualifyLead";
const SUBSCRIBE: &str = "handoff.event.v1.EventLogService/SubscribeEvents";
const QUALIFICATION: &str = "handoff-qualification";
const SLA: &str = "handoff-sla";
const REPORTING: &str = "handoff-reporting";

/// An id as `traceparent` writes it.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Spans of a service by kind and name.
fn named<'r>(
    received: &'r Received,
    service: &'r str,
    kind: SpanKind,
    name: &'r str,
) -> impl Iterator<Item = &'r Span> {
    received.spans_of(service).filter(move |span| span.kind() == kind && span.name == name)
}

/// The span of `service` that applied what `cause` told of in the log of `source`.
fn consumed<'r>(received: &'r Received, service: &'r str, source: &str, cause: &Span) -> Option<&'r Span> {
    received.spans_of(service).find(|span| {
        span.kind() == SpanKind::Consumer
            && span.name == format!("process {source}")
            && span.links.iter().any(|link| link.trace_id == cause.trace_id && link.span_id == cause.span_id)
    })
}

fn child<'r>(received: &'r Received, service: &'r str, parent: &Span, name: &str) -> Option<&'r Span> {
    received.spans_of(service).find(|span| {
        span.name == name && span.trace_id == parent.trace_id && span.parent_span_id == parent.span_id
    })
}

/// The commit of the batch that `work` caused.
fn batch_with_commit<'r>(received: &'r Received, service: &'r str, work: &Span) -> Option<&'r Span> {
    child(received, service, child(received, service, work, "batch")?, "tx::commit")
}

/// Whether a call of one service is a span of both, one the child of the other.
fn is_one_trace(received: &Received, from: &str, to: &str) -> bool {
    named(received, from, SpanKind::Client, SUBSCRIBE).any(|client| {
        named(received, to, SpanKind::Server, SUBSCRIBE)
            .any(|server| server.trace_id == client.trace_id && server.parent_span_id == client.span_id)
    })
}

#[tokio::test]
async fn one_call_is_followed_from_its_caller_into_sla_and_reporting() -> anyhow::Result<()> {
    let mut collector = Collector::start()?;
    let endpoint = collector.endpoint();
    let database = ScratchDatabase::new().await?;
    let services = Apart::told(
        &database.url(),
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ],
    )
    .await?;
    let mut random = Random::new(1, 0);
    found(&services.endpoints, "acme", &mut random).await?;
    let one = std::slice::from_ref(&services.endpoints);
    let mut guide = Guide::new(one, "acme", random, 1, &watch::Sender::new(0))?;
    let lead = guide.capture("L-1").await?;
    let mut request = Request::new(pb::QualifyLeadRequest {
        request_id: uuid::Uuid::now_v7().to_string(),
        lead: by_name(&lead),
        ..pb::QualifyLeadRequest::default()
    });
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{CALLER}-01").parse()?);
    let marketing = Caller::user("acme", "mia", Side::Marketing);
    services.endpoints.qualification(&marketing)?.qualify_lead(request).await?;

    let server = collector
        .until("the call", |got| named(got, QUALIFICATION, SpanKind::Server, QUALIFY).next().cloned())
        .await?;
    assert_eq!((hex(&server.trace_id), hex(&server.parent_span_id)), (TRACE.into(), CALLER.into()));
    let commit = collector
        .until("its transaction", |got| batch_with_commit(got, QUALIFICATION, &server).cloned())
        .await?;
    assert_eq!(hex(&commit.trace_id), TRACE);
    assert_eq!(commit.kind(), SpanKind::Client);
    assert_eq!(attribute(&commit.attributes, "db.system.name").as_deref(), Some("postgresql"));
    assert_eq!(attribute(&commit.attributes, "db.query.summary").as_deref(), Some("tx::commit"));
    let namespace = attribute(&commit.attributes, "db.namespace").context("a namespace")?;
    assert!(namespace.ends_with("|qualification"), "{namespace}");

    // Its event comes to both, and what sla makes of it comes to reporting.
    let in_sla = collector
        .until("what sla made of it", |got| consumed(got, SLA, "qualification", &server).cloned())
        .await?;
    collector
        .until("what reporting made of it", |got| {
            consumed(got, REPORTING, "qualification", &server).map(drop)
        })
        .await?;
    let further = collector
        .until("what reporting made of sla's", |got| consumed(got, REPORTING, "sla", &in_sla).cloned())
        .await?;
    for (service, work) in [(SLA, &in_sla), (REPORTING, &further)] {
        assert_ne!(hex(&work.trace_id), TRACE, "a trace of its own");
        collector.until("its transaction", |got| batch_with_commit(got, service, work).map(drop)).await?;
    }

    // The streams of the logs are spans once they end.
    services.stop().await?;
    for (from, to) in [(SLA, QUALIFICATION), (REPORTING, QUALIFICATION), (REPORTING, SLA)] {
        collector
            .until(&format!("the call of {from}"), |got| is_one_trace(got, from, to).then_some(()))
            .await?;
    }
    let received = collector.received();
    let is_statement = |span: &&Span| attribute(&span.attributes, "db.system.name").is_some();
    let lonely = received.spans().filter(is_statement).find(|span| span.parent_span_id.is_empty());
    assert_eq!(lonely, None, "a statement belongs to what it was made for");
    Ok(())
}
