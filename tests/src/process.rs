//! Programs of this build as processes: started, listened to, stopped as an operator would, killed as a power cut would.
//! They are found beside the test's own executable; whoever runs the tests has built them (`./x test` does).

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::waiting::LIMIT;

/// How long a program may take that runs to its end: an import on a busy machine.
const RUN_LIMIT: Duration = Duration::from_secs(180);

/// A program of this build by its name: `handoff`, `handoff-sla`.
///
/// # Errors
/// Where it was not built.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let test = env::current_exe()?;
    let mut folder = test.parent().context("an executable lies in a folder")?;
    if folder.ends_with("deps") {
        folder = folder.parent().context("deps lies in a folder")?;
    }
    let program = folder.join(name);
    ensure!(program.is_file(), "{} is not built: run `./x test`, or `cargo build --bins`", program.display());
    Ok(program)
}

/// A command that runs the program `name`, free of what the tester's environment says to Handoff.
///
/// # Errors
/// See [`program`].
pub fn command(name: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(program(name)?);
    let ours = env::vars_os().map(|(variable, _)| variable);
    for variable in ours.filter(|variable| variable.as_encoded_bytes().starts_with(b"HANDOFF_")) {
        // Where Postgres is belongs to the machine, not to a configuration.
        if variable != handoff_store::embedded::BIN_FOLDER_VARIABLE {
            command.env_remove(variable);
        }
    }
    command.env_remove("RUST_LOG");
    Ok(command)
}

/// A process that ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// All that it wrote to stdout.
    pub stdout: String,
    /// All that it wrote to stderr.
    pub stderr: String,
}

impl Ended {
    /// What it wrote to stdout, if it ended well.
    ///
    /// # Errors
    /// When it did not, with all that it said.
    pub fn well(self) -> anyhow::Result<String> {
        ensure!(self.status.success(), "{}\nstdout:\n{}\nstderr:\n{}", self.status, self.stdout, self.stderr);
        Ok(self.stdout)
    }

    /// What it wrote to stderr, if it ended with `code` and wrote no data.
    ///
    /// # Errors
    /// When it did not, with all that it said.
    pub fn refused(self, code: i32) -> anyhow::Result<String> {
        let as_meant = self.status.code() == Some(code) && self.stdout.is_empty();
        ensure!(as_meant, "{}\nstdout:\n{}\nstderr:\n{}", self.status, self.stdout, self.stderr);
        Ok(self.stderr)
    }
}

/// A process that may still run. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: watch::Receiver<String>,
    stderr: watch::Receiver<String>,
}

impl Process {
    /// Starts it and listens to both of its streams.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let name = command.as_std().get_program().to_owned();
        let mut child = command.spawn().with_context(|| format!("cannot run {}", name.display()))?;
        let stdout = listen(child.stdout.take().context("stdout is piped")?);
        let stderr = listen(child.stderr.take().context("stderr is piped")?);
        Ok(Self { child, stdout, stderr })
    }

    /// Waits until a line on stdout gives something.
    ///
    /// # Errors
    /// When it ends without such a line, or there is none for too long; with all that it said.
    pub async fn says<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> anyhow::Result<T> {
        let found = timeout(LIMIT, line(&mut self.stdout, find)).await;
        found.ok().flatten().ok_or_else(|| self.silent(what))
    }

    /// Waits until a line on stderr gives something.
    ///
    /// # Errors
    /// As [`Process::says`].
    pub async fn logs<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> anyhow::Result<T> {
        let found = timeout(LIMIT, line(&mut self.stderr, find)).await;
        found.ok().flatten().ok_or_else(|| self.silent(what))
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When it goes on for more than three minutes.
    pub async fn ended(mut self) -> anyhow::Result<Ended> {
        let Ok(status) = timeout(RUN_LIMIT, self.child.wait()).await else {
            bail!("it did not end in {RUN_LIMIT:?}\n{}", self.said());
        };
        Ok(Ended { status: status?, stdout: all(self.stdout).await, stderr: all(self.stderr).await })
    }

    /// Asks it to stop (SIGTERM).
    ///
    /// # Errors
    /// When it has ended before.
    pub fn ask_to_stop(&self) -> anyhow::Result<()> {
        Ok(kill_process(self.pid()?, Signal::TERM)?)
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// When it has ended before, or takes too long.
    pub async fn stop(self) -> anyhow::Result<Ended> {
        self.ask_to_stop()?;
        self.ended().await
    }

    /// Kills it (SIGKILL) and waits until it is gone; what it started lives on.
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn kill(self) -> anyhow::Result<Ended> {
        kill_process(self.pid()?, Signal::KILL)?;
        self.ended().await
    }

    /// Its process id.
    ///
    /// # Errors
    /// When it has ended before.
    pub fn pid(&self) -> anyhow::Result<Pid> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        pid.with_context(|| format!("it has ended already\n{}", self.said()))
    }

    fn silent(&self, what: &str) -> anyhow::Error {
        anyhow!("no line said {what}\n{}", self.said())
    }

    /// All that it has said so far, on both streams.
    pub fn said(&self) -> String {
        format!("stdout:\n{}\nstderr:\n{}", *self.stdout.borrow(), *self.stderr.borrow())
    }
}

/// Runs `handoff` with these arguments to its end.
///
/// # Errors
/// When it cannot be run, or does not end; how it ends is for the caller to judge.
pub async fn handoff(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> anyhow::Result<Ended> {
    let mut command = command("handoff")?;
    command.args(arguments);
    Process::start(command)?.ended().await
}

/// Gathers the lines of a stream until it ends.
fn listen(stream: impl AsyncRead + Unpin + Send + 'static) -> watch::Receiver<String> {
    let (said, listener) = watch::channel(String::new());
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        // What is no UTF-8 ends the listening, and the test with it: nothing of ours writes such a thing.
        while let Ok(Some(line)) = lines.next_line().await {
            said.send_modify(|said| {
                said.push_str(&line);
                said.push('\n');
            });
        }
    });
    listener
}

/// The first thing that `find` makes of a line, past or to come; `None` when the stream ends without.
async fn line<T>(said: &mut watch::Receiver<String>, find: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut read = 0;
    loop {
        let fresh = said.borrow_and_update()[read..].to_owned();
        if let Some(found) = fresh.lines().find_map(&find) {
            return Some(found);
        }
        read += fresh.len();
        // A stream that ended has shown everything before: the last change wakes us before its sender goes.
        if said.changed().await.is_err() {
            let rest = said.borrow()[read..].to_owned();
            return rest.lines().find_map(&find);
        }
    }
}

/// Everything, once the stream has ended.
async fn all(mut said: watch::Receiver<String>) -> String {
    while said.changed().await.is_ok() {}
    said.borrow().clone()
}
