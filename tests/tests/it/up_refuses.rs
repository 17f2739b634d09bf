//! `handoff up` where it cannot: one line that says what is in the way, on stderr, and exit status 1.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use handoff_store::embedded::BIN_FOLDER_VARIABLE;
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::process::{Process, command};
use handoff_tests::together::{DataFolder, Together};

/// Runs `handoff up` with these arguments, and binaries of Postgres from `bin_folder` if given; checks that it is refused
/// in one line with these words.
async fn check(arguments: &[&str], bin_folder: Option<&Path>, words: &[&str]) -> anyhow::Result<()> {
    let mut command = command("handoff")?;
    command.arg("up").args(arguments);
    if let Some(folder) = bin_folder {
        command.env(BIN_FOLDER_VARIABLE, folder);
    }
    let told = Process::start(command)?.ended().await?.refused(1)?;
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(lines.len(), 1, "{told}");
    for word in words {
        assert!(lines[0].contains(word), "{word}\n{told}");
    }
    Ok(())
}

/// A program that prints a line.
fn write_script(path: &Path, line: &str) -> anyhow::Result<()> {
    fs::write(path, format!("#!/bin/sh\necho '{line}'\n"))?;
    Ok(fs::set_permissions(path, Permissions::from_mode(0o755))?)
}

#[tokio::test]
async fn a_postgres_that_is_too_old() -> anyhow::Result<()> {
    let (folder, old) = (DataFolder::new()?, DataFolder::new()?);
    write_script(&old.path().join("postgres"), "postgres (PostgreSQL) 14.11")?;
    write_script(&old.path().join("initdb"), "initdb (PostgreSQL) 14.11")?;
    let arguments = ["--port", "0", "--data-folder", &folder.path().to_string_lossy()];
    check(&arguments, Some(old.path()), &["14", "15", &old.path().to_string_lossy()]).await
}

#[tokio::test]
async fn a_data_folder_that_is_in_use() -> anyhow::Result<()> {
    let folder = DataFolder::new()?;
    let first = Together::in_folder(folder.path()).await?;
    let path = folder.path().to_string_lossy();
    check(&["--port", "0", "--data-folder", &path], None, &[&path, "in use", &first.pid()?.to_string()])
        .await?;
    first.stop().await
}

#[tokio::test]
async fn a_port_that_is_taken() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?;
    let arguments = ["--port", &address.port().to_string(), "--database-url", &database.url()];
    check(&arguments, None, &[&address.to_string()]).await
}

#[tokio::test]
async fn a_folder_without_permission() -> anyhow::Result<()> {
    let folder = DataFolder::new()?;
    // Its owner may look inside and nobody else: root's Postgres cannot get through, and nobody else can write.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o500))?;
    let data = folder.path().join("data");
    check(
        &["--port", "0", "--data-folder", &data.to_string_lossy()],
        None,
        &[&folder.path().to_string_lossy()],
    )
    .await
}

#[tokio::test]
async fn a_database_url_that_is_none() -> anyhow::Result<()> {
    check(&["--port", "0", "--database-url", "localhost/handoff"], None, &["postgres://"]).await
}
