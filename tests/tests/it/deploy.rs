//! What `deploy/` says is what the programs accept: their own `--help` is asked, so that no flag, variable, port or name of
//! a program in there can rot. What an engine or systemd makes of the files is not tested here; that needs either.

mod compose;
mod health;
mod image;
mod roles;
mod units;

use std::fs;
use std::net::SocketAddr;

use anyhow::Context;
use handoff_tests::process::{Process, command};
use handoff_tests::sources;

/// The programs of a release; the command line first.
const PROGRAMS: [&str; 4] = ["handoff", "handoff-qualification", "handoff-sla", "handoff-reporting"];

/// A program, or a command of one, by what it says of itself.
struct Program {
    /// Its `--help` with single spaces: where a line ends depends on the terminal.
    help: String,
}

impl Program {
    /// Asks `words[0]` for the help of the command that the other words are.
    async fn ask(words: &[&str]) -> anyhow::Result<Self> {
        let (name, rest) = words.split_first().context("a command names a program")?;
        let mut command = command(name)?;
        command.args(rest).arg("--help");
        let help = Process::start(command)?.ended().await?.well().with_context(|| words.join(" "))?;
        Ok(Self { help: help.split_whitespace().collect::<Vec<_>>().join(" ") })
    }

    /// Does it read this variable?
    fn reads(&self, variable: &str) -> bool {
        // Behind the sign stands what it is set to, unless that is a secret: then there is neither.
        ["=", "]"].iter().any(|end| self.help.contains(&format!("[env: {variable}{end}")))
    }

    /// Where it listens unless told otherwise, by the flag that says so.
    fn listens(&self, flag: &str) -> anyhow::Result<SocketAddr> {
        let (_, about) =
            self.help.split_once(&format!("{flag} <ADDRESS>")).with_context(|| format!("no {flag}"))?;
        let (_, default) = about.split_once("[default: ").context("it has a default")?;
        let (address, _) = default.split_once(']').context("a default ends")?;
        Ok(address.parse()?)
    }
}

/// A file of `deploy/`.
fn file(path: &str) -> anyhow::Result<String> {
    let path = sources::root().join("deploy").join(path);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}
