//! Queues and batches: how much comes together, how long it waits and takes, and what is turned away. All but the wait is
//! measured once a batch.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use super::SHORT;
use crate::batch::Priority;

/// Edges for numbers of commands: a batch holds at most 512.
const COMMANDS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// Edges for bytes: a batch holds at most 1 MiB, or one command.
const BYTES: [f64; 7] = [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0];

/// What kept a command out of its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueueLimit {
    /// The number of commands in it.
    Commands,
    /// The bytes in it.
    Bytes,
    /// The bytes in all queues of the process.
    TotalBytes,
    /// How long it would have waited.
    Wait,
}

/// Commands that were taken out of a queue and belong to no batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LeftOut {
    /// Their deadline had passed.
    pub(crate) expired: u64,
    /// Nobody waited for them any more.
    pub(crate) abandoned: u64,
}

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Its first transaction settled all of it.
    Done,
    /// It took more than one transaction: a command stood in the way of the rest, or a connection was lost.
    Repaired,
    /// At least one command failed by the store, and this is why.
    Failed(&'static str),
}

/// The instruments of one batcher.
#[derive(Debug)]
pub(crate) struct BatchMeter {
    commands: Histogram<u64>,
    bytes: Histogram<u64>,
    wait: Histogram<f64>,
    duration: Histogram<f64>,
    replays: Counter<u64>,
    refused: Counter<u64>,
    expired: Counter<u64>,
    abandoned: Counter<u64>,
    meter: Meter,
    schema: KeyValue,
    interactive: [KeyValue; 2],
    bulk: [KeyValue; 2],
    /// Of replays with the body of the first time, and with another one.
    replayed: [[KeyValue; 2]; 2],
}

impl BatchMeter {
    /// Instruments for the batches of a schema.
    pub(crate) fn new(meter: &Meter, schema: &'static str) -> Self {
        let schema = KeyValue::new("handoff.schema", schema);
        let lane = |name| [schema.clone(), KeyValue::new("handoff.priority", name)];
        let body = |name| [schema.clone(), KeyValue::new("handoff.request.body", name)];
        Self {
            commands: meter
                .u64_histogram("handoff.batch.commands")
                .with_unit("{command}")
                .with_description("Commands in a batch.")
                .with_boundaries(COMMANDS.to_vec())
                .build(),
            bytes: meter
                .u64_histogram("handoff.batch.size")
                .with_unit("By")
                .with_description("About how much a batch writes.")
                .with_boundaries(BYTES.to_vec())
                .build(),
            wait: meter
                .f64_histogram("handoff.batch.wait")
                .with_unit("s")
                .with_description("How long a command waited in its queue until its batch began.")
                .with_boundaries(SHORT.to_vec())
                .build(),
            duration: meter
                .f64_histogram("handoff.batch.duration")
                .with_unit("s")
                .with_description("How long a batch took until all its commands had their answers.")
                .with_boundaries(SHORT.to_vec())
                .build(),
            replays: meter
                .u64_counter("handoff.request.replays")
                .with_unit("{request}")
                .with_description("Requests whose id came before and that got the answer of that time.")
                .build(),
            refused: meter
                .u64_counter("handoff.queue.refused")
                .with_unit("{command}")
                .with_description("Commands that were refused because their queue was full.")
                .build(),
            expired: meter
                .u64_counter("handoff.queue.expired")
                .with_unit("{command}")
                .with_description("Commands whose deadline passed in the queue, and that were never started.")
                .build(),
            abandoned: meter
                .u64_counter("handoff.queue.abandoned")
                .with_unit("{command}")
                .with_description("Commands that were left out because their callers had gone.")
                .build(),
            meter: meter.clone(),
            interactive: lane("interactive"),
            bulk: lane("bulk"),
            replayed: [body("same"), body("other")],
            schema,
        }
    }

