//! What both sides agree on, by the command line: from a file in a repository to what is in effect, and never with one
//! side's signature alone (R16).

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use chrono::Datelike;
use handoff_runtime::clock;
use handoff_tests::company::Company;
use handoff_tests::endpoints::Endpoints;
use handoff_tests::process::Ended;
use handoff_tests::sources;
use handoff_tests::together::Together;
use serde_json::{Value, json};
use tempfile::TempDir;

const FIRST: &str = "criteria-sets/b2b/versions/1";
const SECOND: &str = "criteria-sets/b2b/versions/2";

/// The people of a tenant, each on a side, and a folder with their files.
struct Agreement {
    endpoints: Endpoints,
    files: TempDir,
}

impl Agreement {
    /// With mia and max of marketing, and bob of sales.
    async fn new(services: &Together) -> anyhow::Result<Self> {
        let company = Company::found(&services.endpoints, "acme", &[]).await?;
        for user in ["mia", "max"] {
            company.ask(&["user", "put", user, "--user-side", "marketing"]).await?;
        }
        Ok(Self { endpoints: services.endpoints.clone(), files: tempfile::tempdir()? })
    }

    async fn by(&self, user: &str, side: &str, arguments: &[&str]) -> anyhow::Result<Ended> {
        let who = ["--tenant", "acme", "--user", user, "--side", side];
        self.endpoints.handoff(&[&who, arguments].concat()).await
    }

    async fn by_mia(&self, arguments: &[&str]) -> anyhow::Result<Ended> {
        self.by("mia", "marketing", arguments).await
    }

    async fn by_bob(&self, arguments: &[&str]) -> anyhow::Result<Ended> {
        self.by("bob", "sales", arguments).await
    }

    /// A version as JSON: `criteria-sets/b2b/versions/1`.
    async fn version(&self, name: &str) -> anyhow::Result<Value> {
        let shown = self.by_bob(&["--format", "json", "version", "show", name]).await?.well()?;
        Ok(serde_json::from_str::<Value>(&shown)?["version"].clone())
    }

    async fn state(&self, name: &str) -> anyhow::Result<String> {
        Ok(self.version(name).await?["state"].as_str().context("a state")?.to_owned())
    }

    async fn hash(&self, name: &str) -> anyhow::Result<String> {
        Ok(self.version(name).await?["contentHash"].as_str().context("a hash")?.to_owned())
    }

    fn write(&self, text: &str) -> anyhow::Result<String> {
        let file = self.files.path().join("it.yaml");
        fs::write(&file, text)?;
        Ok(file.to_str().context("a path in UTF-8")?.to_owned())
    }
}

fn example(name: &str) -> PathBuf {
    sources::root().join("docs/examples").join(name)
}

fn criteria() -> anyhow::Result<String> {
    Ok(fs::read_to_string(example("criteria-b2b.yaml"))?)
}

/// Refused, with these words among those that people read.
fn refused(ended: Ended, words: &str) -> anyhow::Result<()> {
    let said = ended.refused(1)?;
    ensure!(said.contains(words), "{said} does not say {words}");
    Ok(())
}

