//! A Postgres of a test's own that it may stop, crash and start again under the services. Durable, unlike the one that
//! all tests share: what was committed has to survive.

use anyhow::Context;
use handoff_store::embedded::{Embedded, Options};
use handoff_store::migrate::migrate;
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::spawn_blocking;

use crate::together::DataFolder;

/// It. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct Postgres {
    /// None while it is stopped.
    server: Option<Embedded>,
    // Dropped last: the server works in it.
    folder: DataFolder,
}

impl Postgres {
    /// A new one with the schema of this build.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let mut postgres = Self { server: None, folder: DataFolder::new()? };
        postgres.start_again().await?;
        migrate(&postgres.url()?).await?;
        Ok(postgres)
    }

    /// Where it is; the same after every start.
    ///
    /// # Errors
    /// While it is stopped.
    pub fn url(&self) -> anyhow::Result<String> {
        Ok(self.server.as_ref().context("it runs")?.url("postgres"))
    }

    /// Stops it as an operator does ("fast"): connections are cut, a checkpoint is written.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop_fast(&mut self) -> anyhow::Result<()> {
        let server = self.server.take().context("it runs")?;
        Ok(spawn_blocking(move || server.stop()).await??)
    }

    /// Ends it at once ("immediate"): the next start recovers from the log.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop_immediately(&mut self) -> anyhow::Result<()> {
        let pid = self.folder.postgres().and_then(Pid::from_raw).context("it runs")?;
        kill_process(pid, Signal::QUIT)?;
        self.stop_fast().await
    }

    /// Starts it where it was.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        let options = Options::new(self.folder.path());
        self.server = Some(spawn_blocking(move || Embedded::start(&options)).await??);
        Ok(())
    }
}
