//! What the store measures of itself, by the OpenTelemetry API: without a provider all of it does nothing. Names and units
//! follow the semantic conventions; `docs/TELEMETRY.md` says what each is good for.
//!
//! Instruments are made with the [`crate::database::Database`] that they belong to, so a process installs its provider
//! before it connects. Attributes are few and made once: a schema, a lane, an outcome, the name of a statement. None ever
//! holds a tenant, a lead, a person or a text that came from a caller.

mod batch;
mod pool;
mod statement;
mod trace;

use opentelemetry::metrics::Meter;

pub(crate) use batch::{BatchMeter, Ended, LeftOut, QueueLimit, Waiting};
pub(crate) use pool::{Loan, PoolMeter, Wait};
pub(crate) use statement::{Measured, StatementMeter};
pub(crate) use trace::batch_span;

/// Edges for what takes milliseconds when all is well, in seconds: a batch, a wait for one.
const SHORT: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Edges for what is done with the database, in seconds: those of the conventions for `db.client.operation.duration`.
const DATABASE: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// The meter that the process's provider gives for all instruments of Handoff.
pub fn global() -> Meter {
    opentelemetry::global::meter("handoff")
}
