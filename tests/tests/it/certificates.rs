//! The services behind mutual TLS: they prove themselves to one another by certificates alone, and nobody gets in without.

use anyhow::ensure;
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::apart::{Apart, Name};
use handoff_tests::authority::Authority;
use handoff_tests::company::{crm_export, mapping};
use handoff_tests::endpoints::Endpoints;
use handoff_tests::issuer::TokenIssuer;
use handoff_tests::process::{Process, command};
use handoff_tests::waiting::until;
use serde_json::Value;

/// The services, each with a certificate of its own and no token; people come with tokens of `issuer`.
async fn start(
    database: &ScratchDatabase,
    authority: &Authority,
    issuer: &TokenIssuer,
) -> anyhow::Result<Apart> {
    // Qualification follows nobody, and is on no list.
    let workloads = authority.workloads(&["sla", "reporting"])?;
    Apart::proving_each(&database.url(), |name| {
        let name = match name {
            Name::Qualification => "qualification",
            Name::Sla => "sla",
            Name::Reporting => "reporting",
        };
        let (certificate, key) = authority.issue(name)?;
        let authority = authority.certificate();
        let mut options = issuer.options();
        let files: [(&str, &String); 7] = [
            ("--tls-certificate", &certificate),
            ("--tls-key", &key),
            ("--tls-client-authority", &authority),
            ("--workloads", &workloads),
            ("--peer-authority", &authority),
            ("--peer-certificate", &certificate),
            ("--peer-key", &key),
        ];
        options.extend(files.into_iter().flat_map(|(flag, file)| [flag.to_owned(), file.clone()]));
        Ok(options)
    })
    .await
}

#[tokio::test]
async fn by_certificates_alone_a_lead_goes_through_all_services() -> anyhow::Result<()> {
    let (authority, issuer) = (Authority::new()?, TokenIssuer::new()?);
    let database = ScratchDatabase::new().await?;
    let services = start(&database, &authority, &issuer).await?;
    ensure!(services.endpoints.sla.starts_with("https://"), "{:?}", services.endpoints);

    let (certificate, key) = authority.issue("terminal")?;
    let ca = authority.certificate();
    let connection = ["--peer-authority", &ca, "--peer-certificate", &certificate, "--peer-key", &key];
    let token = |name: &str, side: &str, roles: &[&str]| issuer.token(name, "acme", side, roles);
    let (ops, mia) = (
        issuer.token("services/ops", "*", "SYSTEM", &["OPERATOR"])?,
        token("mia", "MARKETING", &["READER", "MEMBER", "ADMIN"])?,
    );
    let bob = token("bob", "SALES", &["READER", "MEMBER"])?;
    let ask = async |token: &std::path::Path, arguments: &[&str]| {
        let token = token.to_string_lossy();
        let who = ["--tenant", "acme", "--token-file", &token];
        services.endpoints.ask(&[&who, &connection[..], arguments].concat()).await
    };
    ask(&ops, &["tenant", "create", "acme", "--time-zone", "Europe/Rome", "--currency-code", "EUR"]).await?;
    ask(&mia, &["team", "put", "north", "--team-side", "sales"]).await?;
    ask(&mia, &["user", "put", "bob", "--user-side", "sales", "--team", "north"]).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("leads.csv");
    let row = [("Lead ID", "one"), ("Created", "01/10/2025"), ("Sourced By", "Marketing")];
    std::fs::write(&file, crm_export(&[&row]))?;
    let (file, map) = (file.display().to_string(), mapping("crm-leads.toml").display().to_string());
    ask(&mia, &["import", "leads", &file, "--map", &map]).await?;
    let answer = ask(&mia, &["lead", "qualify", "one"]).await?;
    let handoff = answer["handoff"]["name"].as_str().unwrap_or_default().to_owned();

    // Sla has heard of it, and reporting of both, by their certificates.
    let bob_file = bob.display().to_string();
    let asked = async |arguments: &[&str]| -> anyhow::Result<Value> {
        let who = ["--tenant", "acme", "--token-file", &bob_file, "--format", "json"];
        // At first they have not heard of the tenant.
        let ended = services.endpoints.handoff(&[&who, &connection[..], arguments].concat()).await?;
        Ok(serde_json::from_str(&ended.stdout).unwrap_or_default())
    };
    until("a clock runs in sla", async || {
        let clocks = asked(&["sla", "clocks"]).await?;
        Ok(clocks["clocks"].as_array().is_some_and(|clocks| !clocks.is_empty()).then_some(()))
    })
    .await?;
    ask(&bob, &["accept", &handoff]).await?;
    until("the acceptance is in the report", async || {
        Ok((asked(&["report", "sql"]).await?["total"]["sqlCount"] == "1").then_some(()))
    })
    .await?;

    // A good token opens nothing without a certificate, and a certificate nothing without a name on the list.
    let refused = async |endpoints: &Endpoints, arguments: &[&str], told: &str| -> anyhow::Result<()> {
        let list = ["--tenant", "acme", "list"];
        let ended = endpoints.handoff(&[arguments, &list[..]].concat()).await?;
        ensure!(!ended.status.success() && ended.stderr.contains(told), "{told}: {}", ended.stderr);
        Ok(())
    };
    let here = &services.endpoints;
    refused(here, &["--token-file", &bob_file, "--peer-authority", &ca], "--peer-certificate").await?;
    refused(here, &connection, "spiffe://handoff/terminal").await?;
    refused(
        here,
        &["--token-file", &bob_file, "--peer-authority", &Authority::new()?.certificate()],
        "certificate",
    )
    .await?;
    let plain = |endpoint: &String| endpoint.replace("https", "http");
    let by_plain = Endpoints {
        qualification: plain(&here.qualification),
        sla: plain(&here.sla),
        reporting: plain(&here.reporting),
    };
    refused(&by_plain, &["--token-file", &bob_file], "https://").await?;
    services.stop().await
}

