//! What the process says of itself, on stderr: for people on a terminal, one JSON object a line otherwise. `RUST_LOG`
//! chooses what (`handoff_store=debug`), the default is `info`.
//!
//! Nothing personal belongs in a log: names, addresses and notes are never fields, and a panic is told by its place
//! only, because its message may quote what a caller sent.

use std::io::{self, IsTerminal};
use std::panic;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Starts logging for the whole process; does nothing where it was started before.
pub fn init() {
    start(LevelFilter::INFO);
}

/// Starts logging for a command that has its own way of speaking: only warnings, unless `RUST_LOG` says otherwise.
pub fn init_quiet() {
    start(LevelFilter::WARN);
}

fn start(default: LevelFilter) {
    let filter = EnvFilter::builder().with_default_directive(default.into()).from_env_lossy();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(io::stderr);
    let started = if io::stderr().is_terminal() {
        lines.with_target(false).try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    };
    if started.is_ok() {
        panic::set_hook(Box::new(|panic| {
            let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
            tracing::error!(place, "panic");
        }));
    }
}
