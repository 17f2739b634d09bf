//! The `buf curl` lines of README.md, run as they are written but for the ports, which are free ones here.

use handoff_tests::clients::path_with_clients;
use handoff_tests::company::Company;
use handoff_tests::process::Process;
use handoff_tests::readme::{at, commands};
use handoff_tests::together::Together;
use serde_json::Value;
use tokio::process::Command;

#[tokio::test]
#[cfg_attr(not(test_clients), ignore = "HANDOFF_TEST_CLIENTS is not set")]
async fn every_buf_curl_of_the_page_is_answered() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let company = Company::found(&services.endpoints, "demo", &[]).await?;
    services.endpoints.reports_catch_up(&company.caller()).await?;
    let mut answers = Vec::new();
    for line in commands("Any gRPC client")?.iter().filter(|line| line.starts_with("buf curl ")) {
        let mut command = Command::new("sh");
        command.args(["-c", &at(line, &services.endpoints)]).env("PATH", path_with_clients()?);
        let said = Process::start(command)?.ended().await?.well()?;
        answers.push(serde_json::from_str::<Value>(&said)?);
    }
    let [captured, report, plan] = answers.as_slice() else { panic!("three examples: {answers:#?}") };
    assert_eq!(captured["created"], true, "{captured:#}");
    assert_eq!(report["basis"]["query"]["comparePrevious"], true, "{report:#}");
    assert_eq!(plan["plan"]["dealCount"], "200", "{plan:#}");
    services.stop().await
}
