//! Qualification alone, as a process of its own: for what concerns one service, where the others would only take
//! processor time.

use std::net::SocketAddr;

use anyhow::Context;
use rustix::process::Pid;
use serde_json::Value;

use crate::endpoints::Endpoints;
use crate::process::{Process, command};

/// It. Dropping it kills it.
#[derive(Debug)]
pub struct Alone {
    process: Process,
    /// Where it serves.
    pub address: SocketAddr,
    /// Where it serves health and metrics.
    pub health: SocketAddr,
}

impl Alone {
    /// Starts it on a free port and the database at `url`, with `arguments` besides, and waits until it serves.
    ///
    /// # Errors
    /// When it does not start, with all that it said.
    pub async fn start(url: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::told(url, arguments, &[]).await
    }

    /// The same, with these variables in its environment.
    ///
    /// # Errors
    /// When it does not start, with all that it said.
    pub async fn told(url: &str, arguments: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut command = command("handoff-qualification")?;
        command.args(["--database-url", url, "--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"]);
        command.args(arguments).envs(variables.iter().copied());
        let mut process = Process::start(command)?;
        // A line of the log, as a machine reads it: stderr is no terminal here.
        let serving = |line: &str| {
            let line: Value = serde_json::from_str(line).ok()?;
            let health = line["health_address"].as_str()?.strip_prefix("Some(")?.strip_suffix(')')?;
            let addresses = (line["address"].as_str()?.parse().ok()?, health.parse().ok()?);
            (line["message"] == "serving").then_some(addresses)
        };
        let (address, health) = process.logs("where it serves", serving).await.context("qualification")?;
        Ok(Self { process, address, health })
    }

    /// It as clients know it; there is nobody at the other two addresses.
    pub fn endpoints(&self) -> Endpoints {
        let nowhere = "http://127.0.0.1:9".to_owned();
        Endpoints {
            qualification: format!("http://{}", self.address),
            sla: nowhere.clone(),
            reporting: nowhere,
        }
    }

    /// Its process id.
    ///
    /// # Errors
    /// When it has ended.
    pub fn pid(&self) -> anyhow::Result<Pid> {
        self.process.pid()
    }

    /// Stops it as an operator would.
    ///
    /// # Errors
    /// When it does not end with 0.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await?.well().map(drop)
    }
}
