//! Where a setting comes from, and what is told where it is wrong.

mod faults;
mod precedence;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use clap::Parser;
use tempfile::TempDir;

use super::*;

/// A service like sla.
#[derive(Debug, Parser)]
#[command(name = "handoff-sla")]
struct Sla {
    #[command(flatten)]
    service: ServiceConfig,

    /// Where qualification is.
    #[arg(long, env = "HANDOFF_QUALIFICATION", default_value = "http://127.0.0.1:7431",
        value_parser = crate::client::address, help_heading = "Peer")]
    qualification: String,
}

impl Configuration for Sla {
    const NAME: &'static str = "sla";
    const ADDRESSES: DefaultAddresses = DefaultAddresses { grpc: "127.0.0.1:7432", health: "127.0.0.1:7442" };

    fn service(&self) -> &ServiceConfig {
        &self.service
    }
}

/// What a test says to it.
#[derive(Default)]
struct Said<'a> {
    flags: &'a [&'a str],
    environment: &'a [(&'a str, &'a str)],
    file: Option<&'a str>,
}

/// A folder with the file, which is given by a flag.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("handoff.toml")
    }

    fn load(&self, said: &Said<'_>) -> Result<Loaded<Sla>, clap::Error> {
        let mut arguments: Vec<OsString> =
            ["handoff-sla"].iter().chain(said.flags).map(OsString::from).collect();
        if let Some(text) = said.file {
            fs::write(self.file(), text).unwrap();
            arguments.extend(["--config".into(), self.file().into()]);
        }
        let find = |name: &str| said.environment.iter().find(|(variable, _)| *variable == name);
        load(&arguments, |name| find(name).map(|(_, value)| value.into()))
    }
}

fn read(said: &Said<'_>) -> Loaded<Sla> {
    Place::new().load(said).unwrap()
}

/// The faults, without the folder of the file.
fn faults_of(said: &Said<'_>) -> Vec<String> {
    let place = Place::new();
    let folder = format!("{}/", place.folder.path().display());
    let faults = place.load(said).unwrap().faults;
    faults.iter().map(|fault| fault.replace(&folder, "")).collect()
}
