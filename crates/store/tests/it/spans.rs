//! Statements and batches in the traces of those they work for, seen by a tracer that records everything.

use handoff_domain::error::Error;
use handoff_store::batch::Envelope;
use handoff_store::log;
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, Status, TraceContextExt, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::subscriber::DefaultGuard;
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use crate::counters::{Command, World, envelope};

const FIRST: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const SECOND: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b8-00";

/// The spans of this thread, on which a test runs all that it starts.
struct Recorded {
    spans: InMemorySpanExporter,
    _provider: SdkTracerProvider,
    _default: DefaultGuard,
}

impl Recorded {
    fn begin() -> Self {
        let spans = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("handoff"));
        let _default = tracing::subscriber::set_default(registry().with(layer));
        Self { spans, _provider: provider, _default }
    }

    fn named(&self, name: &str) -> Vec<SpanData> {
        let mut spans = self.spans.get_finished_spans().unwrap();
        spans.retain(|span| span.name == name);
        spans
    }

    /// The only span of a statement.
    fn statement(&self, name: &str) -> SpanData {
        let mut found = self.named("sql");
        found.retain(|span| attribute(span, "statement").as_deref() == Some(name));
        assert_eq!(found.len(), 1, "{name}: {:?}", self.named("sql"));
        found.remove(0)
    }
}

fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.as_str().into_owned())
}

fn of_trace(world: &World, traceparent: &str) -> Envelope {
    Envelope { traceparent: Some(traceparent.to_owned()), ..envelope(world.tenant) }
}

#[tokio::test]
async fn a_read_is_in_the_span_of_whoever_reads() {
    let world = World::open().await;
    let recorded = Recorded::begin();
    let tenant = world.tenant;
    let call = async {
        let read = world.database().read(tenant, None, move |tx| Box::pin(log::load_head(tx, tenant)));
        read.await.unwrap();
        Context::map_current(|context| context.span().span_context().clone())
    };
    let call = call.instrument(info_span!("call")).await;
    for name in ["tx::begin", "log::head::load", "tx::rollback"] {
        let span = recorded.statement(name);
        assert_eq!((span.parent_span_id, span.span_context.trace_id()), (call.span_id(), call.trace_id()));
        let namespace = attribute(&span, "db.namespace").unwrap();
        assert!(namespace.ends_with("|qualification"), "{namespace}");
        assert_eq!((attribute(&span, "error.type"), span.status), (None, Status::Unset), "{name}");
    }
}

#[tokio::test]
async fn a_batch_is_in_the_trace_of_its_first_command_and_linked_with_the_others() {
    let world = World::open().await;
    let recorded = Recorded::begin();
    // All wait before the batch begins; the first is not recorded, and the last comes twice.
    let untraced = world.submit(Command::Add("a", 1));
    let unsampled = world.batcher.submit(of_trace(&world, UNSAMPLED), Command::Add("a", 1));
    let first = world.batcher.submit(of_trace(&world, FIRST), Command::Add("a", 1));
    let second = || world.batcher.submit(of_trace(&world, SECOND), Command::Add("a", 1));
    let answers = tokio::join!(untraced, unsampled, first, second(), second());
    answers.3.unwrap();
    let batches = recorded.named("batch");
    let [batch] = batches.as_slice() else { panic!("one batch: {batches:?}") };
    let name = |trace, span| format!("00-{trace}-{span}-01");
    assert_eq!(name(batch.span_context.trace_id(), batch.parent_span_id), FIRST);
    let links: Vec<String> = batch
        .links
        .iter()
        .map(|link| name(link.span_context.trace_id(), link.span_context.span_id()))
        .collect();
    assert_eq!(links, [SECOND]);
    assert_eq!(attribute(batch, "handoff.schema").as_deref(), Some("qualification"));
    assert_eq!(attribute(batch, "handoff.batch.commands").as_deref(), Some("5"));
    for name in ["tx::lock", "log::cursor::load", "batch::append::without_activities", "tx::commit"] {
        let span = recorded.statement(name);
        assert_eq!(span.parent_span_id, batch.span_context.span_id(), "{name}");
        assert!(span.start_time >= batch.start_time && span.end_time <= batch.end_time, "{name}");
    }
}

#[tokio::test]
async fn a_statement_that_fails_says_why_and_quotes_nothing() {
    let world = World::open().await;
    let recorded = Recorded::begin();
    let refused = world.batcher.submit(of_trace(&world, FIRST), Command::Poison("a")).await;
    assert_eq!(refused, Err(Error::Internal));
    let span = recorded.statement("batch::append::without_activities");
    assert_eq!(attribute(&span, "db.response.status_code").as_deref(), Some("23514"));
    assert_eq!(attribute(&span, "error.type").as_deref(), Some("23514"));
    assert_eq!((&span.status, span.events.len()), (&Status::error(""), 0));
}

#[tokio::test]
async fn what_belongs_to_no_recorded_trace_is_no_span() {
    let world = World::open().await;
    let recorded = Recorded::begin();
    let tenant = world.tenant;
    world.submit(Command::Add("a", 1)).await.unwrap();
    world.batcher.submit(of_trace(&world, UNSAMPLED), Command::Add("a", 1)).await.unwrap();
    world.batcher.submit(of_trace(&world, "nonsense"), Command::Add("a", 1)).await.unwrap();
    world.database().read(tenant, None, move |tx| Box::pin(log::load_head(tx, tenant))).await.unwrap();
    let spans = recorded.spans.get_finished_spans().unwrap();
    assert!(spans.is_empty(), "{spans:?}");
    // It would have been seen.
    info_span!("call").in_scope(|| {});
    assert!(recorded.named("call").iter().all(|span| span.parent_span_id == SpanId::INVALID));
    assert_eq!(recorded.named("call").len(), 1);
}
