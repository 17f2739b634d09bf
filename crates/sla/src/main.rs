//! The sla service as a process of its own.

use std::process::ExitCode;

use handoff_runtime::service::run;
use handoff_sla::{ADDRESSES, Config, start};

fn main() -> ExitCode {
    run(ADDRESSES, |config: Config, shutdown| start(config, shutdown))
}
