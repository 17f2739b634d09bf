//! The embedded Postgres, on real servers in temporary folders: what it keeps, what it attaches to, and the one
//! line that it says for everything that it refuses.

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use handoff_store::embedded::{BIN_FOLDER_VARIABLE, Durability, Embedded, EmbeddedError, Options};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// A temporary folder that the unprivileged account can enter, whoever runs the tests.
fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("handoff-").tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn scratch(folder: &Path) -> Options {
    Options { durability: Durability::Scratch, ..Options::new(folder) }
}

fn start(options: &Options) -> Embedded {
    Embedded::start(options).unwrap_or_else(|e| panic!("{e}"))
}

/// Starting must be refused, in one line; returns it.
fn refusal(options: &Options) -> String {
    let error = Embedded::start(options).map(|_| ()).expect_err("it must not start");
    let line = error.to_string();
    assert!(!line.contains('\n'), "not one line: {line}");
    line
}

async fn ask(server: &Embedded, question: &'static str) -> String {
    let mut connection = PgConnection::connect(&server.url("postgres")).await.unwrap();
    sqlx::query_scalar(question).fetch_one(&mut connection).await.unwrap()
}

/// The URL of the server that is left over in `folder`.
fn url_of_socket(folder: &Path) -> String {
    let socket = folder.canonicalize().unwrap().join("postgres.run").display().to_string();
    format!("postgres://handoff@localhost:5432/postgres?host={socket}&sslmode=disable")
}

async fn tell(server: &Embedded, statement: &'static str) {
    let mut connection = PgConnection::connect(&server.url("postgres")).await.unwrap();
    sqlx::query(statement).execute(&mut connection).await.unwrap();
}

/// A folder like one whose process was killed: PostgreSQL runs on, with the command line that it wrote down itself,
/// but nobody holds the folder. With `socket_folder`, on another socket: not ours.
fn left_over(folder: &Path, durability: Durability, socket_folder: Option<&Path>) -> Child {
    let server = start(&Options { durability, ..Options::new(folder) });
    let cluster = folder.join("postgres");
    let written = fs::read_to_string(cluster.join("postmaster.opts")).unwrap();
    server.stop().unwrap();

    let mut line = written.trim().to_owned();
    if let Some(other) = socket_folder {
        line = line.replace(&folder.join("postgres.run").display().to_string(), &other.display().to_string());
    }
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("exec {line}")]);
    let owner = fs::metadata(&cluster).unwrap();
    if fs::metadata(folder).unwrap().uid() != owner.uid() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let mut child = command.current_dir("/").stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let ready = log.find(|line| line.as_ref().unwrap().contains("ready to accept connections"));
    assert!(ready.is_some(), "PostgreSQL ended: {written}");
    // Its log must have a reader for as long as it lives, or it ends with a broken pipe.
    std::thread::spawn(move || log.for_each(drop));
    child
}

#[tokio::test]
async fn it_listens_on_a_unix_socket_only_and_leaves_nothing_running() {
    let folder = folder();
    let server = start(&scratch(folder.path()));
    assert_eq!(ask(&server, "show listen_addresses").await, "");
    assert_eq!(ask(&server, "show fsync").await, "off");
    assert_eq!(ask(&server, "show server_encoding").await, "UTF8");
    assert!(!server.is_attached());
    for closed in ["postgres", "postgres.run"] {
        let mode = fs::metadata(folder.path().join(closed)).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o700, "{closed} is open to others");
    }
    server.stop().unwrap();
    assert!(!folder.path().join("postgres/postmaster.pid").exists());
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let folder = folder();
    let server = start(&Options::new(folder.path()));
    assert_eq!(ask(&server, "show fsync").await, "on");
    tell(&server, "create table kept as select 'yes' as answer").await;
    drop(server);
    let again = start(&Options::new(folder.path()));
    assert_eq!(ask(&again, "select answer from kept").await, "yes");
}

#[tokio::test]
async fn a_folder_with_a_blank_a_comma_and_an_umlaut_in_its_name_serves() {
    let folder = folder();
    let server = start(&scratch(&folder.path().join("a b, ü")));
    assert_eq!(ask(&server, "select 'served'").await, "served");
}

#[tokio::test]
async fn a_server_left_over_by_a_crash_is_attached_to_and_stopped_at_the_end() {
    let folder = folder();
    let mut left = left_over(folder.path(), Durability::Durable, None);
    let attached = start(&Options::new(folder.path()));
    assert!(attached.is_attached());
    assert_eq!(ask(&attached, "select 'still here'").await, "still here");
    attached.stop().unwrap();
    assert!(left.wait().unwrap().success());
}

#[tokio::test]
async fn a_left_over_that_does_not_wait_for_the_disk_is_not_taken_for_a_durable_one() {
    let folder = folder();
    let mut left = left_over(folder.path(), Durability::Scratch, None);
    let durable = start(&Options::new(folder.path()));
    assert!(!durable.is_attached());
    assert_eq!(ask(&durable, "show fsync").await, "on");
    assert!(left.wait().unwrap().success());
}

