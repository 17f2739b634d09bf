//! A tenant's own words by the command line (R8, R9, R13, R14): from an attribute that nobody knew to criteria that ask about
//! it, and a row of an import that breaks its type.

use std::fs;

use anyhow::ensure;
use handoff_tests::company::Company;
use handoff_tests::together::Together;
use tempfile::TempDir;

const CRITERIA: &str = "kind: B2B
criteria:
  - key: enough_shops
    label: At least five shops
    attribute: shops
    predicate: {range: {min: 5}}
    gate: true
    on_unknown: BLOCK
";
const MAPPING: &str = r#"
kind = "leads"
source = "shops"
key = ["id"]
[lead]
external_id = "id"
captured = "at"
[lead.attributes]
shops = "shops"
"#;
const FILE: &str = "id,at,shops\nA-1,2026-01-01T00:00:00Z,a few\nA-2,2026-01-01T00:00:00Z,007\n";

#[tokio::test]
async fn criteria_ask_about_what_a_tenant_has_defined() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let acme = Company::found(&services.endpoints, "acme", &[]).await?;
    let files = TempDir::new()?;
    let write = |name: &str, text: &str| -> anyhow::Result<String> {
        let path = files.path().join(name);
        fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let criteria = write("criteria.yaml", CRITERIA)?;
    let refused = acme.handoff(&["criteria", "apply", &criteria]).await?.refused(2)?;
    ensure!(refused.contains("is no attribute of this tenant: define it first"), "{refused}");

    let put = ["attribute", "put", "shops", "--subject", "organisation", "--label", "Number of shops"];
    acme.ask(&[&put[..], &["--value-type", "number"]].concat()).await?;
    let other = acme.handoff(&[&put[..], &["--value-type", "text"]].concat()).await?.refused(1)?;
    ensure!(other.contains("define another attribute with a key of its own"), "{other}");
    acme.ask(&["criteria", "apply", &criteria]).await?;
    let listed = acme.handoff(&["attribute", "list", "--format", "csv"]).await?.well()?;
    ensure!(listed.contains("shops,Number of shops,ORGANISATION,NUMBER,false"), "{listed}");

    let (mapping, file) = (write("map.toml", MAPPING)?, write("leads.csv", FILE)?);
    let import = acme.handoff(&["import", "leads", &file, "--map", &mapping]).await?;
    assert_eq!(import.status.code(), Some(3), "{import:?}");
    let told = format!("{}{}", import.stdout, import.stderr);
    ensure!(told.contains("a number is written 1234.5") && !told.contains("a few"), "{told}");
    let lead = acme.ask(&["lead", "show", "A-2"]).await?;
    assert_eq!(lead["lead"]["person"]["attributes"]["shops"], "7", "{lead}");
    services.stop().await
}

#[tokio::test]
async fn types_of_activity_and_rates_are_said_and_listed() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let acme = Company::found(&services.endpoints, "acme", &[]).await?;
    let put =
        ["activity-type", "put", "SHOP_VISITED", "--label", "Shop visited", "--property", "minutes=number"];
    acme.ask(&put).await?;
    let gone = acme.handoff(&put[..5]).await?.refused(1)?;
    ensure!(gone.contains("activity_type.properties.minutes"), "{gone}");
    let listed = acme.handoff(&["activity-type", "list", "--format", "csv"]).await?.well()?;
    ensure!(listed.contains("SHOP_VISITED,Shop visited,minutes=NUMBER"), "{listed}");
    ensure!(listed.contains("EBOOK_DOWNLOADED,"), "the standard ones too: {listed}");

    for (rate, date) in [("0.92", "2026-01-01"), ("0.93", "2026-02-01"), ("0.925", "2026-01-01")] {
        acme.ask(&["rate", "put", "USD", "EUR", rate, "--effective-date", date]).await?;
    }
    let listed = acme.handoff(&["rate", "list", "--format", "csv"]).await?.well()?;
    ensure!(listed.contains("USD,EUR,2026-01-01,0.925\n"), "{listed}");
    ensure!(listed.contains("USD,EUR,2026-02-01,0.93\n") && !listed.contains("0.92\n"), "{listed}");
    services.stop().await
}