    /// Shows what waits whenever somebody looks: `waiting` gives it, for as long as there is anything to ask.
    pub(crate) fn watch(&self, waiting: impl Fn() -> Option<Waiting> + Clone + Send + Sync + 'static) {
        let (interactive, bulk) = (self.interactive.clone(), self.bulk.clone());
        let asked = waiting.clone();
        // The provider keeps the callback; there is nothing to do with what comes back.
        let _ = self
            .meter
            .i64_observable_up_down_counter("handoff.queue.commands")
            .with_unit("{command}")
            .with_description("Commands that wait for a batch.")
            .with_callback(move |observer| {
                if let Some(waiting) = asked() {
                    observer.observe(waiting.interactive, &interactive);
                    observer.observe(waiting.bulk, &bulk);
                }
            })
            .build();
        let (schema, asked) = ([self.schema.clone()], waiting.clone());
        let _ = self
            .meter
            .i64_observable_up_down_counter("handoff.queue.size")
            .with_unit("By")
            .with_description("About how much the commands that wait would write.")
            .with_callback(move |observer| {
                if let Some(waiting) = asked() {
                    observer.observe(waiting.bytes, &schema);
                }
            })
            .build();
        let schema = [self.schema.clone()];
        let _ = self
            .meter
            .i64_observable_up_down_counter("handoff.queue.tenants")
            .with_unit("{tenant}")
            .with_description("Tenants that have commands waiting or running.")
            .with_callback(move |observer| {
                if let Some(waiting) = waiting() {
                    observer.observe(waiting.tenants, &schema);
                }
            })
            .build();
    }

    /// A batch begins.
    pub(crate) fn taken(&self, priority: Priority, commands: usize, bytes: usize) {
        let lane = self.lane(priority);
        self.commands.record(commands as u64, lane);
        self.bytes.record(bytes as u64, lane);
    }

    /// A command of it had waited.
    pub(crate) fn waited(&self, priority: Priority, wait: Duration) {
        self.wait.record(wait.as_secs_f64(), self.lane(priority));
    }

    /// It ended.
    pub(crate) fn ended(&self, priority: Priority, ended: Ended, took: Duration) {
        let [schema, lane] = self.lane(priority).clone();
        let (outcome, failure) = match ended {
            Ended::Done => ("done", None),
            Ended::Repaired => ("repaired", None),
            Ended::Failed(failure) => ("failed", Some(KeyValue::new("error.type", failure))),
        };
        let mut attributes = vec![schema, lane, KeyValue::new("handoff.batch.outcome", outcome)];
        attributes.extend(failure);
        self.duration.record(took.as_secs_f64(), &attributes);
    }

    /// Requests were answered as they had been before; of `other` the body was not the same, and they were refused.
    pub(crate) fn replayed(&self, same: u64, other: u64) {
        let [of_same, of_other] = &self.replayed;
        add(&self.replays, same, of_same);
        add(&self.replays, other, of_other);
    }

    /// A command was refused at its queue.
    pub(crate) fn refused(&self, priority: Priority, limit: QueueLimit) {
        let [schema, lane] = self.lane(priority).clone();
        let limit = match limit {
            QueueLimit::Commands => "commands",
            QueueLimit::Bytes => "bytes",
            QueueLimit::TotalBytes => "total_bytes",
            QueueLimit::Wait => "wait",
        };
        self.refused.add(1, &[schema, lane, KeyValue::new("handoff.queue.limit", limit)]);
    }

    /// Commands came out of a queue and into no batch.
    pub(crate) fn left_out(&self, priority: Priority, left_out: LeftOut) {
        let lane = self.lane(priority);
        add(&self.expired, left_out.expired, lane);
        add(&self.abandoned, left_out.abandoned, lane);
    }

    fn lane(&self, priority: Priority) -> &[KeyValue; 2] {
        match priority {
            Priority::Interactive => &self.interactive,
            Priority::Bulk => &self.bulk,
        }
    }
}

/// What is in the queues at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Waiting {
    /// Commands that somebody waits for.
    pub(crate) interactive: i64,
    /// Other commands.
    pub(crate) bulk: i64,
    /// Bytes of all of them.
    pub(crate) bytes: i64,
    /// Tenants with a queue.
    pub(crate) tenants: i64,
}

/// A counter that has never been anything is not shown; one of nothing is not worth a line.
fn add(counter: &Counter<u64>, number: u64, attributes: &[KeyValue]) {
    if number > 0 {
        counter.add(number, attributes);
    }
}