#[tokio::test]
async fn a_pid_file_that_outlived_its_server_does_not_hinder() {
    let folder = folder();
    let server = start(&scratch(folder.path()));
    let pid_file = folder.path().join("postgres/postmaster.pid");
    let stale = fs::read(&pid_file).unwrap();
    server.stop().unwrap();
    fs::write(&pid_file, stale).unwrap();
    std::os::unix::fs::chown(
        &pid_file,
        Some(fs::metadata(folder.path().join("postgres")).unwrap().uid()),
        None,
    )
    .unwrap();
    assert!(!start(&scratch(folder.path())).is_attached());
}

/// After a crash of the machine the process id in the file may be that of any program, of the same account too.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_pid_file_whose_process_id_belongs_to_another_program_now_does_not_hinder() {
    let folder = folder();
    let server = start(&Options::new(folder.path()));
    tell(&server, "create table kept as select 'yes' as answer").await;
    let pid_file = folder.path().join("postgres/postmaster.pid");
    let written = fs::read_to_string(&pid_file).unwrap();
    server.stop().unwrap();

    let owner = fs::metadata(folder.path().join("postgres")).unwrap();
    let mut command = Command::new("/bin/cat");
    if fs::metadata(folder.path()).unwrap().uid() != owner.uid() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let mut stranger = command.current_dir("/").stdin(Stdio::piped()).spawn().unwrap();
    let (_, rest) = written.split_once('\n').unwrap();
    fs::write(&pid_file, format!("{}\n{rest}", stranger.id())).unwrap();
    std::os::unix::fs::chown(&pid_file, Some(owner.uid()), Some(owner.gid())).unwrap();

    let again = start(&Options::new(folder.path()));
    assert!(!again.is_attached());
    assert_eq!(ask(&again, "select answer from kept").await, "yes");
    drop(stranger.stdin.take());
    assert!(stranger.wait().unwrap().success(), "the other program was left alone");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_left_over_that_is_just_stopping_is_waited_for() {
    let folder = folder();
    let mut left = left_over(folder.path(), Durability::Durable, None);
    let pid = Pid::from_raw(i32::try_from(left.id()).unwrap()).unwrap();
    let connection = PgConnection::connect(&url_of_socket(folder.path())).await.unwrap();
    // A smart shutdown waits for the connection, so that it is sure to be still at it.
    kill_process(pid, Signal::TERM).unwrap();
    let pid_file = folder.path().join("postgres/postmaster.pid");
    while !fs::read_to_string(&pid_file).unwrap().contains("stopping") {
        std::thread::yield_now();
    }
    let path = folder.path().to_owned();
    let starting = tokio::task::spawn_blocking(move || start(&Options::new(path)));
    connection.close().await.unwrap();
    let again = starting.await.unwrap();
    assert!(!again.is_attached());
    assert_eq!(ask(&again, "select 'served'").await, "served");
    assert!(left.wait().unwrap().success());
}

#[tokio::test]
async fn a_server_that_was_killed_with_its_backends_at_work_is_started_again_at_once() {
    let folder = folder();
    let mut left = left_over(folder.path(), Durability::Durable, None);
    let mut connection = PgConnection::connect(&url_of_socket(folder.path())).await.unwrap();
    sqlx::query("create table kept as select 'yes' as answer").execute(&mut connection).await.unwrap();
    left.kill().unwrap();
    left.wait().unwrap();
    let again = start(&Options::new(folder.path()));
    assert!(!again.is_attached());
    assert_eq!(ask(&again, "select answer from kept").await, "yes");
}

#[test]
fn of_two_that_start_in_one_folder_at_the_same_time_one_is_refused() {
    let folder = folder();
    let path = folder.path();
    let both = std::thread::scope(|scope| {
        let start = || scope.spawn(move || Embedded::start(&scratch(path)));
        [start(), start()].map(|started| started.join().unwrap())
    });
    assert_eq!(both.iter().filter(|started| started.is_ok()).count(), 1, "{both:?}");
    assert!(both.iter().any(|started| matches!(started, Err(EmbeddedError::InUse { .. }))), "{both:?}");
}

#[test]
fn a_left_over_of_a_version_that_is_too_old_is_refused_and_left_alone() {
    let folder = folder();
    let mut left = left_over(folder.path(), Durability::Scratch, None);
    let version = folder.path().join("postgres/PG_VERSION");
    let written = fs::read_to_string(&version).unwrap();
    fs::write(&version, "14\n").unwrap();
    let line = refusal(&scratch(folder.path()));
    assert!(line.contains("was made by PostgreSQL 14"), "{line}");
    assert!(left.try_wait().unwrap().is_none(), "it runs on");
    fs::write(&version, written).unwrap();
    start(&scratch(folder.path())).stop().unwrap();
    assert!(left.wait().unwrap().success());
}

