//! The data folder: what lies where in it, and who may use it. One live process at a time, held by a file lock that
//! the kernel drops with its holder. Changes nothing that it did not make itself.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{EmbeddedError, account::Account, postmaster::poll};

/// What the kernel allows for a socket's path, with its closing zero byte.
const SOCKET_PATH_MAX: usize = if cfg!(target_os = "macos") { 104 } else { 108 };

/// The port is only a part of the socket's name: nothing listens on the network.
pub(super) const PORT: &str = "5432";

/// How long a process that holds the folder may take to go away.
const GOING_AWAY: Duration = Duration::from_secs(1);

/// How the names of unfinished clusters begin.
const UNFINISHED: &str = "postgres.new";

/// A data folder that this process holds.
#[derive(Debug)]
pub(super) struct Place {
    folder: PathBuf,
    _lock: File,
}

impl Place {
    /// Makes the folder if need be and takes it. Its path becomes absolute and free of links, so that what
    /// PostgreSQL writes into `postmaster.pid` can be compared with it.
    pub(super) fn claim(folder: &Path) -> Result<Self, EmbeddedError> {
        if !folder.exists() {
            fs::create_dir_all(folder).map_err(EmbeddedError::file("create", folder))?;
            // Whatever the umask: the account of PostgreSQL must get through. Its own folders below are closed.
            set_mode(folder, 0o755)?;
        }
        let folder = folder.canonicalize().map_err(EmbeddedError::file("open", folder))?;
        check_socket_length(&folder)?;
        let lock = lock(&folder)?;
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The cluster, as `initdb` made it.
    pub(super) fn cluster(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// Where `initdb` works, until it is done: a cluster is there whole or not at all. A folder of this process's own,
    /// because the `initdb` of one that was killed may still be writing to its.
    pub(super) fn unfinished_cluster(&self) -> PathBuf {
        self.folder.join(format!("{UNFINISHED}.{}", std::process::id()))
    }

    /// Removes what killed processes left unfinished. What is still being written to stays for the next start.
    pub(super) fn sweep(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries {
            if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// The folder of the unix socket.
    pub(super) fn socket_folder(&self) -> PathBuf {
        socket_folder(&self.folder)
    }

    /// The server's log, of its last start.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    /// The major version that made the cluster, `None` if there is no cluster yet.
    pub(super) fn made_by(&self) -> Result<Option<u32>, EmbeddedError> {
        let cluster = self.cluster();
        let version = cluster.join("PG_VERSION");
        match fs::read_to_string(&version) {
            Ok(text) => match text.trim().parse() {
                Ok(major) => Ok(Some(major)),
                Err(_) => Err(EmbeddedError::NotACluster { folder: cluster }),
            },
            Err(e) if e.kind() == io::ErrorKind::NotFound && !cluster.exists() => Ok(None),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                Err(EmbeddedError::NotACluster { folder: cluster })
            }
            Err(e) => Err(EmbeddedError::file("read", version)(e)),
        }
    }

    /// Makes the socket's folder, closed to all but `account`: whoever reaches the socket is a superuser.
    pub(super) fn make_socket_folder(&self, account: &Account) -> Result<(), EmbeddedError> {
        make_private(&self.socket_folder(), account)
    }
}

/// Makes `folder` if it is not there, owned by `account` and closed to all others.
pub(super) fn make_private(folder: &Path, account: &Account) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => account.own(folder),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(EmbeddedError::file("create", folder)(e)),
    }
}

pub(super) fn socket_folder(folder: &Path) -> PathBuf {
    folder.join("postgres.run")
}

fn check_socket_length(folder: &Path) -> Result<(), EmbeddedError> {
    let socket = socket_folder(folder).join(format!(".s.PGSQL.{PORT}"));
    let length = socket.as_os_str().len();
    if length >= SOCKET_PATH_MAX {
        return Err(EmbeddedError::SocketTooLong { socket, length, limit: SOCKET_PATH_MAX - 1 });
    }
    Ok(())
}

/// Takes the lock and writes our process id into it, for the message of the one who comes second.
fn lock(folder: &Path) -> Result<File, EmbeddedError> {
    let path = folder.join("postgres.lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(EmbeddedError::file("open", &path))?;
    // A program that this or a dying process of ours starts holds it too, from its fork until its exec.
    let locked = poll(GOING_AWAY, || match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        other => Ok(Some(other)),
    })?;
    match locked {
        Some(Ok(())) => {}
        None | Some(Err(TryLockError::WouldBlock)) => {
            let mut pid = String::new();
            // Between its lock and its write the holder's id may be missing or old; the message still helps.
            let _ = file.read_to_string(&mut pid);
            let pid = if pid.trim().is_empty() { "?" } else { pid.trim() }.to_owned();
            return Err(EmbeddedError::InUse { folder: folder.to_owned(), pid });
        }
        Some(Err(TryLockError::Error(e))) => return Err(EmbeddedError::file("lock", path)(e)),
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(EmbeddedError::file("write to", path))?;
    Ok(file)
}

fn set_mode(folder: &Path, mode: u32) -> Result<(), EmbeddedError> {
    fs::set_permissions(folder, Permissions::from_mode(mode))
        .map_err(EmbeddedError::file("change the permissions of", folder))
}

#[cfg(test)]
mod tests {
    use super::check_socket_length;

    #[test]
    fn a_socket_path_of_107_bytes_is_allowed_and_one_of_108_is_refused() {
        let rest = "/postgres.run/.s.PGSQL.5432".len();
        let check = |length: usize, fits: bool| {
            let folder = format!("/{}", "x".repeat(length - rest - 1));
            assert_eq!(check_socket_length(folder.as_ref()).is_ok(), fits, "{length} bytes");
        };
        check(super::SOCKET_PATH_MAX - 1, true);
        check(super::SOCKET_PATH_MAX, false);
    }
}
