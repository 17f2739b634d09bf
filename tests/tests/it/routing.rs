//! Routing by the command line and with all services: a plan out of a file, hours that sla tells of, and a hand-over that waits for
//! them.

use std::fs;

use anyhow::{Context, ensure};
use handoff_tests::company::Company;
use handoff_tests::fault::audit::broken_laws;
use handoff_tests::sources;
use handoff_tests::together::Together;
use handoff_tests::waiting::until;
use tempfile::TempDir;

/// Open for an hour in some years, and not before.
const LATER: &str = "name: calendars/shifts\ndisplay_name: Shifts\ntime_zone: Europe/Rome\n\
                     exceptions:\n  - date: \"2030-05-06\"\n    hours:\n      - {open: \"09:00\", close: \"10:00\"}\n";

/// Open around the clock.
fn always() -> String {
    let days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    let hours =
        days.map(|day| format!("  - weekday: {day}\n    hours: {{open: \"00:00\", close: \"24:00\"}}\n"));
    format!(
        "name: calendars/shifts\ndisplay_name: Shifts\ntime_zone: Europe/Rome\nweekly_hours:\n{}",
        hours.concat()
    )
}

#[tokio::test]
async fn a_hand_over_waits_for_the_hours_that_sla_tells_of() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let acme = Company::found(&services.endpoints, "acme", &[]).await?;
    let files = TempDir::new()?;
    let write = |name: &str, text: &str| -> anyhow::Result<String> {
        let path = files.path().join(name);
        fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let (later, open) = (write("later.yaml", LATER)?, write("open.yaml", &always())?);
    until("sla has heard of the tenant", async || Ok(acme.handoff(&["calendar", "show"]).await?.well().ok()))
        .await?;
    let unknown = acme.handoff(&["routing", "team", "north", "--calendar", "shifts"]).await?.refused(1)?;
    ensure!(unknown.contains("qualification knows no such calendar"), "{unknown}");
    acme.ask(&["calendar", "apply", &later]).await?;
    // What sla has said, qualification hears a moment later.
    until("qualification has heard of the calendar", async || {
        Ok(acme.handoff(&["routing", "team", "north", "--calendar", "shifts"]).await?.well().ok())
    })
    .await?;
    acme.ask(&["routing", "user", "bob", "--capacity", "5", "--weight", "20"]).await?;

    let example = sources::root().join("docs/examples/routing-plan.yaml").to_string_lossy().into_owned();
    let put = acme.ask(&["routing", "apply", &example]).await?;
    assert_eq!(put["number"], 1, "{put}");
    let yaml = acme.handoff(&["routing", "show", "--yaml"]).await?.well()?;
    let same = acme.ask(&["routing", "apply", &write("copy.yaml", &yaml)?]).await?;
    assert_eq!(same["number"], 1, "what is shown can be applied again: {same}");
    let wrong = write("wrong.yaml", &yaml.replace("teams/north", "teams/nowhere"))?;
    let refused = acme.handoff(&["routing", "apply", &wrong]).await?.refused(2)?;
    ensure!(refused.contains("wrong.yaml:") && refused.contains("is no team of this tenant"), "{refused}");
    let shown = acme.handoff(&["routing", "show"]).await?.well()?;
    ensure!(shown.contains("italy") && shown.contains("Routing plan 1."), "{shown}");

    let handoff = acme.hand_over("C-1").await?;
    let explained = acme.ask(&["routing", "explain", &handoff]).await?;
    assert_eq!(explained["now"]["leftOut"]["offHours"], 1, "{explained}");
    assert_eq!(explained["now"]["freeTime"], "2030-05-06T07:00:00Z", "{explained}");
    let told = acme.handoff(&["routing", "explain", &handoff]).await?.well()?;
    ensure!(told.contains("Nobody is free") && told.contains("1 not at work"), "{told}");

    acme.ask(&["calendar", "apply", &open]).await?;
    until("it is routed", async || {
        let listed = acme.ask(&["list"]).await?;
        Ok((listed["handoffs"][0]["owner"] == "users/bob").then_some(()))
    })
    .await?;
    let database = services.database().context("a scratch database")?;
    let broken = broken_laws(&database.url()).await?.1;
    ensure!(broken.is_empty(), "handoff verify finds\n{}", broken.join("\n"));
    services.stop().await
}
