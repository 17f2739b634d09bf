//! Programs of strangers that talk gRPC: the Python package grpcio, buf, and Envoy. They lie in the folder that
//! `HANDOFF_TEST_CLIENTS` names, where `./x test` puts them; tests that need them are ignored without it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tokio::process::Command;

use crate::process::Process;
use crate::sources;

/// The folder with the clients.
///
/// # Errors
/// Where the variable is not set.
pub fn folder() -> anyhow::Result<PathBuf> {
    env::var_os("HANDOFF_TEST_CLIENTS").map(PathBuf::from).context("HANDOFF_TEST_CLIENTS is not set")
}

/// Python with the packages of the folder, our scripts, and what else is in `more`.
///
/// # Errors
/// See [`folder`].
pub fn python(more: &[&Path]) -> anyhow::Result<Command> {
    let scripts = sources::root().join("tests/clients/python");
    let paths = [folder()?, scripts].into_iter().chain(more.iter().map(|path| path.to_path_buf()));
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", env::join_paths(paths)?).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

/// Runs one of our scripts to its end; what it printed.
///
/// # Errors
/// When it fails, with all that it said.
pub async fn run_script(name: &str, more: &[&Path], arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = python(more)?;
    command.arg(sources::root().join("tests/clients/python").join(name)).args(arguments);
    Process::start(command)?.ended().await?.well()
}

/// Has grpcio-tools generate Python code of all our protos into `folder`.
///
/// # Errors
/// When it fails, with all that it said.
pub async fn generate_python(folder: &Path) -> anyhow::Result<()> {
    let protos = sources::all()?;
    let protos = protos.iter().filter_map(|source| source.path.strip_prefix("proto/"));
    let mut command = python(&[])?;
    command.current_dir(sources::root().join("proto")).args(["-m", "grpc_tools.protoc", "-I."]);
    for option in ["--python_out", "--grpc_python_out"] {
        command.arg(format!("{option}={}", folder.display()));
    }
    command.args(protos.filter(|path| path.ends_with(".proto")));
    Process::start(command)?.ended().await?.well().map(drop)
}

/// `PATH` with the folder's programs first.
///
/// # Errors
/// See [`folder`].
pub fn path_with_clients() -> anyhow::Result<OsString> {
    let usual = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths([folder()?.join("bin")].into_iter().chain(env::split_paths(&usual)))?)
}