#[tokio::test]
async fn criteria_take_effect_by_one_signature_of_each_side() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let acme = Agreement::new(&services).await?;
    let file = acme.write(&criteria()?)?;

    // A file becomes a draft, once, and nobody has signed anything.
    let drafted = acme.by_mia(&["criteria", "apply", &file]).await?;
    assert_eq!(drafted.stderr, format!("DRAFTED: {FIRST}\n"));
    let page = drafted.well()?;
    ensure!(page.contains("DRAFT") && page.contains("criteria.company_size.predicate: new, "), "{page}");
    let again = acme.by_bob(&["criteria", "apply", &file, "--submit"]).await?;
    let told = format!("UNCHANGED: {FIRST} says this already\nSUBMITTED: {FIRST} lies before both sides\n");
    assert_eq!(again.stderr, told);
    again.well()?;
    let version = acme.version(FIRST).await?;
    assert_eq!(version["state"], "VERSION_STATE_IN_REVIEW");
    assert_eq!((&version["signatures"], &version["draftedBy"]), (&json!([]), &json!("users/mia")));
    assert_eq!(version["missingSignatures"], json!(["SIDE_MARKETING", "SIDE_SALES"]));

    // Nobody is at this terminal, so that the hash of what was read has to be named.
    let hash = acme.hash(FIRST).await?;
    let unasked = acme.by_mia(&["version", "sign", FIRST]).await?;
    assert_eq!(unasked.status.code(), Some(1));
    ensure!(
        unasked.stdout.contains(&hash) && unasked.stderr.contains(&format!("--hash {hash}")),
        "{unasked:?}"
    );
    refused(acme.by_mia(&["version", "schedule", FIRST]).await?, "it is not signed by both sides")?;

    // One key, turned once and by its own side.
    acme.by_mia(&["version", "sign", FIRST, "--hash", &hash]).await?.well()?;
    refused(
        acme.by("max", "marketing", &["version", "sign", FIRST, "--hash", &hash]).await?,
        "that side has signed",
    )?;
    refused(acme.by("mia", "sales", &["version", "sign", FIRST, "--hash", &hash]).await?, "reason: SIGN")?;
    refused(acme.by_mia(&["version", "schedule", FIRST]).await?, "missing: SALES")?;
    assert_eq!(acme.state(FIRST).await?, "VERSION_STATE_IN_REVIEW");

    acme.by_bob(&["version", "sign", FIRST, "--hash", &hash]).await?.well()?;
    assert_eq!(acme.state(FIRST).await?, "VERSION_STATE_APPROVED");
    acme.by_bob(&["version", "schedule", FIRST]).await?.well()?;
    assert_eq!(acme.state(FIRST).await?, "VERSION_STATE_EFFECTIVE");
    let page = acme.by_bob(&["criteria", "show", "b2b"]).await?.well()?;
    ensure!(page.contains("is from 50 to 500") && page.contains("users/mia (MARKETING)"), "{page}");

    // What is shown as a file is what is in effect.
    let shown = acme.by_bob(&["criteria", "show", "b2b", "--yaml"]).await?.well()?;
    ensure!(shown.starts_with(&format!("# {FIRST}, EFFECTIVE, {hash}\nkind: B2B\n")), "{shown}");
    let applied = acme.by_mia(&["criteria", "apply", &acme.write(&shown)?]).await?;
    assert_eq!(applied.stderr, format!("UNCHANGED: {FIRST} says this already\n"));
    applied.well()?;
    services.stop().await
}

#[tokio::test]
async fn an_edit_voids_what_was_signed_and_a_date_is_the_tenants() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let acme = Agreement::new(&services).await?;
    let sign = async |name: &str| {
        let hash = acme.hash(name).await?;
        acme.by_mia(&["version", "sign", name, "--hash", &hash]).await?.well()?;
        acme.by_bob(&["version", "sign", name, "--hash", &hash]).await?.well()
    };
    acme.by_mia(&["criteria", "apply", &acme.write(&criteria()?)?, "--submit"]).await?.well()?;
    sign(FIRST).await?;
    acme.by_mia(&["version", "schedule", FIRST]).await?.well()?;

    let larger = acme.write(&criteria()?.replace("{min: 50, max: 500}", "{min: 100, max: 500}"))?;
    let page = acme.by_mia(&["criteria", "apply", &larger, "--submit"]).await?.well()?;
    let change = "criteria.company_size.predicate: is at least 50 and at most 500 becomes is at least 100 and at most 500";
    ensure!(page.contains(&format!("against {FIRST}:\n  {change}\n")), "{page}");
    let read = acme.hash(SECOND).await?;
    acme.by_mia(&["version", "sign", SECOND, "--hash", &read]).await?.well()?;

    let other = acme.write(&criteria()?.replace("{min: 50, max: 500}", "{min: 200, max: 500}"))?;
    acme.by_bob(&["criteria", "apply", &other, "--submit"]).await?.well()?;
    assert_eq!(acme.version(SECOND).await?["signatures"], json!([]));
    refused(
        acme.by_mia(&["version", "sign", SECOND, "--hash", &read]).await?,
        "it says something else than what was read",
    )?;

    sign(SECOND).await?;
    let year = clock::now().year() + 1;
    acme.by_bob(&["version", "schedule", SECOND, "--at", &format!("{year}-04-01")]).await?.well()?;
    let version = acme.version(SECOND).await?;
    // Midnight in Rome, in summer time.
    assert_eq!(
        (&version["state"], &version["effectiveFromTime"]),
        (&json!("VERSION_STATE_SCHEDULED"), &json!(format!("{year}-03-31T22:00:00Z")))
    );
    let list = acme.by_bob(&["version", "list", "criteria-sets/b2b", "--format", "csv"]).await?.well()?;
    let states: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(states, ["EFFECTIVE", "SCHEDULED"], "{list}");

    // One's own signature, and with it the date, can be taken back until then.
    acme.by_bob(&["version", "withdraw-signature", SECOND]).await?.well()?;
    assert_eq!(acme.state(SECOND).await?, "VERSION_STATE_DRAFT");
    acme.by_bob(&["version", "submit", SECOND]).await?.well()?;
    acme.by_mia(&["version", "withdraw", SECOND]).await?.well()?;
    assert_eq!(acme.state(SECOND).await?, "VERSION_STATE_DRAFT");

    // That there are no criteria any more is agreed on as anything else.
    acme.by_mia(&["version", "end", "criteria-sets/b2b", "--submit"]).await?.well()?;
    sign(SECOND).await?;
    acme.by_bob(&["version", "schedule", SECOND]).await?.well()?;
    assert_eq!(acme.state(FIRST).await?, "VERSION_STATE_RETIRED");
    services.stop().await
}

