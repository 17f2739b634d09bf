//! A PostgreSQL of our own, from the machine's binaries, for `handoff up`, the demo and the tests: a child process
//! that listens on a unix socket only. Not for production, and nothing here speaks SQL.
//!
//! What is committed survives a crash of ours, of PostgreSQL and of the machine, unless [`Durability::Scratch`] is
//! asked for. When this process is killed PostgreSQL lives on; the next start attaches to it.
//!
//! Everything here blocks (for at most a minute each): call it through `spawn_blocking` in async code.

mod account;
mod binaries;
mod error;
mod place;
mod postmaster;

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

pub use binaries::BIN_FOLDER_VARIABLE;
pub use error::EmbeddedError;

use account::Account;
use binaries::{Binaries, OLDEST_MAJOR};
use place::{PORT, Place};

/// The superuser that `initdb` makes.
const SUPERUSER: &str = "handoff";

/// The switch that tells a scratch server from a durable one, on its command line.
const NO_SYNC: &str = "fsync=off";

/// What a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Nothing that was committed.
    #[default]
    Durable,
    /// Everything: nothing waits for the disk. For tests, whose data nobody wants to keep.
    Scratch,
}

/// How to start an embedded PostgreSQL.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder, made if it is not there. Started by root, it must lie where an unprivileged account can go.
    pub folder: PathBuf,
    /// What a crash of the machine may cost.
    pub durability: Durability,
    /// The folder of `postgres` and `initdb`. `None`: what `HANDOFF_POSTGRES_BIN` names, else the newest in the
    /// usual places, else the first on PATH.
    pub bin_folder: Option<PathBuf>,
}

impl Options {
    /// Durable, in `folder`, on the binaries that are found.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), durability: Durability::Durable, bin_folder: None }
    }
}

/// A running PostgreSQL; dropping it stops it.
#[derive(Debug)]
pub struct Embedded {
    server: Server,
    place: Place,
}

/// The process behind it.
#[derive(Debug)]
enum Server {
    Child(Child),
    /// Left over by a killed process of ours.
    LeftOver(i32),
    Stopped,
}

impl Embedded {
    /// Starts PostgreSQL, or attaches to the one that a crash left running, and waits until it takes connections.
    /// The first start in a folder makes a cluster there, which takes seconds.
    ///
    /// # Errors
    /// One line that names the way out; see [`EmbeddedError`].
    pub fn start(options: &Options) -> Result<Self, EmbeddedError> {
        let place = Place::claim(&options.folder)?;
        let account = Account::choose(&place.cluster());
        account.check_reaches(place.folder())?;
        let made_by = place.made_by()?;

        // One that is older than our statements is refused below, with the reason, and left alone.
        let is_too_old = made_by.is_some_and(|major| major < OLDEST_MAJOR);
        if !is_too_old && let Some(left_over) = postmaster::left_over(&place)? {
            if durability_of(&place) == options.durability {
                tracing::info!(pid = left_over.pid, folder = %place.folder().display(), "attached to PostgreSQL");
                return Ok(Self { server: Server::LeftOver(left_over.pid), place });
            }
            postmaster::stop_left_over(left_over.pid, &place)?;
        }

        let configured = options.bin_folder.clone().or_else(bin_folder_from_environment);
        let binaries = Binaries::find(configured.as_deref(), made_by, &account)?;
        match made_by {
            None => initdb(&place, &account, &binaries, options.durability)?,
            Some(major) if major == binaries.major => {}
            Some(major) => {
                return Err(EmbeddedError::OtherMajor {
                    folder: place.cluster(),
                    made_by: major,
                    found: binaries.major,
                    bin_folder: binaries.folder,
                });
            }
        }
        place.make_socket_folder(&account)?;
        let child = start_child(&place, &account, &binaries, options.durability)?;
        tracing::info!(version = binaries.major, folder = %place.folder().display(), "started PostgreSQL");
        Ok(Self { server: Server::Child(child), place })
    }

    /// The URL of `database` for its superuser. Only the account that PostgreSQL runs as, and root, reach it.
    pub fn url(&self, database: &str) -> String {
        url_in(self.place.folder(), database)
    }

    /// Was it left running by a process of ours that was killed?
    pub fn is_attached(&self) -> bool {
        matches!(self.server, Server::LeftOver(_))
    }

    /// Stops it, waiting until it is gone. Statements that still run are cut off.
    ///
    /// # Errors
    /// When it could not be told to stop, or did not within a minute.
    pub fn stop(mut self) -> Result<(), EmbeddedError> {
        self.stop_once()
    }

