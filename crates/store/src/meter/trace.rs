//! What the store's work is in the traces of those it works for. Spans are made only where somebody records such a trace;
//! `docs/TELEMETRY.md` says what becomes of them.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::{Span, debug_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// How many contexts one span is linked with; an SDK keeps no more.
const LINKS: usize = 128;

/// Whether the work that goes on here is recorded.
pub(super) fn is_sampled() -> bool {
    Context::map_current(|context| context.span().span_context().is_sampled())
}

/// The span of a batch whose commands carry these contexts (`traceparent`): a part of the trace of the first, and linked
/// with the others, because it is done once for all of them. None where nobody records any of them.
pub(crate) fn batch_span<'a>(
    schema: &'static str,
    commands: usize,
    traceparents: impl Iterator<Item = &'a str>,
) -> Span {
    let mut contexts: Vec<SpanContext> = Vec::new();
    for context in traceparents.filter_map(parse) {
        // The items of a stream carry the same.
        if contexts.len() <= LINKS && !contexts.contains(&context) {
            contexts.push(context);
        }
    }
    let mut contexts = contexts.into_iter();
    let Some(first) = contexts.next() else { return Span::none() };
    let commands = commands as i64;
    let span =
        debug_span!(parent: None, "batch", "handoff.schema" = schema, "handoff.batch.commands" = commands);
    // It fails where nobody records this very span, and then nothing is lost.
    let _ = span.set_parent(Context::new().with_remote_span_context(first));
    contexts.for_each(|context| span.add_link(context));
    span
}

/// The context that a `traceparent` of this process names; none where it is not recorded, or cannot be read.
fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (_version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, false, TraceState::NONE);
    (context.is_valid() && context.is_sampled()).then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sampled_is_read_and_nothing_else() {
        let sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = parse(sampled).expect("a context");
        assert_eq!(format!("00-{}-{}-01", context.trace_id(), context.span_id()), sampled);
        for other in [
            "",
            "00",
            "00-0-0-01",
            "00-acme-b7ad6b7169203331-01",
            &sampled.replace("-01", "-00"),
            "00-0-b7-1",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