#[tokio::test]
async fn tls_towards_a_service_in_plain_text_is_told_as_that() -> anyhow::Result<()> {
    let services = Apart::start().await?;
    let authority = Authority::new()?;
    let secure = services.endpoints.qualification.replace("http", "https");
    let mut asked = command("handoff")?;
    asked.args(["list", "--tenant", "acme", "--qualification", &secure]);
    asked.args(["--peer-authority", &authority.certificate()]);
    let ended = Process::start(asked)?.ended().await?;
    ensure!(!ended.status.success() && ended.stderr.contains("http://"), "{}", ended.stderr);
    ensure!(ended.stderr.contains("does not speak TLS"), "{}", ended.stderr);
    services.stop().await
}

/// Nothing listens where the database should be: it is never asked.
#[tokio::test]
async fn a_service_tells_all_that_is_wrong_and_no_password_before_it_waits_for_anything() -> anyhow::Result<()>
{
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("handoff.toml");
    std::fs::write(
        &file,
        "[database]\nurl = \"postgres://ada:s3cr3t@127.0.0.1:1/none\"\n[identity]\nmesh = \"istio\"\nworklods = \"x\"\n",
    )?;
    let mut sla = command("handoff-sla")?;
    sla.arg("--config").arg(&file).args([
        "--listen",
        "nowhere",
        "--qualification",
        "sla:1",
        "--token-file",
        "none",
    ]);
    let told = Process::start(sla)?.ended().await?.refused(2)?;
    let lines: Vec<&str> = told.lines().collect();
    ensure!(lines.len() == 5 && lines.iter().all(|line| line.starts_with("error: ")), "{told}");
    for word in ["worklods", "--listen", "--qualification", "none", "--workloads"] {
        ensure!(told.contains(word), "{word}: {told}");
    }
    ensure!(!told.contains("s3cr3t"), "{told}");
    Ok(())
}
