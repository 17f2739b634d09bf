//! `handoff completions bash|zsh|fish`: a script for a shell, made from the arguments themselves. It goes to stdout, for
//! whoever packages Handoff knows where their shells look.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::output::Output;

/// Which shell.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes the script.
pub(crate) fn run(arguments: &Arguments, output: &mut Output<'_>) -> anyhow::Result<()> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut crate::arguments::Arguments::command(), "handoff", &mut script);
    Ok(output.line(String::from_utf8(script)?.trim_end())?)
}
