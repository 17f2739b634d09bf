//! `handoff with-postgres -- COMMAND`: runs a command beside a throw-away Postgres and removes that afterwards. It is
//! how the tests get a server; it knows nothing about them, and applies no migrations.

use std::{
    ffi::OsString,
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    process::ExitStatus,
};

use anyhow::Context;
use clap::Args;
use handoff_store::embedded::{Durability, Embedded, Options};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
};

/// The variable that names the server to the command: the URL of its superuser.
const URL_VARIABLE: &str = "HANDOFF_TEST_DATABASE_URL";

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The command and its arguments.
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<OsString>,
}

/// Runs `command` (a program and its arguments) and returns its exit code: 128 and the signal's number if a signal
/// ended it, as shells do. Blocks; call it outside of an async runtime, it brings its own.
///
/// # Errors
/// Where Postgres cannot be started or stopped, or the command cannot be started.
pub(crate) fn run(command: Vec<OsString>) -> anyhow::Result<u8> {
    let (program, arguments) = command.split_first().context("name a command after `--`")?;
    // Found by an account other than root's, hence readable; the server closes its own folders inside.
    let folder =
        tempfile::Builder::new().prefix("handoff-").tempdir().context("cannot make a temporary folder")?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    let options = Options { durability: Durability::Scratch, ..Options::new(folder.path()) };
    let server = Embedded::start(&options)?;

    let mut child = Command::new(program);
    child.args(arguments).env(URL_VARIABLE, server.url("postgres"));
    let status = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        // Before the child is there: a signal that ended us here would leave both running.
        let signals = Signals::listen()?;
        let child = child.spawn().with_context(|| format!("cannot run {}", program.display()))?;
        signals.wait_for(child).await
    })?;

    server.stop()?;
    folder.close().context("cannot remove the temporary folder of Postgres")?;
    Ok(exit_code(status))
}

/// The signals that would end us before Postgres is stopped.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits until `child` has ended, and it alone says when: a terminal sends Ctrl-C to both of us, anything else
    /// is passed on.
    async fn wait_for(mut self, mut child: Child) -> anyhow::Result<ExitStatus> {
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        loop {
            tokio::select! {
                status = child.wait() => return Ok(status?),
                _ = self.interrupt.recv() => {}
                _ = self.hang_up.recv() => pass_on(pid, Signal::HUP),
                _ = self.terminate.recv() => pass_on(pid, Signal::TERM),
            }
        }
    }
}

fn pass_on(pid: Option<Pid>, signal: Signal) {
    if let Some(pid) = pid {
        // It fails when the child has just ended, which is what the signal is for.
        let _ = kill_process(pid, signal);
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: u8) {
        let command = ["/bin/sh", "-c", script].map(OsString::from).to_vec();
        let code = run(command).unwrap_or_else(|e| panic!("{script}: {e:#}"));
        assert_eq!(code, expected, "{script}");
    }

    #[test]
    fn the_command_finds_a_server_and_its_exit_code_is_ours() {
        check(
            "test -S \"$(expr \"$HANDOFF_TEST_DATABASE_URL\" : '.*host=\\([^&]*\\)')/.s.PGSQL.5432\" && exit 7",
            7,
        );
    }

    #[test]
    fn a_command_that_a_signal_ended_counts_as_in_a_shell() {
        check("kill -TERM $$", 143);
    }

    #[test]
    fn a_missing_command_is_named() {
        let error = run(vec!["/no/such/program".into()]).expect_err("there is no such program");
        assert_eq!(error.to_string(), "cannot run /no/such/program");
        let error = run(Vec::new()).expect_err("there is no command");
        assert_eq!(error.to_string(), "name a command after `--`");
    }
}
