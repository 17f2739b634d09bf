//! How far a consumer is behind the log that it follows, by the log's source: for an alarm that rings before people ask.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::BoundGauge;

/// The lag behind one source.
#[derive(Debug)]
pub(crate) struct Lag {
    seconds: BoundGauge<f64>,
    events: BoundGauge<u64>,
}

impl Lag {
    /// Behind the log of this service.
    pub(crate) fn behind(source: &'static str) -> Self {
        let meter = super::meter();
        let labels = [KeyValue::new("handoff.source", source)];
        let seconds = meter
            .f64_gauge("handoff.consumer.lag")
            .with_unit("s")
            .with_description("From when the event that was applied last was recorded until it was applied.")
            .build();
        let events = meter
            .u64_gauge("handoff.consumer.waiting")
            .with_unit("{event}")
            .with_description("Events that were received and are not applied yet.")
            .build();
        Self { seconds: seconds.bind(&labels), events: events.bind(&labels) }
    }

    /// An event was applied that was recorded so long ago.
    pub(crate) fn applied(&self, after: Duration) {
        self.seconds.record(after.as_secs_f64());
    }

    /// So many wait.
    pub(crate) fn waiting(&self, events: usize) {
        self.events.record(events as u64);
    }
}
