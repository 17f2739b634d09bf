//! A Postgres of the benchmark's own, on this machine's disk and as durable as `handoff up` makes it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;
use handoff_store::embedded::{Embedded, Options};
use tempfile::TempDir;

/// The server and its folder, which goes when the value does.
pub(crate) struct Postgres {
    // Before the folder: it must have stopped when that is removed.
    server: Embedded,
    folder: TempDir,
    pid: u32,
}

impl Postgres {
    /// Starts it in a new temporary folder (`TMPDIR` says where: that is the disk that is measured).
    pub(crate) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("handoff-bench-").tempdir()?;
        // Started by root, Postgres runs as another account, which has to get through.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let server = Embedded::start(&Options::new(folder.path()))?;
        let file = fs::read_to_string(folder.path().join("postgres").join("postmaster.pid"))?;
        let pid = file.lines().next().context("postmaster.pid is empty")?.parse()?;
        Ok(Self { server, folder, pid })
    }

    pub(crate) fn url(&self, database: &str) -> String {
        self.server.url(database)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process whose children do the work.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.server.stop()?;
        Ok(self.folder.close()?)
    }
}
