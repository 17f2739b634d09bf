//! The command line `handoff`.

mod with_postgres;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

/// Runs the hand-over of leads from marketing to sales.
#[derive(Parser)]
#[command(name = "handoff", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a command beside a throw-away Postgres, named to it by HANDOFF_TEST_DATABASE_URL
    WithPostgres {
        /// The command and its arguments
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::WithPostgres { command } => with_postgres::run(command),
    }
}
