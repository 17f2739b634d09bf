//! From arguments to an exit status.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::command::{self, Outcome};
use crate::failure;
use crate::output::Output;
use crate::session::Session;

/// Something failed.
const FAILED: u8 = 1;
/// An import refused rows.
const ROWS_REFUSED: u8 = 3;

/// The program: arguments and streams of the process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    handoff_runtime::logging::init_quiet();
    let (mut out, mut err) = (io::stdout(), io::stderr());
    ExitCode::from(execute(arguments, &mut Output::new(&mut out, &mut err)))
}

/// The program on given streams, for tests: `arguments` begin with the program's name. Gives the exit status.
pub fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => execute(arguments, &mut Output::new(out, err)),
        Err(usage) => {
            // A reader that has gone away does not change what was wrong.
            let _ = if usage.use_stderr() { write!(err, "{usage}") } else { write!(out, "{usage}") };
            u8::try_from(usage.exit_code()).unwrap_or(FAILED)
        }
    }
}

fn execute(arguments: Arguments, output: &mut Output<'_>) -> u8 {
    match dispatch(arguments, output) {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::RowsRefused) => ROWS_REFUSED,
        Ok(Outcome::Exit(status)) => status,
        Err(failure) if is_closed_pipe(&failure) => 0,
        Err(failure) => {
            output.say(&failure::explain(&failure));
            FAILED
        }
    }
}

fn dispatch(arguments: Arguments, output: &mut Output<'_>) -> anyhow::Result<Outcome> {
    if let Command::WithPostgres(with) = arguments.command {
        // It brings a runtime of its own, and passes signals on.
        return command::with_postgres::run(with.command).map(Outcome::Exit);
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start a runtime")?;
    runtime.block_on(perform(arguments, output))
}

async fn perform(arguments: Arguments, output: &mut Output<'_>) -> anyhow::Result<Outcome> {
    let command = match arguments.command {
        Command::Migrate(migrate) => {
            return command::migrate::run(migrate, output).await.map(|()| Outcome::Done);
        }
        other => other,
    };
    let output = output.reborrow();
    let mut session = Session { global: arguments.global, output };
    let session = &mut session;
    match command {
        Command::Tenant(tenant) => command::tenant::run(tenant, session).await?,
        Command::Team(team) => command::directory::run_team(team, session).await?,
        Command::User(user) => command::directory::run_user(user, session).await?,
        Command::Import(import) => return command::import::run(import, session).await,
        Command::Lead(lead) => command::lead::run(lead, session).await?,
        Command::List(list) => command::handoffs::list(list, session).await?,
        Command::Assign(assign) => command::handoffs::assign(assign, session).await?,
        Command::Accept(accept) => command::handoffs::accept(accept, session).await?,
        Command::Reject(reject) => command::handoffs::reject(reject, session).await?,
        Command::Report(report) => command::report::run(report, session).await?,
        Command::Sla(sla) => command::sla::run(sla, session).await?,
        Command::Migrate(_) | Command::WithPostgres(_) => {}
    }
    Ok(Outcome::Done)
}

/// `handoff list | head`: whoever reads has seen enough.
fn is_closed_pipe(failure: &anyhow::Error) -> bool {
    let kind = failure.chain().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    kind == Some(io::ErrorKind::BrokenPipe) && !io::stdout().is_terminal()
}
