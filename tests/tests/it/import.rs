//! Imports whose services, whose Postgres or whose own process die in the middle: nothing is lost, nothing is there
//! twice, and what need not be sent again is not. Imports that tolerate nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_proto::event::v1::GetLogHeadRequest;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_runtime::client::{Caller, connect_lazy};
use handoff_tests::apart::{Apart, Name};
use handoff_tests::company::Company;
use handoff_tests::endpoints::Endpoints;
use handoff_tests::postgres::Postgres;
use handoff_tests::process::{Ended, Process};
use handoff_tests::waiting::until;
use serde_json::Value;
use tempfile::TempDir;

const TENANT: &str = "acme";
const ROWS: i64 = 20_000;

const MAPPING: &str = r#"
kind = "leads"
source = "tests"
key = ["id"]

[lead]
external_id = "id"
captured = "at"

[[history]]
event = "MQL"
at = "mql"

[[history]]
event = "ASSIGNED"
at = "mql"
owner = "owner"
"#;

/// A folder with an export, its mapping, and the notes of imports.
struct Export(TempDir);

impl Export {
    /// Of these rows: id, when captured, when handed over, to whom.
    fn of(rows: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let export = Self(tempfile::tempdir()?);
        fs::write(export.path("map.toml"), MAPPING)?;
        export.write(rows)?;
        Ok(export)
    }

    fn write(&self, rows: impl Iterator<Item = String>) -> anyhow::Result<()> {
        let text = std::iter::once("id,at,mql,owner\n".to_owned()).chain(rows).collect::<String>();
        Ok(fs::write(self.path("leads.csv"), text)?)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn import(&self, endpoints: &Endpoints, tenant: &str, extra: &[&str]) -> anyhow::Result<Process> {
        let arguments = ["--format", "json", "--tenant", tenant, "import", "leads"];
        let mut command = endpoints.command(arguments)?;
        command.arg(self.path("leads.csv")).arg("--map").arg(self.path("map.toml")).args(extra);
        command.env("HANDOFF_STATE_FOLDER", self.path("state"));
        Process::start(command)
    }

    /// What an unfinished import has noted.
    fn journal(&self) -> Option<Value> {
        let note = fs::read_dir(self.path("state/imports")).ok()?.flatten().map(|entry| entry.path());
        let note = note.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "json"))?;
        serde_json::from_str(&fs::read_to_string(note).ok()?).ok()
    }
}

/// A lead that is captured and nothing else: one event.
fn row(number: i64) -> String {
    format!("L-{number},2025-10-01T09:00:00Z,,\n")
}

fn count(ended: &Value, name: &str) -> i64 {
    ended[0][name].as_str().and_then(|count| count.parse().ok()).expect("a count")
}

fn printed(ended: &Ended) -> anyhow::Result<Value> {
    serde_json::from_str(&ended.stdout).with_context(|| ended.stderr.clone())
}

/// The end of qualification's log; none while it cannot be reached.
async fn head(endpoints: &Endpoints) -> anyhow::Result<Option<i64>> {
    let caller = Caller::user(TENANT, "tests", Side::System);
    let mut log = EventLogServiceClient::new(connect_lazy(&endpoints.qualification, &caller)?);
    Ok(log.get_log_head(GetLogHeadRequest::default()).await.ok().map(|head| head.into_inner().position))
}

async fn head_reaches(endpoints: &Endpoints, position: i64) -> anyhow::Result<()> {
    until(&format!("{position} events are there"), async || {
        Ok(head(endpoints).await?.filter(|head| *head >= position).map(drop))
    })
    .await
}

#[tokio::test]
async fn an_import_goes_on_through_deaths_of_the_service_and_of_postgres() -> anyhow::Result<()> {
    let mut postgres = Postgres::start().await?;
    let mut services = Apart::on(&postgres.url()?, &[]).await?;
    let endpoints = services.endpoints.clone();
    Company::found(&endpoints, TENANT, &[]).await?;
    let founded = head(&endpoints).await?.context("the log has a head")?;
    let export = Export::of((0..ROWS).map(row))?;
    let import = export.import(&endpoints, TENANT, &[])?;

    head_reaches(&endpoints, founded + 2_000).await?;
    services.kill_one(Name::Qualification).await?;
    services.start_one(Name::Qualification).await?;
    head_reaches(&endpoints, founded + 6_000).await?;
    postgres.stop_immediately().await?;
    postgres.start_again().await?;
    head_reaches(&endpoints, founded + 10_000).await?;
    services.stop_one(Name::Qualification).await?;
    services.start_one(Name::Qualification).await?;

    let ended = import.ended().await?;
    let told = ended.stderr.clone();
    assert!(told.contains("the connection broke") && told.contains("the import goes on"), "{told}");
    let counts: Value = serde_json::from_str(&ended.well()?)?;
    let (created, resent) = (count(&counts, "created"), count(&counts, "resent"));
    assert_eq!(created + resent, ROWS, "every row is in, and none was known before: {counts}");
    assert_eq!(head(&endpoints).await?, Some(founded + ROWS), "every lead is there once");
    services.stop().await
}

