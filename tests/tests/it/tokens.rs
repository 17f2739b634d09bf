//! The services as they run in earnest: nobody is believed without a token, the services among themselves neither.

use std::path::Path;

use anyhow::{Context, ensure};
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::apart::Apart;
use handoff_tests::company::{crm_export, mapping};
use handoff_tests::issuer::TokenIssuer;
use handoff_tests::waiting::until;
use serde_json::Value;

/// What the command line answers to the bearer of a token, as JSON.
async fn ask(services: &Apart, token: &Path, arguments: &[&str]) -> anyhow::Result<Value> {
    let token = token.to_string_lossy();
    services.endpoints.ask(&[&["--tenant", "acme", "--token-file", &token], arguments].concat()).await
}

#[tokio::test]
async fn with_tokens_a_lead_goes_through_all_services_and_without_nothing_does() -> anyhow::Result<()> {
    let issuer = TokenIssuer::new()?;
    let service = issuer.token("services/handoff", "*", "SYSTEM", &["SERVICE"])?;
    let mut options = issuer.options();
    options.extend(["--token-file".to_owned(), service.display().to_string()]);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let database = ScratchDatabase::new().await?;
    let services = Apart::proving(&database.url(), &options).await?;

    let ops = issuer.token("services/ops", "*", "SYSTEM", &["OPERATOR"])?;
    let mia = issuer.token("mia", "acme", "MARKETING", &["READER", "MEMBER", "ADMIN"])?;
    let bob = issuer.token("bob", "acme", "SALES", &["READER", "MEMBER"])?;
    let eve = issuer.token("eve", "acme", "SALES", &["READER"])?;
    let create = ["tenant", "create", "acme", "--time-zone", "Europe/Rome", "--currency-code", "EUR"];
    ask(&services, &ops, &create).await?;
    ask(&services, &mia, &["team", "put", "north", "--team-side", "sales"]).await?;
    ask(&services, &mia, &["user", "put", "bob", "--user-side", "sales", "--team", "north"]).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("leads.csv");
    let row = [("Lead ID", "one"), ("Created", "01/10/2025"), ("Sourced By", "Marketing")];
    std::fs::write(&file, crm_export(&[&row]))?;
    let map = mapping("crm-leads.toml");
    let (file, map) = (file.to_string_lossy(), map.to_string_lossy());
    ask(&services, &mia, &["import", "leads", &file, "--map", &map]).await?;
    let answer = ask(&services, &mia, &["lead", "qualify", "one"]).await?;
    let handoff = answer["handoff"]["name"].as_str().context("a handoff has a name")?;

    // Who only reads accepts nothing, and whoever says that he is Bob is not.
    let refused = async |arguments: &[&str], told: &str| -> anyhow::Result<()> {
        let ended = services.endpoints.handoff(&[&["--tenant", "acme"], arguments].concat()).await?;
        ensure!(!ended.status.success() && ended.stderr.contains(told), "{told}: {}", ended.stderr);
        Ok(())
    };
    refused(&["--token-file", &eve.to_string_lossy(), "accept", handoff], "MEMBER").await?;
    refused(&["--user", "bob", "accept", handoff], "access token").await?;
    refused(&["--token-file", &bob.to_string_lossy(), "user", "put", "eve", "--user-side", "sales"], "ADMIN")
        .await?;

    ask(&services, &bob, &["accept", handoff]).await?;
    // Sla and reporting follow the logs by the token of their own.
    let eve = eve.to_string_lossy();
    until("the acceptance is in the report", async || {
        let arguments = ["--tenant", "acme", "--token-file", &eve, "--format", "json", "report", "sql"];
        // At first reporting has not heard of the tenant.
        let ended = services.endpoints.handoff(&arguments).await?;
        let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        Ok((report["total"]["sqlCount"] == "1").then_some(()))
    })
    .await?;
    services.stop().await
}
