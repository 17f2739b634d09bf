//! What a database needs over the years: request ids go once they are over, and sizes are told.

use anyhow::{Context, ensure};
use handoff_domain::id::TenantId;
use handoff_store::database::Service;
use handoff_store::scratch::ScratchDatabase;
use handoff_store::verify::{Reader, log};
use handoff_tests::life::Life;
use handoff_tests::process::handoff;
use handoff_tests::together::Together;
use handoff_tests::waiting::until;

#[tokio::test]
async fn request_ids_go_after_72_hours_and_nothing_else_does() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let life = Life::begin(&services.endpoints, "acme").await?;
    life.live(10).await?;
    life.settle().await?;
    let database = services.into_database().await?;
    let before = requests(&database).await?;
    ensure!(before > 20, "{before}");
    // Three days later.
    for schema in ["qualification", "sla"] {
        database
            .run(&format!(
                "update {schema}.event set occurred_at = occurred_at - interval '80 hours',
                     recorded_at = recorded_at - interval '80 hours';
                 update {schema}.request set recorded_at = recorded_at - interval '80 hours'"
            ))
            .await?;
    }
    let services = Together::on(database).await?;
    let database = services.database().context("a scratch database")?;
    until("the request ids are forgotten", async || Ok((requests(database).await? == 0).then_some(())))
        .await?;
    services.stop().await
}

/// How many request ids qualification remembers.
async fn requests(database: &ScratchDatabase) -> anyhow::Result<usize> {
    let mut snapshot = Reader::connect(&database.url()).await?.snapshot(TenantId::from_slug("acme")).await?;
    let mut count = 0;
    log::each_request(snapshot.log_of(Service::Qualification).await?, TenantId::from_slug("acme"), |_| {
        count += 1
    })
    .await?;
    snapshot.end().await?;
    Ok(count)
}

#[tokio::test]
async fn sizes_are_told_by_table_and_index() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let url = database.url();
    let told = handoff(["verify", "--sizes", "--database-url", &url, "--format", "csv"]).await?.well()?;
    ensure!(told.lines().any(|line| line.starts_with("qualification.event,event_pkey,")), "{told}");
    Ok(())
}
