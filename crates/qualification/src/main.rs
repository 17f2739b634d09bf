//! The qualification service as a process of its own.

use std::process::ExitCode;

use handoff_qualification::{ADDRESSES, Config, start};
use handoff_runtime::service::run;

fn main() -> ExitCode {
    run(ADDRESSES, |config: Config, shutdown| start(config, shutdown))
}
