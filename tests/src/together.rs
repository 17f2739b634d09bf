//! All services in one process by `handoff up`, as a person starts them on one machine.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use handoff_store::scratch::ScratchDatabase;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::endpoints::Endpoints;
use crate::process::{Ended, Process, command};

/// `handoff up`. Dropping it kills it.
#[derive(Debug)]
pub struct Together {
    /// Where the services are.
    pub endpoints: Endpoints,
    process: Process,
    // Dropped last: the services work on it.
    database: Option<ScratchDatabase>,
}

impl Together {
    /// On a scratch database of the test server, which is faster than a Postgres of its own.
    ///
    /// # Errors
    /// When it does not come up, with all that it said.
    pub async fn on_scratch() -> anyhow::Result<Self> {
        let database = ScratchDatabase::new().await?;
        Self::start(&["--port", "0", "--database-url", &database.url()], Some(database)).await
    }

    /// On a database that holds something already.
    ///
    /// # Errors
    /// When it does not come up, with all that it said.
    pub async fn on(database: ScratchDatabase) -> anyhow::Result<Self> {
        let url = database.url();
        Self::start(&["--port", "0", "--database-url", &url], Some(database)).await
    }

    /// On the Postgres in `folder`, started or attached to.
    ///
    /// # Errors
    /// When it does not come up, with all that it said.
    pub async fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        Self::in_folder_at(folder, 0).await
    }

    /// The same on this port and those that belong to it, so that clients of one that was killed find the next.
    ///
    /// # Errors
    /// When it does not come up, with all that it said.
    pub async fn in_folder_at(folder: &Path, port: u16) -> anyhow::Result<Self> {
        Self::start(&["--port", &port.to_string(), "--data-folder", &folder.to_string_lossy()], None).await
    }

    async fn start(arguments: &[&str], database: Option<ScratchDatabase>) -> anyhow::Result<Self> {
        let mut command = command("handoff")?;
        command.arg("up").args(arguments);
        let mut process = Process::start(command)?;
        let mut endpoint = async |service: &str| {
            let found = |line: &str| {
                let mut words = line.split_whitespace();
                (words.next() == Some(service)).then(|| words.next().map(str::to_owned)).flatten()
            };
            process.logs(&format!("where {service} is"), found).await
        };
        let endpoints = Endpoints {
            qualification: endpoint("qualification").await?,
            sla: endpoint("sla").await?,
            reporting: endpoint("reporting").await?,
        };
        Ok(Self { endpoints, process, database })
    }

    /// Its private Postgres, for its superuser, as it prints it.
    ///
    /// # Errors
    /// When it has none.
    pub async fn postgres_url(&mut self) -> anyhow::Result<String> {
        let found = |line: &str| {
            let mut words = line.split_whitespace();
            let said = words.next() == Some("database") && words.next() == Some("psql");
            said.then(|| words.next().map(|url| url.trim_matches('"').to_owned())).flatten()
        };
        self.process.logs("where its Postgres is", found).await
    }

    /// Stops it as an operator would (SIGTERM).
    ///
    /// # Errors
    /// When it does not end with 0.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await?.well().map(drop)
    }

    /// Stops it and keeps what it leaves behind.
    ///
    /// # Errors
    /// When it does not end with 0, or works on no scratch database.
    pub async fn into_database(mut self) -> anyhow::Result<ScratchDatabase> {
        let database = self.database.take();
        self.stop().await?;
        database.context("it works on no scratch database")
    }

    /// The scratch database that it works on, if it does.
    pub fn database(&self) -> Option<&ScratchDatabase> {
        self.database.as_ref()
    }

    /// Kills it (SIGKILL); its Postgres lives on.
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn kill(self) -> anyhow::Result<Ended> {
        self.process.kill().await
    }

    /// Its process id.
    ///
    /// # Errors
    /// When it has ended before.
    pub fn pid(&self) -> anyhow::Result<i32> {
        Ok(self.process.pid()?.as_raw_nonzero().get())
    }
}

/// A port for `handoff up` that is free with all those that belong to it, below those that the system gives out.
///
/// # Errors
/// When there is none.
pub fn free_port() -> anyhow::Result<u16> {
    // Tests that run at the same time begin to look at different places.
    let first = 20_000 + u16::try_from(std::process::id() % 1_000)? * 10;
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    (first..32_000)
        .step_by(16)
        .find(|port| [0, 1, 2, 10, 11, 12].into_iter().all(|offset| is_free(port + offset)))
        .context("no free ports")
}

/// A temporary data folder. Dropping it stops the Postgres that a killed `handoff up` left in it, and removes it.
#[derive(Debug)]
pub struct DataFolder(TempDir);

impl DataFolder {
    /// An empty one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("handoff-e2e-").tempdir()?;
        // Started by root, Postgres runs as another account, which has to get through.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The process id of the Postgres that runs in it; none after a clean stop.
    pub fn postgres(&self) -> Option<i32> {
        let file: PathBuf = self.path().join("postgres").join("postmaster.pid");
        fs::read_to_string(file).ok()?.lines().next()?.parse().ok()
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if let Some(pid) = self.postgres().and_then(Pid::from_raw) {
            // Its data go with the folder: at once will do. That it has gone already is as good.
            let _ = kill_process(pid, Signal::QUIT);
        }
    }
}
