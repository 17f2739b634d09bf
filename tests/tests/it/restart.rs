//! Stopped, killed and started again: what was acknowledged is there, reports catch up, and a deadline that passed
//! meanwhile is the time of its breach.

use std::fs;

use anyhow::{Context, ensure};
use chrono::TimeDelta;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1::import_request::Subject;
use handoff_proto::qualification::v1::import_response::Result as Answer;
use handoff_proto::qualification::v1::{self as pb, ImportEffect, ImportRequest, ImportResponse};
use handoff_runtime::client::Caller;
use handoff_runtime::{clock, convert};
use handoff_tests::apart::{Apart, Name};
use handoff_tests::company::Company;
use handoff_tests::endpoints::Endpoints;
use handoff_tests::process::{Process, command};
use handoff_tests::together::{DataFolder, Together};
use handoff_tests::waiting::until;
use serde_json::json;
use tokio::sync::oneshot;
use tokio_stream::iter;

const TENANT: &str = "acme";
/// How many leads are imported, and how many are acknowledged when the import is interrupted.
const ITEMS: usize = 4_000;
const ENOUGH: usize = 500;

fn caller() -> Caller {
    Caller::user(TENANT, "tests", Side::System)
}

/// Leads that became MQLs a while ago; the same each time, so that they can be imported again.
fn items() -> Vec<ImportRequest> {
    let then = Some(convert::to_timestamp(clock::now() - TimeDelta::days(30)));
    let item = |number| {
        let person = pb::Person { external_id: format!("L-{number}"), ..pb::Person::default() };
        let qualified = pb::HistoryEntry {
            occur_time: then,
            entry: Some(pb::history_entry::Entry::Qualified(pb::ImportedQualification {})),
            ..pb::HistoryEntry::default()
        };
        ImportRequest {
            source_key: format!("tests/{number}"),
            subject: Some(Subject::Lead(pb::Lead { person: Some(person), ..pb::Lead::default() })),
            capture_time: then,
            history: vec![qualified],
        }
    };
    (0..ITEMS).map(item).collect()
}

fn effect(answer: ImportResponse) -> anyhow::Result<ImportEffect> {
    match answer.result {
        Some(Answer::Imported(item)) => Ok(item.effect()),
        other => anyhow::bail!("{other:?}"),
    }
}

/// Imports until the stream ends, by itself or with the service; `interrupt` once enough is acknowledged. Gives how many
/// were in the end.
async fn import(
    endpoints: &Endpoints,
    items: &[ImportRequest],
    interrupt: oneshot::Sender<()>,
) -> anyhow::Result<usize> {
    let mut client = endpoints.qualification(&caller())?;
    let mut answers = client.import(iter(items.to_vec())).await?.into_inner();
    let mut interrupt = Some(interrupt);
    let mut acknowledged = 0;
    while let Ok(Some(answer)) = answers.message().await {
        ensure!(effect(answer)? == ImportEffect::Created, "a lead that was there already");
        acknowledged += 1;
        if acknowledged == ENOUGH {
            // Whoever waits for it lives as long as the test.
            interrupt.take().map(|interrupt| interrupt.send(()));
        }
    }
    ensure!(acknowledged >= ENOUGH, "the import ended after {acknowledged} items");
    Ok(acknowledged)
}

/// Everything that was acknowledged is there: to import it again has no effect. Then come the rest and the reports.
async fn check(endpoints: &Endpoints, items: &[ImportRequest], acknowledged: usize) -> anyhow::Result<()> {
    let mut client = endpoints.qualification(&caller())?;
    let mut answers = client.import(iter(items.to_vec())).await?.into_inner();
    let mut seen = 0;
    while let Some(answer) = answers.message().await? {
        let effect = effect(answer)?;
        ensure!(
            seen >= acknowledged || effect == ImportEffect::Unchanged,
            "item {seen} was lost: {effect:?}"
        );
        seen += 1;
    }
    assert_eq!(seen, items.len());
    endpoints.reports_catch_up(&caller()).await?;
    let report = endpoints.ask(&["--tenant", TENANT, "report", "mql"]).await?;
    assert_eq!(report["total"]["mqlCount"], items.len().to_string());
    Ok(())
}

