//! What admission counts. By no tenant and by no caller: a metric has a few series, not one for each of them.

use handoff_domain::error::Reason;
use opentelemetry::metrics::{Counter, UpDownCounter};
use opentelemetry::{KeyValue, global};

#[derive(Debug, Clone)]
pub(super) struct Instruments {
    in_flight: UpDownCounter<i64>,
    shed: Counter<u64>,
}

impl Instruments {
    /// Of the meter that is installed by now.
    pub(super) fn new() -> Self {
        let meter = global::meter("handoff");
        let in_flight = meter.i64_up_down_counter("handoff.calls.in_flight").with_unit("{call}");
        let shed = meter.u64_counter("handoff.calls.shed").with_unit("{call}");
        Self {
            in_flight: in_flight.with_description("Calls at work, streams of imports included").build(),
            shed: shed.with_description("Calls that were refused because there was no room for them").build(),
        }
    }

    pub(super) fn began(&self) {
        self.in_flight.add(1, &[]);
    }

    pub(super) fn ended(&self) {
        self.in_flight.add(-1, &[]);
    }

    pub(super) fn shed(&self, reason: Reason) {
        self.shed.add(1, &[KeyValue::new("reason", reason.as_str())]);
    }
}
