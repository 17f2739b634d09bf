//! What a database needs over the years: a dump of it while it is written to is whole, request ids go once they are over
//! and nothing else does.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use anyhow::{Context, ensure};
use handoff_domain::id::TenantId;
use handoff_proto::qualification::v1::{GetLeadRequest, LeadRef, lead_ref};
use handoff_store::database::Service;
use handoff_store::scratch::ScratchDatabase;
use handoff_store::verify::{Reader, log};
use handoff_tests::life::Life;
use handoff_tests::process::handoff;
use handoff_tests::together::Together;
use handoff_tests::waiting::until;
use handoff_verify::{Options, verify};

async fn prove(database: &ScratchDatabase) -> anyhow::Result<()> {
    let report = verify(&database.url(), &Options::default(), |_| {}).await?;
    let broken: Vec<_> = report.findings.iter().filter(|(_, finding)| finding.violations > 0).collect();
    ensure!(broken.is_empty(), "{broken:#?}");
    Ok(())
}

#[tokio::test]
async fn a_dump_of_a_database_in_use_goes_on_where_it_was_and_has_lost_nothing_acknowledged()
-> anyhow::Result<()> {
    const LEADS: u32 = 1_500;
    let services = Together::on_scratch().await?;
    let life = Arc::new(Life::begin(&services.endpoints, "acme").await?);
    let acknowledged: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let importing = tokio::spawn({
        let (life, acknowledged) = (Arc::clone(&life), Arc::clone(&acknowledged));
        async move {
            life.import_and_tell(LEADS, |lead| {
                acknowledged.lock().expect("nobody panics with it").insert(lead.to_owned());
            })
            .await
        }
    });
    let so_far = || acknowledged.lock().expect("nobody panics with it").clone();
    let before =
        until("some leads are acknowledged", async || Ok(Some(so_far()).filter(|it| it.len() >= 100)))
            .await?;
    let dump = services.database().context("a scratch database")?.dump().await?;
    let after = so_far();
    importing.await??;
    services.stop().await?;
    ensure!(after.len() < LEADS as usize, "the import was over before the dump: nothing was tried");

    let restored = ScratchDatabase::empty().await?;
    restored.run(&dump).await?;
    prove(&restored).await?;
    let services = Together::on(restored).await?;
    let life = Life::of(&services.endpoints, "acme");
    let mut qualification = services.endpoints.qualification(&life.marketing())?;
    for lead in &before {
        let id = lead.trim_start_matches("leads/").to_owned();
        let request = GetLeadRequest {
            lead: Some(LeadRef { lead: Some(lead_ref::Lead::Name(format!("leads/{id}"))) }),
        };
        qualification.get_lead(request).await.with_context(|| format!("{lead} was acknowledged"))?;
    }
    // The import is simply run again: what was there changes nothing.
    life.import(LEADS).await?;
    life.settle().await?;
    let restored = services.into_database().await?;
    prove(&restored).await
}

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