#[tokio::test]
async fn a_scoring_model_is_drafted_shown_and_drafted_again_without_a_change() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let acme = Agreement::new(&services).await?;
    let file = example("scoring-model.yaml");
    let file = file.to_str().context("a path in UTF-8")?;
    let drafted = acme.by_mia(&["model", "apply", file]).await?;
    assert_eq!(drafted.stderr, "DRAFTED: scoring-model/versions/1\n");
    drafted.well()?;
    let page = acme.by_bob(&["model", "show"]).await?.well()?;
    ensure!(page.contains("by half in 30 days") && page.contains("DEMO_REQUESTED"), "{page}");
    let shown = acme.by_bob(&["model", "show", "--yaml"]).await?.well()?;
    let again = acme.by_bob(&["model", "apply", &acme.write(&shown)?]).await?;
    assert_eq!(again.stderr, "UNCHANGED: scoring-model/versions/1 says this already\n");
    again.well()?;
    services.stop().await
}

#[tokio::test]
async fn what_a_service_refuses_of_a_file_is_told_by_line_and_column() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let acme = Agreement::new(&services).await?;
    let told = async |text: &str| {
        let file = acme.write(text)?;
        let said = acme.by_mia(&["criteria", "apply", &file]).await?.refused(2)?;
        anyhow::Ok(said.replace(&file, "it.yaml"))
    };
    // What no value of the attribute's type is, and what breaks a rule of criteria.
    let unread = criteria()?.replace("min: 50,", "min: fifty,").replace("attribute: phone", "attribute: fax");
    says_in_order(
        &told(&unread).await?,
        &["it.yaml:28:25: ", "criteria[2].predicate.range.min", "criteria[7].attribute"],
    )?;
    let wrong =
        criteria()?.replace("penalty: -5", "penalty: 5").replace("attribute: phone", "attribute: age");
    says_in_order(&told(&wrong).await?, &["criteria[2].penalty", "criteria[7].sensitive"])?;
    let none = acme.by_mia(&["version", "list", "criteria-sets/b2b", "--format", "csv"]).await?.well()?;
    assert_eq!(none.lines().count(), 1, "nothing was drafted: {none}");
    services.stop().await
}

/// Every part stands in what was said, in this order, and each fault has the name of the file.
fn says_in_order(said: &str, parts: &[&str]) -> anyhow::Result<()> {
    let mut rest = said;
    for part in parts {
        rest = rest.split_once(part).with_context(|| format!("{part} is not told in {said}"))?.1;
    }
    ensure!(said.lines().skip(1).all(|line| line.starts_with("it.yaml:")), "{said}");
    Ok(())
}