#[tokio::test]
async fn an_import_that_was_killed_is_resumed_where_it_was() -> anyhow::Result<()> {
    let services = Apart::start().await?;
    let endpoints = services.endpoints.clone();
    Company::found(&endpoints, TENANT, &[]).await?;
    let founded = head(&endpoints).await?.context("the log has a head")?;
    let export = Export::of((0..ROWS).map(row))?;

    let import = export.import(&endpoints, TENANT, &[])?;
    until("the import has noted something", async || Ok(export.journal())).await?;
    import.kill().await?;
    let noted = export.journal().context("the note is still there")?["rows"].as_i64().context("rows")?;

    export.write(std::iter::once("L-x,2025-10-01T09:00:00Z,,\n".to_owned()).chain((1..ROWS).map(row)))?;
    let refused = export.import(&endpoints, TENANT, &["--resume"])?.ended().await?.refused(1)?;
    assert!(refused.contains("has changed within the"), "{refused}");

    export.write((0..ROWS).map(row))?;
    let ended = export.import(&endpoints, TENANT, &["--resume"])?.ended().await?;
    let counts: Value = serde_json::from_str(&ended.well()?)?;
    let (created, known) = (count(&counts, "created"), count(&counts, "unchanged"));
    assert_eq!(created + known, ROWS, "the counts are those of the whole file: {counts}");
    assert!(created >= noted, "what was noted was not sent again: {counts}");
    assert_eq!(head(&endpoints).await?, Some(founded + ROWS), "every lead is there once");
    assert_eq!(export.journal(), None, "there is nothing left to resume");
    services.stop().await
}

#[tokio::test]
async fn a_strict_import_tolerates_no_refused_row() -> anyhow::Result<()> {
    let services = Apart::start().await?;
    let endpoints = services.endpoints.clone();
    Company::found(&endpoints, TENANT, &[]).await?;
    let founded = head(&endpoints).await?;
    let handed_over =
        |id: &str, owner: &str| format!("{id},2025-10-01T09:00:00Z,2025-10-02T09:00:00Z,{owner}\n");

    let export = Export::of([row(1), "L-2,some day,,\n".to_owned(), row(3)].into_iter())?;
    let told = export.import(&endpoints, TENANT, &["--strict"])?.ended().await?.refused(3)?;
    assert!(told.contains("leads.csv:3: column \"at\"") && told.contains("nothing was sent"), "{told}");
    assert_eq!(head(&endpoints).await?, founded, "not even the good rows are in");

    export.write([row(1), handed_over("L-2", "nobody"), row(3)].into_iter())?;
    let ended = export.import(&endpoints, TENANT, &["--strict"])?.ended().await?;
    assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
    let stopped = "leads.csv:3: column \"owner\": there is no user users/nobody";
    assert!(ended.stderr.contains(stopped), "{}", ended.stderr);
    assert!(ended.stderr.contains("stopped at the first row that was refused"), "{}", ended.stderr);
    let counts = printed(&ended)?;
    assert_eq!(count(&counts, "refused"), 1, "{counts}");
    services.stop().await
}

#[tokio::test]
async fn what_concerns_the_whole_import_is_told_once() -> anyhow::Result<()> {
    let services = Apart::start().await?;
    let export = Export::of((0..100).map(row))?;
    let ended = export.import(&services.endpoints, "nobodys", &[])?.ended().await?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("TENANT_NOT_FOUND").count(), 1, "{}", ended.stderr);
    assert_eq!(count(&printed(&ended)?, "refused"), 0, "no row is to blame");
    services.stop().await
}

#[tokio::test]
async fn a_service_that_stays_away_is_given_up_and_the_way_on_is_told() -> anyhow::Result<()> {
    let mut services = Apart::start().await?;
    let endpoints = services.endpoints.clone();
    Company::found(&endpoints, TENANT, &[]).await?;
    let export = Export::of((0..ROWS).map(row))?;
    let import = export.import(&endpoints, TENANT, &["--patience", "0"])?;
    until("something is noted", async || Ok(export.journal().map(drop))).await?;
    services.kill_one(Name::Qualification).await?;
    let ended = import.ended().await?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("to go on: the same command with --resume"), "{}", ended.stderr);
    let rows = export.journal().context("what was done is noted")?["rows"].as_i64();
    assert_eq!(rows, Some(count(&printed(&ended)?, "created")));
    assert!(Path::new(&export.path("state")).is_dir());
    services.stop().await
}
