//! What the process says of itself, on stderr: for people on a terminal, one JSON object a line otherwise, with the trace
//! that it belongs to where that is recorded. `RUST_LOG` chooses what (`handoff_store=debug`), the default is `info`.
//!
//! Nothing personal belongs in a log: names, addresses and notes are never fields, and a panic is told by its place
//! only, because its message may quote what a caller sent.

mod line;

use std::io::{self, IsTerminal};
use std::panic;

use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::telemetry;

pub use line::json_lines;

/// Starts logging for a command that has its own way of speaking: only warnings, unless `RUST_LOG` says otherwise. Does
/// nothing where it was started before. A service starts it with its telemetry ([`telemetry::start`]).
pub fn init_quiet() {
    install(LevelFilter::WARN, None, None);
}

/// Starts logging for the whole process, with spans and records for a collector, as far as there is one.
pub(crate) fn install(
    default: LevelFilter,
    traces: Option<&SdkTracerProvider>,
    logs: Option<&SdkLoggerProvider>,
) {
    let chosen = EnvFilter::builder().with_default_directive(default.into()).from_env_lossy();
    let lines = if io::stderr().is_terminal() {
        fmt::layer().with_writer(io::stderr).with_target(false).boxed()
    } else {
        json_lines(io::stderr).boxed()
    };
    // Of our own crates only: what the exporter's connection says must not keep it busy.
    let exported = logs.map(|provider| {
        let ours = Targets::new().with_target("handoff", default);
        OpenTelemetryTracingBridge::new(provider).with_filter(ours)
    });
    let started = registry()
        .with(traces.map(telemetry::span_layer))
        .with(exported)
        .with(lines.with_filter(chosen))
        .try_init()
        .is_ok();
    if started {
        panic::set_hook(Box::new(|panic| {
            telemetry::count_panic(panic.location());
            let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
            tracing::error!(place, "panic");
        }));
    }
}
