//! Trace context between processes, as W3C writes it: `traceparent` and `tracestate` of a call, and `traceparent` alone where
//! an event carries it through a log.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;

const TRACEPARENT: &str = "traceparent";

/// What the caller's headers say; none without, or with what cannot be read.
pub(crate) fn extract(headers: &HeaderMap) -> Option<Context> {
    headers.get(TRACEPARENT)?;
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    context.has_active_span().then_some(context)
}

/// Says in the headers of a call that it belongs to `context`.
pub(crate) fn inject(context: &Context, headers: &mut HeaderMap) {
    TraceContextPropagator::new().inject_context(context, &mut HeadersMut(headers));
}

/// The `traceparent` of the span that this task works in, for an event that tells of this work; none where it is not
/// recorded.
pub fn traceparent() -> Option<String> {
    Context::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        span.is_sampled()
            .then(|| format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8()))
    })
}

/// What a `traceparent` names; none where it cannot be read.
pub(super) fn parse(traceparent: &str) -> Option<SpanContext> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Only(traceparent));
    context.has_active_span().then(|| context.span().span_context().clone())
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        // An empty tracestate says nothing. What no header can carry is left out: a trace is not worth a call.
        if let (false, Ok(name), Ok(value)) =
            (value.is_empty(), HeaderName::try_from(key), HeaderValue::try_from(value))
        {
            self.0.insert(name, value);
        }
    }
}

struct Only<'a>(&'a str);

impl Extractor for Only<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(traceparent: &'static str, tracestate: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static(traceparent));
        headers.insert("tracestate", HeaderValue::from_static(tracestate));
        headers
    }

    #[test]
    fn what_comes_in_goes_out() {
        let given = headers(SAMPLED, "vendor=1");
        let context = extract(&given).expect("a context");
        assert!(context.span().span_context().is_remote());
        let mut sent = HeaderMap::new();
        inject(&context, &mut sent);
        assert_eq!(sent, given);
    }

    #[test]
    fn what_is_no_context_is_none() {
        assert!(extract(&HeaderMap::new()).is_none());
        for bad in ["", "00", "00-0-0-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ada"] {
            assert!(extract(&headers(bad, "")).is_none() && parse(bad).is_none(), "{bad}");
        }
        let mut sent = HeaderMap::new();
        inject(&Context::new(), &mut sent);
        assert!(sent.is_empty(), "{sent:?}");
    }

    #[test]
    fn a_task_has_a_traceparent_while_it_is_sampled() {
        assert_eq!(traceparent(), None);
        let sampled = extract(&headers(SAMPLED, "")).expect("a context").attach();
        assert_eq!(traceparent().as_deref(), Some(SAMPLED));
        drop(sampled);
        let unsampled: &'static str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        let _attached = extract(&headers(unsampled, "")).expect("a context").attach();
        assert_eq!(traceparent(), None);
    }
}
