//! A third party's client: Python's grpcio, against the services as processes. It captures, qualifies and accepts a lead
//! and reads reports; once by what the server tells of itself, once by code that is generated from the protos.

use handoff_tests::clients::{generate_python, run_script};
use handoff_tests::company::Company;
use handoff_tests::together::Together;
use serde_json::{Value, json};

/// Runs the script against services that have the tenant, and checks what it saw.
async fn check(script: &str, tenant: &'static str, generated: &[&std::path::Path]) -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    Company::found(&services.endpoints, tenant, &[]).await?;
    let address = |endpoint: &str| endpoint.trim_start_matches("http://").to_owned();
    let (qualification, reporting) =
        (address(&services.endpoints.qualification), address(&services.endpoints.reporting));
    let printed = run_script(script, generated, &[&qualification, &reporting, tenant]).await?;
    let seen: Value = serde_json::from_str(&printed)?;
    let expected = json!({
        "repeat_is_the_same_lead": true,
        "handoff_at_first": "HANDOFF_STATE_PENDING_ROUTE",
        "refusal": "PERMISSION_DENIED",
        "handoff_at_last": "HANDOFF_STATE_ACCEPTED",
        "mql_count": "1",
        "cohort_efficiency": "1",
        "plan": { "dealCount": "200", "sqlCount": "800", "mqlCount": "4000" },
    });
    assert_eq!(seen, expected, "{seen:#}");
    services.stop().await
}

#[tokio::test]
#[cfg_attr(not(test_clients), ignore = "HANDOFF_TEST_CLIENTS is not set")]
async fn a_stranger_works_by_what_the_server_tells_of_itself() -> anyhow::Result<()> {
    check("by_reflection.py", "reflected", &[]).await
}

#[tokio::test]
#[cfg_attr(not(test_clients), ignore = "HANDOFF_TEST_CLIENTS is not set")]
async fn a_stranger_works_by_code_made_from_the_protos() -> anyhow::Result<()> {
    let generated = tempfile::tempdir()?;
    generate_python(generated.path()).await?;
    check("from_protos.py", "generated", &[generated.path()]).await
}
