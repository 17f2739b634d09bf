//! `handoff config check`: what services would be told, where each setting comes from, and everything that is wrong with
//! it, and with the variables of telemetry (`OTEL_*`), which it does not list. It opens the files that are named, and starts
//! nothing: no port, no database, no call to a service.
//!
//! Exits with 0 where a service would start with it, 2 where not. Secrets are left out of what it shows.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use handoff_runtime::config::{self, Configuration, Setting, Source};

use super::Outcome;
use crate::arguments::Format;
use crate::output::Output;
use crate::view::{Cell, Column, Grid};

/// Nothing can be started with it.
const UNUSABLE: u8 = 2;

/// What is done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show every setting with its source, and say all that is wrong. Reads what services read: the environment, the file,
    /// and flags after `--`.
    Check(Arguments),
}

/// Whose configuration.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// One service instead of all.
    #[arg(long, value_enum)]
    service: Option<Service>,
    /// The file, as services take it.
    #[arg(long, env = "HANDOFF_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Flags as the service would get them: `handoff config check --service sla -- --listen 0.0.0.0:7432`.
    #[arg(last = true, value_name = "FLAGS")]
    flags: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Service {
    Qualification,
    Sla,
    Reporting,
}

/// Shows the settings, and tells the faults.
pub(crate) async fn run(
    command: Command,
    format: Format,
    output: &mut Output<'_>,
) -> anyhow::Result<Outcome> {
    let Command::Check(arguments) = command;
    let services = match arguments.service {
        Some(service) => vec![service],
        None => vec![Service::Qualification, Service::Sla, Service::Reporting],
    };
    let mut grid = Grid::new(vec![
        Column::text("Service", "service"),
        Column::text("Setting", "setting"),
        Column::text("Value", "value"),
        Column::text("Source", "source"),
    ]);
    // What is wrong with all is told once.
    let mut told = BTreeSet::new();
    for service in services {
        let faults = match service {
            Service::Qualification => check::<handoff_qualification::Config>(&arguments, &mut grid).await,
            Service::Sla => check::<handoff_sla::Config>(&arguments, &mut grid).await,
            Service::Reporting => check::<handoff_reporting::Config>(&arguments, &mut grid).await,
        };
        for fault in faults {
            if told.insert(fault.clone()) {
                output.say(&format!("error: {fault}"));
            }
        }
    }
    output.grid(&grid, format)?;
    Ok(if told.is_empty() { Outcome::Done } else { Outcome::Exit(UNUSABLE) })
}

/// Adds the service's settings to the rows; gives its faults.
async fn check<C: Configuration>(arguments: &Arguments, grid: &mut Grid) -> Vec<String> {
    let mut line = vec![OsString::from(format!("handoff-{}", C::NAME))];
    if let Some(path) = &arguments.config {
        line.extend(["--config".into(), path.into()]);
    }
    line.extend(arguments.flags.iter().cloned());
    let loaded = match config::load::<C>(&line, |name| env::var_os(name)) {
        Ok(loaded) => loaded,
        Err(usage) => return vec![usage.to_string().trim_start_matches("error: ").trim_end().to_owned()],
    };
    for Setting { name, value, source, .. } in &loaded.settings {
        let source = describe(source, value.is_some());
        let cells = [C::NAME, name, value.as_deref().unwrap_or_default(), &source];
        grid.push(cells.into_iter().map(Cell::text).collect());
    }
    loaded.all_faults().await
}

/// Who said a setting, as people would look for it.
fn describe(source: &Source, is_set: bool) -> String {
    match source {
        Source::Flag => "flag".to_owned(),
        Source::Environment(name) => name.clone(),
        Source::File { path, line } => format!("{}:{line}", path.display()),
        Source::Default if is_set => "default".to_owned(),
        Source::Default => "not set".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    fn check(arguments: &[&str]) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let line = [&["handoff", "config", "check"], arguments].concat();
        let status = crate::run(line, &mut out, &mut err);
        (status, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn rows(json: &str) -> Vec<Value> {
        serde_json::from_str::<Value>(json).unwrap().as_array().unwrap().clone()
    }

    #[test]
    fn every_setting_is_shown_with_its_source_and_no_password() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("handoff.toml");
        fs::write(
            &file,
            "[database]\nurl = \"postgres://ada:s3cr3t@host/db\"\n[identity]\ninsecure-dev = true\n\
             [sla.server]\nlisten = \"127.0.0.1:1\"\n[peer]\nqualification = \"https://q:1\"\n",
        )
        .unwrap();
        let file = file.to_string_lossy();
        let (status, out, err) = check(&["--config", &file, "--format", "json"]);
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        let rows = rows(&out);
        let find = |service: &str, setting: &str| {
            let found = rows.iter().find(|row| row["service"] == service && row["setting"] == setting);
            found.map(|row| {
                (row["value"].as_str().unwrap().to_owned(), row["source"].as_str().unwrap().to_owned())
            })
        };
        let at = |line: u32| format!("{file}:{line}");
        assert_eq!(find("sla", "server.listen"), Some(("127.0.0.1:1".into(), at(6))));
        assert_eq!(find("reporting", "server.listen"), Some(("127.0.0.1:7433".into(), "default".into())));
        assert_eq!(find("sla", "peer.qualification"), Some(("https://q:1".into(), at(8))));
        assert_eq!(find("qualification", "peer.qualification"), None);
        assert_eq!(find("sla", "identity.mesh"), Some((String::new(), "not set".into())));
        assert_eq!(find("sla", "database.url"), Some(("postgres://ada:***@host/db".into(), at(2))));
        for format in ["table", "json", "csv"] {
            let (_, out, err) = check(&["--config", &file, "--format", format]);
            assert!(!out.contains("s3cr3t") && !err.contains("s3cr3t"), "{format}: {out}");
        }
    }

    #[test]
    fn what_is_wrong_with_any_service_is_told_once_with_status_2() {
        let flags =
            ["--service", "sla", "--", "--listen", "x", "--qualification", "y", "--token-file", "none"];
        let (status, _, err) = check(&flags);
        let begins = ["error: --listen: ", "error: --qualification: ", "error: the token in none: "];
        assert_eq!(status, 2, "{err}");
        for begin in begins {
            assert!(err.lines().any(|line| line.starts_with(begin)), "{begin}: {err}");
        }
        let (status, _, err) = check(&["--config", "none.toml"]);
        assert_eq!((status, err.matches("none.toml").count()), (2, 1), "{err}");
    }

    /// The files that it names are of another machine: only what it says is judged here.
    #[test]
    fn the_example_is_understood_by_all_services() {
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/handoff.example.toml");
        let (status, out, err) = check(&["--config", example, "--format", "json"]);
        assert_eq!(status, 2, "its certificates are not here");
        assert!(!err.is_empty() && err.lines().all(|line| line.contains("/etc/handoff/")), "{err}");
        let from_file = |row: &&Value| row["source"].as_str().unwrap().starts_with(example);
        assert!(rows(&out).iter().filter(from_file).count() > 20, "{out}");
    }
}
