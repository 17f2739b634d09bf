//! What a consumer measures: how far it is behind, and how its work goes. Attributes say whose log and into which schema,
//! never which tenant.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use super::lag::Lag;
use crate::clock;

/// Edges for the time that it takes to apply a message, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// Edges for numbers of events.
const EVENTS: [f64; 7] = [0.0, 1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0];

/// The instruments of one consumer.
#[derive(Debug)]
pub(super) struct ConsumerMeter {
    lag: Arc<Lag>,
    events: Counter<u64>,
    duration: Histogram<f64>,
    head_distance: Histogram<u64>,
    names: Vec<KeyValue>,
}

impl ConsumerMeter {
    /// Instruments of a consumer of `source`'s log, whose effects are in `schema`.
    pub(super) fn new(meter: &Meter, source: &'static str, schema: Option<&'static str>) -> Self {
        let lag = Arc::new(Lag::since(clock::now()));
        let mut names = vec![KeyValue::new("handoff.consumer.source", source)];
        names.extend(schema.map(|schema| KeyValue::new("handoff.schema", schema)));
        let (seen, shown) = (Arc::downgrade(&lag), names.clone());
        // The provider keeps the callback; there is nothing to do with what comes back.
        let _ = meter
            .f64_observable_gauge("handoff.consumer.lag")
            .with_unit("s")
            .with_description("How old the oldest event is that has not been taken in; 0 once all are.")
            .with_callback(move |observer| {
                if let Some(lag) = seen.upgrade() {
                    let lag = lag.now(clock::now()).to_std().unwrap_or_default();
                    observer.observe(lag.as_secs_f64(), &shown);
                }
            })
            .build();
        Self {
            lag,
            events: meter
                .u64_counter("handoff.consumer.events")
                .with_unit("{event}")
                .with_description("Events of another service's log whose effects are durable.")
                .build(),
            duration: meter
                .f64_histogram("handoff.consumer.apply.duration")
                .with_unit("s")
                .with_description("How long it took to make the effects of some events durable.")
                .with_boundaries(SECONDS.to_vec())
                .build(),
            head_distance: meter
                .u64_histogram("handoff.consumer.head_distance")
                .with_unit("{event}")
                .with_description("Events not yet taken in when a log's head was asked for.")
                .with_boundaries(EVENTS.to_vec())
                .build(),
            names,
        }
    }

    /// The log is followed.
    pub(super) fn connected(&self) {
        self.lag.connected(clock::now());
    }

    /// It is followed no more.
    pub(super) fn cut(&self) {
        self.lag.cut(clock::now());
    }

    /// Events of a tenant came; the first was recorded then.
    pub(super) fn received(&self, tenant: TenantId, recorded: Option<DateTime<Utc>>) {
        if let Some(recorded) = recorded {
            self.lag.received(tenant, recorded);
        }
    }

    /// So many events were applied, the last of which was recorded at `last`; the next that waits was at `next`.
    pub(super) fn applied(
        &self,
        tenant: TenantId,
        events: usize,
        took: Duration,
        last: DateTime<Utc>,
        next: Option<DateTime<Utc>>,
    ) {
        self.lag.applied(tenant, last, next, clock::now());
        self.events.add(events as u64, &self.names);
        self.duration.record(took.as_secs_f64(), &self.names);
    }

    /// Events could not be applied.
    pub(super) fn failed(&self, took: Duration, error: &Error) {
        let failure = match error {
            Error::Busy { .. } => "unavailable",
            Error::Exhausted { .. } => "exhausted",
            Error::Expired => "expired",
            Error::Stale { .. } => "stale",
            Error::Internal => "internal",
            _ => "refused",
        };
        let mut attributes = self.names.clone();
        attributes.push(KeyValue::new("error.type", failure));
        self.duration.record(took.as_secs_f64(), &attributes);
    }

    /// A log's head was asked for and lies so many events ahead.
    pub(super) fn head(&self, ahead: i64) {
        self.head_distance.record(ahead.max(0).unsigned_abs(), &self.names);
    }
}
