//! Leads of several systems of record by the command line: the CRM says who they are, billing tells what became of them
//! under its own ids, and either finds them.

use std::fs;

use anyhow::ensure;
use handoff_tests::company::Company;
use handoff_tests::together::Together;
use tempfile::TempDir;

const LEADS: &str = r#"
kind = "leads"
source = "crm"
key = ["id"]
[lead]
external_id = "id"
captured = "at"
[lead.record_ids]
billing = "account"
"#;
const LEADS_FILE: &str = "id,account,at\nC-1,B-1,2026-01-01T00:00:00Z\nC-2,B-1,2026-01-01T00:00:00Z\n";

const HISTORY: &str = r#"
kind = "history"
source = "billing"
[lead.record_ids]
billing = "account"
[[history]]
event = "WON"
at = "paid"
"#;
const HISTORY_FILE: &str = "account,paid\nB-1,2026-02-01T00:00:00Z\n";

#[tokio::test]
async fn what_one_system_describes_another_finds_by_its_own_id() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let acme = Company::found(&services.endpoints, "acme", &[]).await?;
    let files = TempDir::new()?;
    let write = |name: &str, text: &str| -> anyhow::Result<String> {
        let path = files.path().join(name);
        fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let (mapping, file) = (write("leads.toml", LEADS)?, write("leads.csv", LEADS_FILE)?);
    let import = acme.handoff(&["import", "leads", &file, "--map", &mapping]).await?;
    assert_eq!(import.status.code(), Some(3), "{import:?}");
    let told = format!("{}{}", import.stdout, import.stderr);
    ensure!(told.contains("the id in billing belongs to a lead with another external id"), "{told}");
    ensure!(!told.contains("B-1"), "{told}");

    let (mapping, file) = (write("history.toml", HISTORY)?, write("history.csv", HISTORY_FILE)?);
    acme.ask(&["import", "history", &file, "--map", &mapping]).await?;
    let lead = acme.ask(&["lead", "show", "record-id:billing:B-1"]).await?;
    assert_eq!(lead["lead"]["person"]["externalId"], "C-1", "{lead}");
    assert_eq!(lead["lead"]["stage"], "STAGE_CUSTOMER", "{lead}");
    let shown = acme.handoff(&["lead", "show", "C-1"]).await?.well()?;
    ensure!(shown.contains("Known as B-1 in billing"), "{shown}");
    let nobody = acme.handoff(&["lead", "show", "record-id:billing:B-2"]).await?.refused(1)?;
    ensure!(nobody.contains("leads with this record id"), "{nobody}");
    services.stop().await
}
