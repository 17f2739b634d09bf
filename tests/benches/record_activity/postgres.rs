//! A Postgres of the benchmark's own, on this machine's disk and as durable as `handoff up` makes it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use handoff_store::embedded::{Embedded, Options};
use tempfile::TempDir;

/// The server and its folder, which goes when the value does.
pub(crate) struct Postgres {
    // Before the folder: it must have stopped when that is removed.
    server: Embedded,
    folder: TempDir,
}

impl Postgres {
    /// Starts it in a new temporary folder (`TMPDIR` says where: that is the disk that is measured).
    pub(crate) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("handoff-bench-").tempdir()?;
        // Started by root, Postgres runs as another account, which has to get through.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let server = Embedded::start(&Options::new(folder.path()))?;
        Ok(Self { server, folder })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("postgres")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.server.stop()?;
        Ok(self.folder.close()?)
    }
}
