//! Databases that earlier issues left behind: each is brought up to this build, served, and proved, with its old events
//! and with what happens to it now.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use handoff_proto::reporting::v1::{GetSqlReportRequest, ReportQuery};
use handoff_store::migrate::migrate;
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::life::Life;
use handoff_tests::sources;
use handoff_tests::together::Together;
use handoff_verify::{Options, verify};

/// The dumps, by name, in the order of their issues.
fn dumps() -> anyhow::Result<Vec<PathBuf>> {
    let folder = sources::root().join("tests/dumps");
    let mut dumps: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    dumps.retain(|path| path.extension().is_some_and(|it| it == "gz"));
    dumps.sort();
    ensure!(!dumps.is_empty(), "there are no dumps");
    Ok(dumps)
}

/// Roles belong to the cluster and are in no dump; the template's migration makes them.
async fn restore(dump: &PathBuf) -> anyhow::Result<ScratchDatabase> {
    let _roles = ScratchDatabase::new().await?;
    let text = Command::new("gzip").arg("-dc").arg(dump).output()?;
    ensure!(text.status.success(), "{}: {}", dump.display(), String::from_utf8_lossy(&text.stderr));
    let database = ScratchDatabase::empty().await?;
    database.run(&String::from_utf8(text.stdout)?).await?;
    Ok(database)
}

async fn prove(database: &ScratchDatabase, when: &str) -> anyhow::Result<()> {
    let report = verify(&database.url(), &Options::default(), |_| {}).await?;
    ensure!(report.events > 100 && report.tenants == 2, "{when}: {} events", report.events);
    let broken: Vec<_> = report.findings.iter().filter(|(_, finding)| finding.violations > 0).collect();
    ensure!(broken.is_empty(), "{when}: {broken:#?}");
    Ok(())
}

/// SQLs of the last months of 2025, where the imported part of every life lies.
async fn sql_count(life: &Life, services: &Together) -> anyhow::Result<i64> {
    let query = ReportQuery {
        start_date: "2025-10-01".into(),
        end_date: "2026-01-01".into(),
        ..ReportQuery::default()
    };
    let mut reporting = services.endpoints.reporting(&life.marketing())?;
    let answer = reporting.get_sql_report(GetSqlReportRequest { query: Some(query) }).await?.into_inner();
    Ok(answer.total.context("a total")?.sql_count)
}

async fn check(dump: &PathBuf) -> anyhow::Result<()> {
    let database = restore(dump).await?;
    migrate(&database.url()).await?;
    prove(&database, "migrated").await?;

    let services = Together::on(database).await?;
    let life = Life::of(&services.endpoints, "acme");
    life.settle().await?;
    // Ways 4, 5, 7 of ten imported leads were accepted by sales, 8 and 9 by implication.
    ensure!(sql_count(&life, &services).await? >= 45, "reports know what was before");
    life.capture("NEW-1", "new@example.com", Default::default(), "capture").await?;
    let handoff = life.qualify("NEW-1", false).await?;
    ensure!(handoff.starts_with("handoffs/"), "{handoff}");
    // What the old system decided is decided again for nobody: the same requests get the same answers.
    life.live(1).await?;
    life.settle().await?;
    let database = services.into_database().await?;
    prove(&database, "lived on").await
}

#[tokio::test]
async fn every_database_of_an_earlier_issue_is_migrated_served_and_clean() -> anyhow::Result<()> {
    for dump in dumps()? {
        check(&dump).await.with_context(|| dump.display().to_string())?;
    }
    Ok(())
}
