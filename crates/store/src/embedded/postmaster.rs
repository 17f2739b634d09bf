//! What a PostgreSQL server says of itself in `postmaster.pid`, and how one is waited for, recognised and stopped.
//! Speaks to it with signals and a socket only, never with SQL.

use std::{
    fs, io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{EmbeddedError, place::Place};

/// How long a server may take to get ready (recovery after a crash included) or to stop.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How often we look.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The lines of `postmaster.pid` that matter here; the file's form is fixed in PostgreSQL's `pidfile.h`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: i32,
    /// The folder of its socket and the socket, unless it has none yet.
    pub(super) socket: Option<(PathBuf, PathBuf)>,
    pub(super) is_ready: bool,
}

impl PidFile {
    /// Reads the file in `cluster`; `None` where there is none, or one that is just being written.
    pub(super) fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let socket = match (lines.get(3), lines.get(4)) {
            (Some(port), Some(folder)) if !folder.is_empty() => {
                Some((PathBuf::from(folder), Path::new(folder).join(format!(".s.PGSQL.{port}"))))
            }
            _ => None,
        };
        // In single-user mode the process id is negative: no server either.
        let pid = lines.first()?.parse().ok().filter(|pid| *pid > 0)?;
        Some(Self { pid, socket, is_ready: lines.get(7) == Some(&"ready") })
    }

    /// Is there a live server behind this file? After a crash of the machine the file stays, and its process id
    /// may be anybody's by now: what counts is whether somebody listens on its socket.
    fn listens(&self) -> bool {
        self.socket.as_ref().is_some_and(|(_, socket)| UnixStream::connect(socket).is_ok())
    }

    /// Whose the process id is now. A server works in its data folder, which nobody else has a reason to do.
    fn holder(&self, cluster: &Path) -> Holder {
        if !cfg!(target_os = "linux") {
            return Holder::Unknown;
        }
        match fs::read_link(format!("/proc/{}/cwd", self.pid)) {
            Ok(folder) if cluster.canonicalize().is_ok_and(|cluster| cluster == folder) => Holder::Server,
            Ok(_) => Holder::Stranger,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Holder::Nobody,
            Err(_) => Holder::Unknown,
        }
    }
}

/// Whose a process id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// The server's that wrote it down.
    Server,
    /// Another program's, which got it after the server had gone.
    Stranger,
    Nobody,
    /// Another account's, perhaps, or this system does not tell.
    Unknown,
}

/// The server that an earlier process of ours left running on `place`, once it is ready; `None` if there is none.
/// Refuses a server that is not ours.
pub(super) fn left_over(place: &Place) -> Result<Option<PidFile>, EmbeddedError> {
    let cluster = place.cluster();
    let found = poll(PATIENCE, || {
        let Some(file) = PidFile::read(&cluster) else { return Ok(Some(None)) };
        if !file.listens() {
            return match file.holder(&cluster) {
                // Just starting, or about to be gone: one of the two will be over soon.
                Holder::Server => Ok(None),
                Holder::Stranger => disown(&cluster).map(|()| Some(None)),
                // If a server hides behind it all the same, PostgreSQL itself refuses to start a second one.
                Holder::Nobody | Holder::Unknown => Ok(Some(None)),
            };
        }
        if file.socket.as_ref().is_some_and(|(folder, _)| *folder != place.socket_folder()) {
            return Err(EmbeddedError::HeldByOther { folder: cluster.clone(), pid: file.pid });
        }
        // Still recovering, or already stopping: one of the two will be over soon.
        Ok(file.is_ready.then_some(Some(file)))
    })?;
    found.ok_or_else(|| too_slow("ready", place))
}

/// Takes a stranger's process id out of the file: PostgreSQL would take the stranger for a server and refuse to start.
/// The rest stays, because by it PostgreSQL sees whether backends of the old server still use its memory.
fn disown(cluster: &Path) -> Result<(), EmbeddedError> {
    let path = cluster.join("postmaster.pid");
    let text = fs::read_to_string(&path).map_err(EmbeddedError::file("read", &path))?;
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    // No system gives out an id as large as this one.
    fs::write(&path, format!("{}\n{rest}", i32::MAX)).map_err(EmbeddedError::file("write to", path))
}

