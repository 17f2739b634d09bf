//! What README.md tells a newcomer to type works, one by one, against a served demo. The lines come from the page itself.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_runtime::client::Caller;
use handoff_tests::company::{crm_export, mapping};
use handoff_tests::endpoints::Endpoints;
use handoff_tests::process::{self, Ended, Process, program};
use handoff_tests::readme::commands;
use handoff_tests::together::DataFolder;
use tokio::process::Command;

/// A lead of a CRM that was handed over and accepted, for `leads.csv`.
const LEAD: [(&str, &str); 5] = [
    ("Lead ID", "1"),
    ("Created", "10/01/2026"),
    ("Sourced By", "Marketing"),
    ("Qualified On", "12/01/2026"),
    ("Accepted On", "13/01/2026"),
];

/// A demo that stays up, smaller than the real one.
async fn serve(folder: &Path) -> anyhow::Result<(Process, Endpoints)> {
    let mut command = process::command("handoff")?;
    let data = folder.join("demo");
    command.args(["demo", "--serve", "--port", "0", "--leads", "300", "--folder"]).arg(data);
    let mut demo = Process::start(command)?;
    // Two waits, because a line is waited for a minute and a busy machine may need that for each half.
    demo.logs("that the sample is there", |line| line.contains("Now watch a team").then_some(())).await?;
    let mut endpoint = async |variable: &str| {
        let found = |line: &str| {
            let said = line.trim().strip_prefix("export ")?;
            let named = said.split(' ').find_map(|word| word.strip_prefix(&format!("{variable}=")));
            named.map(str::to_owned)
        };
        demo.logs(&format!("where {variable} is"), found).await
    };
    let endpoints = Endpoints {
        qualification: endpoint("HANDOFF_QUALIFICATION").await?,
        sla: endpoint("HANDOFF_SLA").await?,
        reporting: endpoint("HANDOFF_REPORTING").await?,
    };
    Ok((demo, endpoints))
}

/// Runs a line of the page as a shell would in `folder`, where `handoff` is the program of this build.
async fn shell(line: &str, tenant: &str, folder: &Path, endpoints: &Endpoints) -> anyhow::Result<Ended> {
    let programs = program("handoff")?.parent().context("a program lies in a folder")?.to_owned();
    let usual = env::var_os("PATH").unwrap_or_default();
    let path: OsString = env::join_paths([programs].into_iter().chain(env::split_paths(&usual)))?;
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", path)
        .env("HANDOFF_TENANT", tenant)
        .env("HANDOFF_QUALIFICATION", &endpoints.qualification)
        .env("HANDOFF_SLA", &endpoints.sla)
        .env("HANDOFF_REPORTING", &endpoints.reporting);
    Process::start(command)?.ended().await
}

#[tokio::test]
async fn every_command_of_the_page_works_as_it_is_written() -> anyhow::Result<()> {
    let folder = DataFolder::new()?;
    let (demo, endpoints) = serve(folder.path()).await?;
    fs::write(folder.path().join("leads.csv"), crm_export(&[&LEAD]))?;
    fs::copy(mapping("crm-leads.toml"), folder.path().join("leads.toml"))?;

    let acme = Caller::user("acme", "mia", Side::Marketing);
    let mut run = 0;
    for (section, tenant) in [("Quick start", "demo"), ("Your own leads", "")] {
        // The rest starts programs (`./x demo`, `handoff up`), which are running here.
        let is_asked = |line: &&String| line.starts_with("handoff ") && line.as_str() != "handoff up";
        for line in commands(section)?.iter().filter(is_asked) {
            if line.starts_with("handoff --tenant acme report") {
                // A person types more slowly than reporting listens.
                endpoints.reports_catch_up(&acme).await?;
            }
            let said = shell(line, tenant, folder.path(), &endpoints).await?.well().context(line.clone())?;
            assert!(!said.trim().is_empty(), "{line} shows nothing");
            run += 1;
        }
    }
    assert!(run >= 8, "the page has commands: {run}");
    demo.stop().await?.well()?;
    assert_eq!(folder.postgres(), None);
    Ok(())
}