    fn stop_once(&mut self) -> Result<(), EmbeddedError> {
        match std::mem::replace(&mut self.server, Server::Stopped) {
            Server::Child(mut child) => postmaster::stop_child(&mut child, &self.place),
            Server::LeftOver(pid) => postmaster::stop_left_over(pid, &self.place),
            Server::Stopped => Ok(()),
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Err(error) = self.stop_once() {
            tracing::warn!(%error, "PostgreSQL was not stopped");
        }
    }
}

/// A program that comes with the server, such as `pg_dump`, of the version that a new cluster here would be of.
///
/// # Errors
/// See [`EmbeddedError`]; a program that some distribution leaves out is only noticed when it is run.
pub fn program(name: &str) -> Result<PathBuf, EmbeddedError> {
    let account = Account::choose(Path::new("/"));
    let configured = bin_folder_from_environment();
    Ok(Binaries::find(configured.as_deref(), None, &account)?.program(name))
}

fn bin_folder_from_environment() -> Option<PathBuf> {
    std::env::var_os(BIN_FOLDER_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// The URL of `database` of the PostgreSQL in a data folder, whoever started it: what [`EmbeddedError::InUse`] names.
/// Nothing is asked, and nothing started.
pub fn url_in(folder: &Path, database: &str) -> String {
    format!(
        "postgres://{SUPERUSER}@localhost:{PORT}/{}?host={}&sslmode=disable",
        escape(database.as_bytes()),
        escape(place::socket_folder(folder).as_os_str().as_encoded_bytes()),
    )
}

/// Makes a cluster, whole or not at all: a crash in the middle leaves a folder that the next start throws away.
fn initdb(
    place: &Place,
    account: &Account,
    binaries: &Binaries,
    durability: Durability,
) -> Result<(), EmbeddedError> {
    place.sweep();
    let new = place.unfinished_cluster();
    place::make_private(&new, account)?;
    let program = binaries.program("initdb");
    let mut command = account.command(&program, place.folder());
    command.args(["--auth=trust", "--locale=C", "--encoding=UTF8", "--no-instructions"]);
    command.arg(format!("--username={SUPERUSER}")).arg("--pgdata").arg(&new);
    if durability == Durability::Scratch {
        command.arg("--no-sync");
    }
    let said = command.output().map_err(EmbeddedError::program(&program))?;
    if !said.status.success() {
        let complaint = String::from_utf8_lossy(&said.stderr);
        let reason = complaint.lines().find(|l| l.contains("error")).or_else(|| complaint.lines().last());
        let reason = reason.unwrap_or("it said nothing").to_owned();
        return Err(EmbeddedError::Initdb { folder: place.cluster(), reason });
    }
    let cluster = place.cluster();
    fs::rename(&new, &cluster).map_err(EmbeddedError::file("create", &cluster))?;
    // The new name must outlive a power cut, or the next start would throw the cluster away as unfinished.
    File::open(place.folder())
        .and_then(|folder| folder.sync_all())
        .map_err(EmbeddedError::file("write to", place.folder()))
}

/// Starts a server and waits until it is ready.
fn start_child(
    place: &Place,
    account: &Account,
    binaries: &Binaries,
    durability: Durability,
) -> Result<Child, EmbeddedError> {
    let started = postmaster::poll(postmaster::PATIENCE, || {
        let mut child = spawn(place, account, binaries, durability)?;
        match postmaster::wait_until_ready(&mut child, place) {
            Ok(()) => Ok(Some(child)),
            // Backends of a server that was killed live on for a moment, and PostgreSQL does not start beside them.
            Err(EmbeddedError::Died { reason, .. }) if reason.contains("shared memory block") => Ok(None),
            Err(failure) => {
                // The first failure is the one to tell.
                let _ = postmaster::stop_child(&mut child, place);
                Err(failure)
            }
        }
    })?;
    started.ok_or_else(|| postmaster::too_slow("ready", place))
}

fn spawn(
    place: &Place,
    account: &Account,
    binaries: &Binaries,
    durability: Durability,
) -> Result<Child, EmbeddedError> {
    let log = File::create(place.log()).map_err(EmbeddedError::file("write to", place.log()))?;
    let errors = log.try_clone().map_err(EmbeddedError::file("write to", place.log()))?;
    let program = binaries.program("postgres");
    let mut command = account.command(&program, place.folder());
    command.arg("-D").arg(place.cluster());
    // A list: quoted, a folder may have commas and blanks in its name.
    let mut sockets = OsString::from("\"");
    sockets.push(place.socket_folder());
    sockets.push("\"");
    command.arg("-k").arg(sockets);
    let settings = ["listen_addresses=", &format!("port={PORT}"), "max_connections=200", "timezone=UTC"];
    let scratch: &[&str] = match durability {
        Durability::Durable => &[],
        Durability::Scratch => &[NO_SYNC, "synchronous_commit=off", "full_page_writes=off"],
    };
    for setting in settings.iter().chain(scratch) {
        command.arg("-c").arg(setting);
    }
    command.stdout(Stdio::from(log)).stderr(Stdio::from(errors));
    command.spawn().map_err(EmbeddedError::program(program))
}

/// With which durability the server on `place` was started, from the command line that it wrote down.
fn durability_of(place: &Place) -> Durability {
    let command_line = fs::read_to_string(place.cluster().join("postmaster.opts")).unwrap_or_default();
    if command_line.contains(NO_SYNC) { Durability::Scratch } else { Durability::Durable }
}

/// Percent-encodes what is neither a letter, a digit nor one of `/-_.`.
fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                text.push(char::from(*byte))
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_folder_of_any_name_survives_the_url() {
        assert_eq!(super::escape("/data/a b&c=d%/ü_1.2-3".as_bytes()), "/data/a%20b%26c%3Dd%25/%C3%BC_1.2-3");
    }
}
