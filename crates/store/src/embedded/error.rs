//! What can go wrong with an embedded Postgres. Every message is one line and names the way out, because it is
//! shown as it stands to a person who may never have administered a database.

use std::{io, path::PathBuf};

use super::binaries::{BIN_FOLDER_VARIABLE, OLDEST_MAJOR};

/// Why an embedded Postgres could not be started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// Nothing to run on this machine.
    #[error(
        "no PostgreSQL server binaries found: install PostgreSQL {OLDEST_MAJOR} or newer, name the folder of \
         `postgres` and `initdb` in {BIN_FOLDER_VARIABLE}, or use a server of your own with --database-url"
    )]
    NoBinaries,

    /// The configured folder is not a folder of server binaries.
    #[error("{} holds no `postgres` and `initdb`: name another folder in {BIN_FOLDER_VARIABLE}, or unset it", .folder.display())]
    NotBinaries {
        /// The configured folder.
        folder: PathBuf,
    },

    /// A server binary did not say its version.
    #[error("`{} --version` failed ({reason}): name other binaries in {BIN_FOLDER_VARIABLE}", .program.display())]
    Broken {
        /// The program that was asked.
        program: PathBuf,
        /// What it said instead, one line.
        reason: String,
    },

    /// The newest binaries found are too old.
    #[error(
        "PostgreSQL {found} in {} is too old: install {OLDEST_MAJOR} or newer, or name its folder in \
         {BIN_FOLDER_VARIABLE}", .folder.display()
    )]
    TooOld {
        /// The major version found.
        found: u32,
        /// Where it was found.
        folder: PathBuf,
    },

    /// The data was written by another major version, whose files these binaries cannot read.
    #[error(
        "the data in {} was made by PostgreSQL {made_by}, which is not what {} runs ({found}): name the binaries of \
         {made_by} in {BIN_FOLDER_VARIABLE}, or start with a new data folder", .folder.display(), .bin_folder.display()
    )]
    OtherMajor {
        /// The data folder.
        folder: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The major version of the binaries.
        found: u32,
        /// The folder of the binaries.
        bin_folder: PathBuf,
    },

    /// PostgreSQL refuses to run as root, and the account it runs as instead cannot get at a folder.
    #[error(
        "{} cannot be entered by the account `{account}`, as which PostgreSQL runs when root starts it: use a folder \
         below /var/lib or /tmp instead of {}, or start as an ordinary user", .blocked.display(), .wanted.display()
    )]
    Unreachable {
        /// The first folder on the way that is closed.
        blocked: PathBuf,
        /// The folder that had to be reached.
        wanted: PathBuf,
        /// The unprivileged account.
        account: String,
    },

    /// A path of a unix socket has a fixed size in the kernel.
    #[error(
        "the path of the data folder is too long for a unix socket ({} would have {length} bytes, {limit} are \
         allowed): use a shorter one", .socket.display()
    )]
    SocketTooLong {
        /// The path that the socket would get.
        socket: PathBuf,
        /// Its length in bytes.
        length: usize,
        /// The longest that the system allows.
        limit: usize,
    },

    /// Another live process of ours holds the data folder.
    #[error("the data folder {} is in use by process {pid}: stop that one, or use another data folder", .folder.display())]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// The holder's process id as it wrote it, `?` if it had not yet.
        pid: String,
    },

    /// A live PostgreSQL that we did not start runs on the data.
    #[error(
        "another PostgreSQL (process {pid}) runs on {}: stop it with `kill -INT {pid}`, or use another data folder",
        .folder.display()
    )]
    HeldByOther {
        /// The cluster's folder.
        folder: PathBuf,
        /// The process id of that PostgreSQL.
        pid: i32,
    },

    /// There is a folder where the cluster should be, but it is not a cluster.
    #[error("{} exists and is not a PostgreSQL cluster: move it away, or use another data folder", .folder.display())]
    NotACluster {
        /// That folder.
        folder: PathBuf,
    },

    /// A file or folder could not be used.
    #[error("cannot {action} {}: {source}; check its permissions and the free space, or use another data folder", .path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },

    /// A program could not be started or waited for.
    #[error("cannot run {}: {source}; name other binaries in {BIN_FOLDER_VARIABLE}", .program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system answered.
        source: io::Error,
    },

    /// `initdb` refused.
    #[error("initdb could not make a cluster in {}: {reason}", .folder.display())]
    Initdb {
        /// Where the cluster was to be.
        folder: PathBuf,
        /// The last line that it printed.
        reason: String,
    },

    /// PostgreSQL ended before it was ready.
    #[error("PostgreSQL ended before it was ready ({reason}): its log is {}", .log.display())]
    Died {
        /// The last line of its log that says why.
        reason: String,
        /// The log.
        log: PathBuf,
    },

    /// PostgreSQL took longer than our patience.
    #[error("PostgreSQL was not {state} within {seconds} s: its log is {}", .log.display())]
    TooSlow {
        /// `ready` or `stopped`.
        state: &'static str,
        /// Our patience.
        seconds: u64,
        /// The log.
        log: PathBuf,
    },

    /// A signal could not be sent to PostgreSQL.
    #[error("cannot stop PostgreSQL (process {pid}): {source}; stop it with `kill -INT {pid}`")]
    Signal {
        /// Its process id.
        pid: i32,
        /// What the system answered.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`: a failure of `action` on `path`.
    pub(super) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// For `map_err`: `program` could not be run.
    pub(super) fn program(program: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let program = program.into();
        move |source| Self::Program { program, source }
    }
}
