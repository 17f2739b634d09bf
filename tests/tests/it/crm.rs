//! A CRM's export through the mapping that comes with Handoff: stages that the CRM skips, rows that are bad, and the
//! same file once more.

use anyhow::Context;
use handoff_tests::company::{Company, mapping};
use handoff_tests::together::Together;
use serde_json::{Value, json};

/// The counts that an import prints, in the order of its columns: created, changed, unchanged, nothing, refused.
fn counts(printed: &Value) -> Vec<&str> {
    let count = |name: &str| printed[0][name].as_str().expect("a count");
    ["created", "changed", "unchanged", "nothing", "refused"].map(count).to_vec()
}

const WON: &[(&str, &str)] = &[
    ("Lead ID", "31"),
    ("Created", "01/10/2025 09:00"),
    ("Sourced By", "Marketing"),
    ("Qualified On", "02/10/2025 09:00"),
    ("Won On", "20/10/2025 17:30"),
    ("Amount", "1.250"),
];

const ACCEPTED: &[(&str, &str)] = &[
    ("Lead ID", "32"),
    ("Created", "01/10/2025 09:00"),
    ("Qualified On", "02/10/2025 09:00"),
    ("Assigned On", "02/10/2025 09:05"),
    ("Owner", "bob"),
    ("Accepted On", "03/10/2025 09:00"),
];

#[tokio::test]
async fn stages_that_the_crm_skips_are_noted_and_give_no_velocity() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let company = Company::found(&services.endpoints, "acme", &[]).await?;
    assert_eq!(counts(&company.import_crm(&[WON, ACCEPTED]).await?), ["2", "0", "0", "0", "0"]);

    let shown = company.ask(&["lead", "show", "31"]).await?;
    assert_eq!(shown["lead"]["stage"], "STAGE_CUSTOMER");
    let history = shown["stageHistory"].as_array().context("a history")?;
    let last = history.last().context("a change")?;
    assert_eq!((&last["fromStage"], &last["toStage"]), (&json!("STAGE_MQL"), &json!("STAGE_CUSTOMER")));
    assert_eq!(last["skippedStages"], json!(["STAGE_SQL", "STAGE_OPPORTUNITY"]));
    let handoffs = company.ask(&["list", "--state", "accepted"]).await?;
    let implied: Vec<_> =
        handoffs["handoffs"].as_array().context("a list")?.iter().map(|h| &h["implied"]).collect();
    assert_eq!(implied.iter().filter(|implied| **implied == &json!(true)).count(), 1, "{handoffs:#}");

    services.endpoints.reports_catch_up(&company.caller()).await?;
    let range = ["--start-date", "2025-10-01", "--end-date", "2025-11-01"];
    let sql = company.ask(&[&["report", "sql"], &range[..]].concat()).await?;
    assert_eq!((&sql["total"]["sqlCount"], &sql["total"]["wonCount"]), (&json!("2"), &json!("1")));
    assert_eq!(sql["total"]["wonAmounts"], json!([{ "currencyCode": "EUR", "units": "1250", "nanos": 0 }]));
    let velocity =
        company.ask(&[&["report", "velocity", "--time-unit", "calendar"], &range[..]].concat()).await?;
    assert_eq!(
        (&velocity["total"]["sampleCount"], &velocity["total"]["mean"]),
        (&json!("1"), &json!("86400"))
    );
    services.stop().await
}

#[tokio::test]
async fn a_file_that_is_imported_again_changes_nothing() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let company = Company::found(&services.endpoints, "acme", &[]).await?;
    company.import_crm(&[WON, ACCEPTED]).await?;
    let (head, _) = services.endpoints.heads(&company.caller()).await?;
    assert_eq!(counts(&company.import_crm(&[WON, ACCEPTED]).await?), ["0", "0", "2", "0", "0"]);
    // What came in between is all that is new.
    let contact = [ACCEPTED, &[("First Call", "02/10/2025 12:00")]].concat();
    assert_eq!(services.endpoints.heads(&company.caller()).await?.0, head);
    assert_eq!(counts(&company.import_crm(&[WON, &contact]).await?), ["0", "1", "1", "0", "0"]);
    assert_eq!(services.endpoints.heads(&company.caller()).await?.0, head + 1);
    services.stop().await
}

#[tokio::test]
async fn a_bad_row_is_told_by_file_line_and_column_and_stops_no_other() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let company = Company::found(&services.endpoints, "acme", &[]).await?;
    let no_date = [("Lead ID", "41"), ("Created", "tomorrow")];
    let nobody = [("Created", "01/10/2025 09:00")];
    let unknown_owner = [ACCEPTED, &[("Lead ID", "43")]].concat();
    let unknown_owner: Vec<_> = unknown_owner
        .iter()
        .map(|(column, value)| (*column, if *column == "Owner" { "zoe" } else { value }))
        .collect();
    let file = company.write_crm(&[&no_date, WON, &nobody, &unknown_owner])?;
    let map = mapping("crm-leads.toml");
    let arguments =
        ["--format", "json", "import", "leads", &file.to_string_lossy(), "--map", &map.to_string_lossy()];
    let ended = company.handoff(&arguments).await?;
    assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
    assert_eq!(counts(&serde_json::from_str(&ended.stdout)?), ["1", "0", "0", "0", "3"], "{}", ended.stderr);
    let at = |line: u32, column: &str| format!("{}:{line}: column \"{column}\": ", file.display());
    for told in [at(2, "Created"), at(4, "Lead ID"), at(5, "Owner") + "there is no user users/zoe"] {
        assert!(ended.stderr.lines().any(|line| line.starts_with(&told)), "{told}\n{}", ended.stderr);
    }
    // A row lands whole or not at all.
    let refusal = company.handoff(&["lead", "show", "43"]).await?.refused(1)?;
    assert!(refusal.starts_with("error: "), "{refusal}");
    services.stop().await
}
