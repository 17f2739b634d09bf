//! From the spans of `tracing`, which all our code uses, to those of OpenTelemetry. The names, kinds and attributes of the
//! semantic conventions are given here, in one place, by the name of the `tracing` span:
//!
//! | `tracing` span | kind | its field | becomes |
//! |---|---|---|---|
//! | `rpc` | SERVER | `method` | the name, `rpc.method` |
//! | | | `call` | `handoff.call.id` |
//! | `call` | CLIENT | `method` | the name, `rpc.method` |
//! | `sql` | CLIENT | `statement` | the name, `db.query.summary` |
//! | `batch` | INTERNAL | | |
//! | `consume` | CONSUMER | `source` | the name after `process`, `messaging.destination.name` |
//!
//! Fields that have the name of an attribute stay what they are. `sql` and `batch` are the store's, which makes them only
//! where the work that they belong to is recorded.

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::trace::{SpanBuilder, SpanKind, Tracer};
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span as SdkSpan};
use opentelemetry_semantic_conventions::attribute::{
    DB_QUERY_SUMMARY, DB_SYSTEM_NAME, MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME,
    MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM, RPC_METHOD, RPC_SYSTEM_NAME,
};
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::registry::LookupSpan;

use super::propagation;

/// The span of a call that came in.
pub(crate) const RPC: &str = "rpc";
/// The span of a call that goes out.
pub(crate) const CALL: &str = "call";
const SQL: &str = "sql";
const CONSUME: &str = "consume";
/// The span of a task that a service has for as long as it runs. It is there for lines of the log: no trace is that long,
/// and what such a task does is none of anybody's.
pub(crate) const BACKGROUND: &str = "background";
/// Spans of other crates are their own affair: of the exporter's connection, of the server's frames.
const OURS: &str = "handoff";
/// How many contexts one span is linked with; an SDK keeps no more.
const LINKS: usize = 128;

/// Whether anybody records spans, so that nothing is done for them otherwise.
static RECORDED: AtomicBool = AtomicBool::new(false);

/// A layer that makes spans of `provider` out of ours, debug level included. Events are left to the logs.
pub fn span_layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    RECORDED.store(true, Ordering::Relaxed);
    let ours = |metadata: &Metadata<'_>| {
        metadata.is_span() && metadata.target().starts_with(OURS) && metadata.name() != BACKGROUND
    };
    tracing_opentelemetry::layer()
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_tracer(Conventional(super::tracer(provider)))
        .with_filter(filter_fn(ours).with_max_level_hint(LevelFilter::DEBUG))
}

/// Whether spans are recorded at all.
pub(crate) fn are_recorded() -> bool {
    RECORDED.load(Ordering::Relaxed)
}

/// A span for applying what came from the log of `source`, linked with the contexts that its events carry: the traces of
/// the calls that they tell of. What is no `traceparent` is passed over.
pub fn consumer_span<'a>(source: &'static str, links: impl Iterator<Item = &'a str>) -> Span {
    let span = tracing::debug_span!(parent: None, CONSUME, source);
    if !span.is_disabled() && are_recorded() {
        let mut last = "";
        let mut linked = 0;
        for link in links {
            // Events of one command stand together and carry the same.
            if link == last {
                continue;
            }
            last = link;
            if let Some(context) = propagation::parse(link) {
                span.add_link(context);
                linked += 1;
            }
            if linked == LINKS {
                break;
            }
        }
    }
    span
}

/// A tracer that names its spans as the conventions have it.
#[derive(Debug)]
struct Conventional(SdkTracer);

impl Tracer for Conventional {
    type Span = SdkSpan;

    fn build_with_context(&self, mut builder: SpanBuilder, parent: &Context) -> SdkSpan {
        name(&mut builder);
        self.0.build_with_context(builder, parent)
    }
}

fn name(builder: &mut SpanBuilder) {
    let attributes = builder.attributes.get_or_insert_default();
    let (kind, field, attribute, prefix) = match builder.name.as_ref() {
        RPC | CALL => {
            let kind = if builder.name == RPC { SpanKind::Server } else { SpanKind::Client };
            attributes.push(KeyValue::new(RPC_SYSTEM_NAME, "grpc"));
            (kind, "method", RPC_METHOD, "")
        }
        SQL => {
            attributes.push(KeyValue::new(DB_SYSTEM_NAME, "postgresql"));
            (SpanKind::Client, "statement", DB_QUERY_SUMMARY, "")
        }
        CONSUME => {
            attributes.extend([
                KeyValue::new(MESSAGING_SYSTEM, "handoff"),
                KeyValue::new(MESSAGING_OPERATION_NAME, "process"),
                KeyValue::new(MESSAGING_OPERATION_TYPE, "process"),
            ]);
            (SpanKind::Consumer, "source", MESSAGING_DESTINATION_NAME, "process ")
        }
        _ => return,
    };
    builder.span_kind = Some(kind);
    for found in attributes {
        if found.key.as_str() == field {
            found.key = Key::from_static_str(attribute);
            builder.name = format!("{prefix}{}", found.value.as_str()).into();
        } else if found.key.as_str() == CALL {
            found.key = Key::from_static_str("handoff.call.id");
        }
    }
}