#[tokio::test]
async fn a_cluster_that_was_half_made_when_we_were_killed_is_made_anew() {
    let folder = folder();
    fs::create_dir(folder.path().join("postgres.new")).unwrap();
    fs::write(folder.path().join("postgres.new/PG_VERSION"), "15").unwrap();
    assert_eq!(ask(&start(&scratch(folder.path())), "select 'whole'").await, "whole");
}

#[test]
fn another_server_on_the_data_is_refused_with_its_process_id() {
    let (folder, elsewhere) = (folder(), folder());
    fs::set_permissions(elsewhere.path(), Permissions::from_mode(0o777)).unwrap();
    let mut other = left_over(folder.path(), Durability::Scratch, Some(elsewhere.path()));
    let pid = other.id();
    assert_eq!(
        refusal(&scratch(folder.path())),
        format!(
            "another PostgreSQL (process {pid}) runs on {}: stop it with `kill -INT {pid}`, or use another data folder",
            folder.path().join("postgres").display()
        )
    );
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_data_folder_in_use_is_refused_with_the_process_id_of_its_user() {
    let folder = folder();
    let _holder = start(&scratch(folder.path()));
    assert_eq!(
        refusal(&scratch(folder.path())),
        format!(
            "the data folder {} is in use by process {}: stop that one, or use another data folder",
            folder.path().display(),
            std::process::id()
        )
    );
}

#[test]
fn a_server_that_ends_is_quoted() {
    let folder = folder();
    drop(start(&scratch(folder.path())));
    fs::write(folder.path().join("postgres/postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let line = refusal(&scratch(folder.path()));
    let log = folder.path().join("postgres.log");
    assert!(line.starts_with("PostgreSQL ended before it was ready (FATAL:"), "{line}");
    assert!(line.ends_with(&format!("its log is {}", log.display())), "{line}");
    assert!(fs::read_to_string(log).unwrap().contains("no_such_setting"));
}

/// Programs in `folder` that say they are of `version`.
fn pretend_binaries(folder: &Path, version: &str) -> PathBuf {
    let bin = folder.join("bin");
    fs::create_dir(&bin).unwrap();
    for name in ["postgres", "initdb"] {
        let program = bin.join(name);
        fs::write(&program, format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    }
    bin
}

#[test]
fn binaries_that_are_too_old_or_missing_are_refused() {
    let folder = folder();
    let data = folder.path().join("data");
    let bin = pretend_binaries(folder.path(), "14.9");
    let with = |bin: &Path| Options { bin_folder: Some(bin.to_owned()), ..scratch(&data) };
    assert_eq!(
        refusal(&with(&bin)),
        format!(
            "PostgreSQL 14 in {} is too old: install 15 or newer, or name its folder in {BIN_FOLDER_VARIABLE}",
            bin.display()
        )
    );
    let nowhere = folder.path().join("nowhere");
    assert_eq!(
        refusal(&with(&nowhere)),
        format!(
            "{} holds no `postgres` and `initdb`: name another folder in {BIN_FOLDER_VARIABLE}, or unset it",
            nowhere.display()
        )
    );
}

#[test]
fn data_of_another_version_and_what_is_no_cluster_are_left_alone() {
    let folder = folder();
    let cluster = folder.path().join("postgres");
    fs::create_dir(&cluster).unwrap();
    assert_eq!(
        refusal(&scratch(folder.path())),
        format!(
            "{} exists and is not a PostgreSQL cluster: move it away, or use another data folder",
            cluster.display()
        )
    );
    fs::write(cluster.join("PG_VERSION"), "12\n").unwrap();
    let line = refusal(&scratch(folder.path()));
    assert!(line.contains("was made by PostgreSQL 12"), "{line}");
    assert_eq!(fs::read_dir(&cluster).unwrap().count(), 1, "nothing may be changed in it");
}

#[test]
fn a_path_too_long_for_a_socket_is_refused_before_anything_is_made_in_it() {
    let folder = folder();
    let long = folder.path().join("x".repeat(100));
    let line = refusal(&scratch(&long));
    assert!(line.starts_with("the path of the data folder is too long for a unix socket"), "{line}");
    assert_eq!(fs::read_dir(long).unwrap().count(), 0);
}

/// Only a child that is another user than ours can be shut out of a folder that we can enter ourselves.
#[test]
fn a_folder_closed_to_the_unprivileged_account_is_refused_and_ones_own_is_not() {
    let folder = folder();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let started = Embedded::start(&scratch(&folder.path().join("data")));
    let runs_as_root = fs::metadata(folder.path()).unwrap().uid() == 0;
    match started {
        Err(EmbeddedError::Unreachable { blocked, .. }) if runs_as_root => assert_eq!(blocked, folder.path()),
        Ok(_) if !runs_as_root => {}
        other => panic!("as root: {runs_as_root}: {other:?}"),
    }
}
