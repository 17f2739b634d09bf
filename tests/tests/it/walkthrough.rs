//! The main job, as people do it with the command line against three services of their own: a lead is captured, handed
//! over, decided, and the clock and the reports say how that went.

use handoff_tests::apart::Apart;
use handoff_tests::company::Company;
use handoff_tests::waiting::until;
use serde_json::{Value, json};

/// The clock of a handoff once it is in `state`.
async fn clock(company: &Company, handoff: &str, state: &str) -> anyhow::Result<Value> {
    until(&format!("the clock is {state}"), async || {
        let clocks = company.ask(&["sla", "clocks", "--handoff", handoff]).await?;
        let clock = clocks["clocks"][0].clone();
        Ok((clock["state"] == format!("CLOCK_STATE_{state}")).then_some(clock))
    })
    .await
}

/// The names of the handoffs that a command lists.
fn names(answer: &Value) -> Vec<&str> {
    let handoffs = answer["handoffs"].as_array().expect("a list");
    handoffs.iter().map(|handoff| handoff["name"].as_str().expect("a name")).collect()
}

/// The stages of a lead's history, in order.
async fn stages(company: &Company, lead: &str) -> anyhow::Result<Vec<String>> {
    let shown = company.ask(&["lead", "show", lead]).await?;
    let history = shown["stageHistory"].as_array().expect("a history");
    Ok(history.iter().map(|change| change["toStage"].as_str().expect("a stage").to_owned()).collect())
}

#[tokio::test]
async fn a_lead_that_is_accepted_in_time_meets_its_clock_and_is_in_the_reports() -> anyhow::Result<()> {
    let services = Apart::start().await?;
    let company = Company::found(&services.endpoints, "acme", &[]).await?;
    let handoff = company.hand_over("7").await?;
    assert_eq!(names(&company.ask(&["list", "--state", "pending_route"]).await?), [&handoff]);
    assert!(names(&company.ask(&["list", "--state", "assigned"]).await?).is_empty());

    let assigned = company.ask(&["assign", &handoff, "--owner", "bob"]).await?;
    assert_eq!(assigned["handoff"]["team"], "teams/north");
    assert_eq!(names(&company.ask(&["list", "--state", "assigned", "--owner", "bob"]).await?), [&handoff]);
    let running = clock(&company, &handoff, "RUNNING").await?;
    assert_eq!(running["target"], json!({ "businessDays": 2 }));
    assert_eq!(running["contractSignatureState"], "SIGNATURE_STATE_UNSIGNED");

    let accepted = company.ask(&["accept", &handoff]).await?;
    assert_eq!(accepted["handoff"]["state"], "HANDOFF_STATE_ACCEPTED");
    assert_eq!(accepted["handoff"]["decidedBy"], "users/bob");
    let met = clock(&company, &handoff, "MET").await?;
    assert_eq!(met["breachTime"], Value::Null);
    assert_eq!(stages(&company, "7").await?, ["STAGE_LEAD", "STAGE_MQL", "STAGE_SQL"]);

    services.endpoints.reports_catch_up(&company.caller()).await?;
    let mql = company.ask(&["report", "mql"]).await?;
    assert_eq!(mql["total"]["mqlCount"], "1");
    assert_eq!(mql["basis"]["contractUnsigned"], true);
    let sql = company.ask(&["report", "sql", "--breakdown", "team"]).await?;
    assert_eq!(sql["total"]["sqlCount"], "1");
    assert_eq!(sql["total"]["acceptanceRate"]["value"], "1");
    let velocity = company.ask(&["report", "velocity"]).await?;
    assert_eq!(velocity["total"]["sampleCount"], "1");
    assert_eq!(velocity["total"]["verdicts"][0]["verdict"], "VERDICT_ADHERING");
    services.stop().await
}

#[tokio::test]
async fn a_lead_that_is_rejected_goes_to_nurture_and_cools_down() -> anyhow::Result<()> {
    let services = Apart::start().await?;
    let company = Company::found(&services.endpoints, "acme", &[]).await?;
    let handoff = company.hand_over("8").await?;
    company.ask(&["assign", &handoff, "--owner", "bob"]).await?;
    let rejected = company.ask(&["reject", &handoff, "--reason", "no_budget_now"]).await?;
    assert_eq!(rejected["handoff"]["state"], "HANDOFF_STATE_REJECTED");
    assert_eq!(rejected["handoff"]["rejectionAttribution"], "REJECTION_ATTRIBUTION_TIMING");
    assert_eq!(stages(&company, "8").await?, ["STAGE_LEAD", "STAGE_MQL", "STAGE_NURTURE"]);
    // To reject is to decide: sales kept its word.
    clock(&company, &handoff, "MET").await?;

    let refusal = company.handoff(&["lead", "qualify", "8"]).await?.refused(1)?;
    assert!(refusal.contains("reason: COOLDOWN_ACTIVE"), "{refusal}");

    services.endpoints.reports_catch_up(&company.caller()).await?;
    let sql = company.ask(&["report", "sql"]).await?;
    let total = &sql["total"];
    assert_eq!((&total["sqlCount"], &total["acceptanceRate"]["denominator"]), (&json!("0"), &json!("1")));
    assert_eq!(
        total["rejections"],
        json!([{ "reason": "NO_BUDGET_NOW", "attribution": "TIMING", "count": "1" }])
    );
    services.stop().await
}

#[tokio::test]
async fn a_lead_that_is_decided_too_late_breaches_at_its_deadline_and_sales_is_not_adhering()
-> anyhow::Result<()> {
    let services = Apart::start().await?;
    let company = Company::found(&services.endpoints, "hasty", &["--starter-target", "1s calendar"]).await?;
    let handoff = company.hand_over("9").await?;
    company.ask(&["assign", &handoff, "--owner", "bob"]).await?;

    let breach = until("the clock has breached", async || {
        let breaches = company.ask(&["sla", "breaches", "--overdue-only"]).await?;
        Ok(breaches["clocks"].get(0).cloned())
    })
    .await?;
    assert_eq!((&breach["handoff"], &breach["overdue"]), (&json!(handoff), &json!(true)));
    assert_eq!(breach["breachTime"], breach["dueTime"]);

    company.ask(&["accept", &handoff]).await?;
    let late = clock(&company, &handoff, "MET_LATE").await?;
    assert_eq!(late["breachTime"], breach["dueTime"], "a late answer does not undo the breach");
    assert_eq!(late["overdue"], false);
    let overdue = company.ask(&["sla", "breaches", "--overdue-only"]).await?;
    assert_eq!(overdue["clocks"], json!([]));

    services.endpoints.reports_catch_up(&company.caller()).await?;
    let velocity = company.ask(&["report", "velocity", "--time-unit", "calendar"]).await?;
    let total = &velocity["total"];
    assert_eq!(
        (&total["slaAttainment"]["numerator"], &total["slaAttainment"]["denominator"]),
        (&json!("0"), &json!("1"))
    );
    let verdict = &total["verdicts"][0];
    assert_eq!(verdict["verdict"], "VERDICT_NOT_ADHERING", "{verdict:#}");
    assert_eq!((&verdict["timeUnit"], &verdict["targetValue"]), (&json!("TIME_UNIT_CALENDAR"), &json!("1")));
    let overshoot: f64 = verdict["overshoot"].as_str().expect("an overshoot").parse()?;
    assert!(overshoot > 0.0, "{overshoot}");
    services.stop().await
}
