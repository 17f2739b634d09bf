//! The sla service as a process of its own.

use std::process::ExitCode;

use handoff_runtime::service::run;
use handoff_sla::{Config, start};

fn main() -> ExitCode {
    run(|config: Config, shutdown| start(config, shutdown))
}
