//! `handoff verify`: clean on a database that lived through everything, and not on one that was broken; the command line
//! and its exit status. What each law finds is in `corruption`.

mod corruption;

use anyhow::Context;
use chrono::TimeDelta;
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::life::Life;
use handoff_tests::process::handoff;
use handoff_tests::together::Together;
use handoff_tests::waiting::until;
use handoff_verify::{Law, Options, Report, verify};
use serde_json::Value;

/// A database with a life in it, and nobody connected.
async fn lived(tenant: &str, imported: u32, live: u32) -> anyhow::Result<ScratchDatabase> {
    let services = Together::on_scratch().await?;
    let life = Life::begin(&services.endpoints, tenant).await?;
    life.import(imported).await?;
    life.live(live).await?;
    life.agree().await?;
    life.merge().await?;
    life.identify().await?;
    life.take_back().await?;
    life.nurture().await?;
    life.dispute().await?;
    life.score(6).await?;
    life.publish().await?;
    life.route().await?;
    life.settle().await?;
    life.add_holiday().await?;
    life.settle().await?;
    services.into_database().await
}

async fn proved(database: &ScratchDatabase, options: &Options) -> anyhow::Result<Report> {
    Ok(verify(&database.url(), options, |_| {}).await?)
}

/// The laws that are broken, with the first violation of each.
fn broken(report: &Report) -> Vec<(Law, String)> {
    let broken = report.findings.iter().filter(|(_, finding)| finding.violations > 0);
    broken.map(|(law, finding)| (*law, format!("{:?}", finding.first.first()))).collect()
}

#[tokio::test]
async fn a_database_that_lived_through_everything_is_clean_while_the_services_run() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let life = Life::begin(&services.endpoints, "acme").await?;
    life.import(40).await?;
    life.live(20).await?;
    life.agree().await?;
    life.merge().await?;
    life.identify().await?;
    life.take_back().await?;
    life.nurture().await?;
    life.dispute().await?;
    life.score(12).await?;
    life.publish().await?;
    life.route().await?;
    let database = services.database().context("a scratch database")?;
    // Consumers and workers are busy still: a snapshot is consistent at any moment.
    let report = proved(database, &Options::default()).await?;
    assert_eq!(broken(&report), []);

    life.settle().await?;
    life.add_holiday().await?;
    life.settle().await?;
    let report = proved(database, &Options::default()).await?;
    assert_eq!(broken(&report), []);
    for (law, finding) in &report.findings {
        assert!(finding.checked > 0, "{} was judged by nothing", law.name());
        assert_eq!(finding.not_judged, 0, "{}", law.name());
    }
    services.stop().await
}

#[tokio::test]
async fn the_places_of_business_days_are_those_that_the_log_says_were_taken() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    // A Friday, in Rome. One lead of the scored has enough points by the new model, and four of the published.
    let mut clock = database.take_clock("2026-03-06T10:00:00Z".parse()?).await?;
    let services = Together::on(database).await?;
    let life = Life::begin(&services.endpoints, "acme").await?;
    life.score(1).await?;
    life.publish().await?;
    let database = services.database().context("a scratch database")?;
    for (day, placed) in
        [("2026-03-06T10:00:01Z", 2), ("2026-03-09T08:00:01Z", 4), ("2026-03-10T08:00:01Z", 5)]
    {
        clock.set(day.parse()?).await?;
        until("leads have their places", async || Ok((life.published().await? == placed).then_some(())))
            .await?;
        assert_eq!(broken(&proved(database, &Options::default()).await?), [], "{day}");
    }
    services.stop().await
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_migrates_serves_and_proves() -> anyhow::Result<()> {
    let database = ScratchDatabase::of_ordinary_owner().await?;
    handoff(["migrate", "--database-url", &database.url()]).await?.well()?;
    let services = Together::on(database).await?;
    let life = Life::begin(&services.endpoints, "acme").await?;
    life.import(40).await?;
    life.live(20).await?;
    life.agree().await?;
    life.merge().await?;
    life.identify().await?;
    life.take_back().await?;
    life.nurture().await?;
    life.dispute().await?;
    life.settle().await?;
    let database = services.database().context("a scratch database")?;
    let report = proved(database, &Options::default()).await?;
    assert_eq!(broken(&report), []);
    assert!(report.events > 0, "it saw nothing");
    let sessions = report.findings.iter().find(|(law, _)| law.name() == "sessions");
    assert!(sessions.is_some_and(|(_, found)| found.checked > 0), "it saw no session: {sessions:?}");

    let touched = database.run("update qualification.lead set persona = 'nobody'").await;
    assert!(touched.is_err(), "row-level security does not bind this owner");
    services.stop().await
}

#[tokio::test]
async fn the_command_says_by_its_exit_status_whether_every_law_holds() -> anyhow::Result<()> {
    let database = lived("acme", 10, 10).await?;
    let url = database.url();
    let arguments = ["--format", "json", "verify", "--database-url", &url, "--tenant", "acme"];
    let said: Value = serde_json::from_str(&handoff(arguments).await?.well()?)?;
    assert_eq!((&said["clean"], &said["tenants"]), (&Value::from(true), &Value::from(1)));
    assert_eq!(said["laws"].as_array().map(Vec::len), Some(Law::ALL.len()));

    database.run("update qualification.lead set persona = 'nobody' where persona is not null").await?;
    let ended = handoff(["verify", "--database-url", &url]).await?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let told = ended.stdout;
    assert!(told.contains("state.leads") && told.contains("expected Some(\"it-lead\")"), "{told}");

    let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
    handoff(["verify", "--database-url", nowhere]).await?.refused(2)?;
    handoff(["verify", "--database-url", &url, "--tenant", "nobody"]).await?.refused(2)?;
    Ok(())
}

#[tokio::test]
async fn a_session_that_sits_in_a_transaction_is_found() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let options = Options { idle_max: TimeDelta::zero(), ..Options::default() };
    assert_eq!(broken(&proved(&database, &options).await?), []);
    let _session = database.sit_in_transaction("handoff_sla").await?;
    let found: Vec<Law> =
        broken(&proved(&database, &options).await?).into_iter().map(|(law, _)| law).collect();
    assert_eq!(found, [Law::Sessions]);
    Ok(())
}
