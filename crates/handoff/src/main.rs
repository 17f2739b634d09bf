//! The command line `handoff`.

use std::process::ExitCode;

fn main() -> ExitCode {
    handoff::main()
}