/// Waits until our child is ready to take connections.
pub(super) fn wait_until_ready(child: &mut Child, place: &Place) -> Result<(), EmbeddedError> {
    let ready = poll(PATIENCE, || {
        if child.try_wait().map_err(EmbeddedError::program("postgres"))?.is_some() {
            return Err(EmbeddedError::Died { reason: last_words(&place.log()), log: place.log() });
        }
        let file =
            PidFile::read(&place.cluster()).filter(|file| i64::from(file.pid) == i64::from(child.id()));
        Ok(file.filter(|file| file.is_ready).map(drop))
    })?;
    ready.ok_or_else(|| too_slow("ready", place))
}

/// Stops our child: running statements are cut off, what was committed is on disk.
pub(super) fn stop_child(child: &mut Child, place: &Place) -> Result<(), EmbeddedError> {
    let ended = |child: &mut Child| child.try_wait().map_err(EmbeddedError::program("postgres"));
    if ended(child)?.is_some() {
        return Ok(());
    }
    if let Ok(pid) = i32::try_from(child.id()) {
        interrupt(pid)?;
    }
    let gone = poll(PATIENCE, || Ok(ended(child)?.map(drop)))?;
    gone.ok_or_else(|| too_slow("stopped", place))
}

/// Stops a server that is not our child. It is gone when its file is: its process may stay a zombie for as long
/// as nobody collects it.
pub(super) fn stop_left_over(pid: i32, place: &Place) -> Result<(), EmbeddedError> {
    let cluster = place.cluster();
    let is_there = || PidFile::read(&cluster).is_some_and(|file| file.pid == pid);
    if !is_there() {
        return Ok(());
    }
    interrupt(pid)?;
    let gone = poll(PATIENCE, || Ok((!is_there()).then_some(())))?;
    gone.ok_or_else(|| too_slow("stopped", place))
}

/// PostgreSQL's "fast" shutdown.
fn interrupt(pid: i32) -> Result<(), EmbeddedError> {
    let Some(process) = Pid::from_raw(pid) else { return Ok(()) };
    match kill_process(process, Signal::INT) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(e) => Err(EmbeddedError::Signal { pid, source: e.into() }),
    }
}

/// Looks until there is an answer or `patience` is at its end, which is `None`.
#[expect(
    clippy::disallowed_methods,
    reason = "a server tells nobody when it is ready or gone: one has to look"
)]
pub(super) fn poll<T>(
    patience: Duration,
    mut look: impl FnMut() -> Result<Option<T>, EmbeddedError>,
) -> Result<Option<T>, EmbeddedError> {
    let end = Instant::now() + patience;
    while Instant::now() < end {
        if let Some(answer) = look()? {
            return Ok(Some(answer));
        }
        thread::sleep(LOOK_EVERY);
    }
    Ok(None)
}

pub(super) fn too_slow(state: &'static str, place: &Place) -> EmbeddedError {
    EmbeddedError::TooSlow { state, seconds: PATIENCE.as_secs(), log: place.log() }
}

/// The line of the log that says why a server ended: its last FATAL or PANIC, else its last line.
fn last_words(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let reason = text.lines().rev().find_map(|line| {
        let start = line.find("FATAL:").or_else(|| line.find("PANIC:"))?;
        Some(&line[start..])
    });
    reason.or_else(|| text.lines().last()).unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::PidFile;

    const READY: &str =
        "4711\n/data/postgres\n1763800000\n5432\n/data/postgres.run\n\n 5432001 7\nready   \n";

    fn check(text: &str, expected: Option<PidFile>) {
        assert_eq!(PidFile::parse(text), expected, "{text:?}");
    }

    #[test]
    fn a_pid_file_is_read_at_every_stage_of_its_writing() {
        let socket = Some(("/data/postgres.run".into(), "/data/postgres.run/.s.PGSQL.5432".into()));
        check(READY, Some(PidFile { pid: 4711, socket: socket.clone(), is_ready: true }));
        check(&READY.replace("ready   ", "starting"), Some(PidFile { pid: 4711, socket, is_ready: false }));
        check(
            "4711\n/data/postgres\n1763800000\n5432\n\n",
            Some(PidFile { pid: 4711, socket: None, is_ready: false }),
        );
        check("4711\n", Some(PidFile { pid: 4711, socket: None, is_ready: false }));
        check("-4711\n/data/postgres\n", None);
        check("", None);
    }
}
