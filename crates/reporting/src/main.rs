//! The reporting service as a process of its own.

use std::process::ExitCode;

use handoff_reporting::{Config, start};
use handoff_runtime::service::run;

fn main() -> ExitCode {
    run(|config: Config, shutdown| start(config, shutdown))
}