#[tokio::test]
async fn stopped_during_an_import_it_ends_well_and_loses_nothing() -> anyhow::Result<()> {
    let (folder, items) = (DataFolder::new()?, items());
    let services = Together::in_folder(folder.path()).await?;
    let endpoints = services.endpoints.clone();
    Company::found(&endpoints, TENANT, &[]).await?;
    let (enough, interrupted) = oneshot::channel();
    let stopped = async {
        interrupted.await?;
        services.stop().await
    };
    let (acknowledged, stopped) = tokio::join!(import(&endpoints, &items, enough), stopped);
    stopped?;
    assert_eq!(folder.postgres(), None, "its Postgres stops with it");

    let services = Together::in_folder(folder.path()).await?;
    check(&services.endpoints, &items, acknowledged?).await?;
    services.stop().await
}

#[tokio::test]
async fn killed_during_an_import_it_finds_its_postgres_again_and_has_lost_nothing() -> anyhow::Result<()> {
    let (folder, items) = (DataFolder::new()?, items());
    let services = Together::in_folder(folder.path()).await?;
    let endpoints = services.endpoints.clone();
    Company::found(&endpoints, TENANT, &[]).await?;
    let (enough, interrupted) = oneshot::channel();
    let killed = async {
        interrupted.await?;
        services.kill().await
    };
    let (acknowledged, killed) = tokio::join!(import(&endpoints, &items, enough), killed);
    assert_eq!(killed?.status.code(), None, "a signal ended it");
    let left_over = folder.postgres().context("Postgres lives on")?;

    let services = Together::in_folder(folder.path()).await?;
    assert_eq!(folder.postgres(), Some(left_over), "attached to, not started anew");
    check(&services.endpoints, &items, acknowledged?).await?;
    services.stop().await?;
    assert_eq!(folder.postgres(), None, "its Postgres stops with it");
    Ok(())
}

/// The `initdb` of the one that was killed may live on and write: the next start keeps out of its way.
#[tokio::test]
async fn killed_while_it_makes_its_cluster_it_starts_the_next_time() -> anyhow::Result<()> {
    let folder = DataFolder::new()?;
    let mut command = command("handoff")?;
    command.args(["up", "--port", "0", "--data-folder", &folder.path().to_string_lossy()]);
    let first = Process::start(command)?;
    until("a cluster is being made", async || {
        let entries: Vec<_> = fs::read_dir(folder.path())?.collect::<Result<_, _>>()?;
        let begun = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with("postgres.new");
        Ok(entries.iter().any(begun).then_some(()))
    })
    .await?;
    first.kill().await?;
    ensure!(!folder.path().join("postgres").exists(), "it was done before it was killed");
    let services = Together::in_folder(folder.path()).await?;
    Company::found(&services.endpoints, TENANT, &[]).await?;
    services.stop().await
}

#[tokio::test]
async fn a_deadline_that_passes_while_sla_is_down_is_the_time_of_the_breach() -> anyhow::Result<()> {
    let mut services = Apart::start().await?;
    let company = Company::found(&services.endpoints, TENANT, &["--starter-target", "2s calendar"]).await?;
    let running = company.hand_over("1").await?;
    until("the first clock runs", async || {
        let clocks = company.ask(&["sla", "clocks"]).await?;
        Ok((clocks["clocks"][0]["handoff"] == running).then_some(()))
    })
    .await?;
    services.stop_one(Name::Sla).await?;
    // Sla had a clock for the first and has never heard of the second.
    let unheard = company.hand_over("2").await?;
    let due = clock::now() + TimeDelta::seconds(2);
    until("both deadlines have passed", async || Ok((clock::now() > due).then_some(()))).await?;
    services.start_one(Name::Sla).await?;

    for handoff in [running, unheard] {
        let breach = until("the clock has breached", async || {
            let clocks = company.ask(&["sla", "clocks", "--handoff", &handoff]).await?;
            let clock = clocks["clocks"][0].clone();
            Ok(clock["breachTime"].is_string().then_some(clock))
        })
        .await?;
        let instant = |field: &str| {
            let text = breach[field].as_str().with_context(|| format!("{field} is set"))?;
            anyhow::Ok(chrono::DateTime::parse_from_rfc3339(text)?)
        };
        assert_eq!(instant("breachTime")?, instant("startTime")? + TimeDelta::seconds(2));
        assert_eq!(breach["overdue"], json!(true));
    }
    services.stop().await
}
