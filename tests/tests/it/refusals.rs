//! What a person sees who asks for something that cannot be: what was wrong, why, the way out, and an exit status; never
//! a stack trace, never silence.

use handoff_tests::apart::Apart;
use handoff_tests::company::Company;
use handoff_tests::process;

#[tokio::test]
async fn a_refusal_names_its_reason_and_the_way_out() -> anyhow::Result<()> {
    let services = Apart::start().await?;
    let company = Company::found(&services.endpoints, "acme", &[]).await?;
    let handoff = company.hand_over("7").await?;
    let check_as = async |tenant: &str, arguments: &[&str], told: &[&str]| {
        let arguments = [&["--tenant", tenant, "--user", "bob"], arguments].concat();
        let refusal = services.endpoints.handoff(&arguments).await?.refused(1)?;
        assert!(refusal.starts_with("error: "), "{arguments:?}\n{refusal}");
        for told in told {
            assert!(refusal.contains(told), "{arguments:?} does not tell {told}\n{refusal}");
        }
        anyhow::Ok(())
    };
    let check = async |arguments: &[&str], told: &[&str]| check_as("acme", arguments, told).await;
    check(&["assign", &handoff, "--owner", "nobody"], &["users/nobody was not found"]).await?;
    check(&["accept", &handoff, "--side", "marketing"], &["reason: WRONG_SIDE", "SALES", "try: "]).await?;
    check(&["lead", "qualify", "7"], &["reason: HANDOFF_OPEN", &handoff, "try: "]).await?;
    check(&["reject", &handoff, "--reason", "bad_mood"], &["reason"]).await?;
    check_as("nobodys", &["list"], &["reason: TENANT_NOT_FOUND", "try: "]).await?;
    check_as("", &["list"], &["--tenant"]).await?;
    check(
        &["tenant", "create", "acme", "--time-zone", "Europe/Rome", "--currency-code", "EUR"],
        &["reason: NAME_TAKEN"],
    )
    .await?;
    // Every field that is wrong, at once.
    check(
        &["tenant", "create", "other", "--time-zone", "Rome", "--currency-code", "euro"],
        &["tenant.time_zone: ", "tenant.currency_code: "],
    )
    .await?;
    company.ask(&["accept", &handoff]).await?;
    check(&["reject", &handoff, "--reason", "duplicate"], &["reason: ILLEGAL_STATE", "ACCEPTED", "try: "])
        .await?;
    services.stop().await
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told_with_its_address_and_how_to_start_it() -> anyhow::Result<()> {
    let nowhere = "http://127.0.0.1:1";
    let arguments = ["--tenant", "acme", "--sla", nowhere, "sla", "clocks"];
    let told = process::handoff(arguments).await?.refused(1)?;
    assert!(told.contains(nowhere) && told.contains("`handoff up`"), "{told}");
    Ok(())
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_told_apart_from_failures() -> anyhow::Result<()> {
    let told = process::handoff(["report", "velocity", "--time-unit", "parsecs"]).await?.refused(2)?;
    assert!(told.contains("parsecs") && told.contains("--time-unit"), "{told}");
    let told = process::handoff(["tenant", "create", "acme"]).await?.refused(2)?;
    assert!(told.contains("--time-zone"), "{told}");
    Ok(())
}
