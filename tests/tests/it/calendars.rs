//! Calendars by the command line: from a file in a repository, closed on the holidays of another, to what a deadline is.

use std::fs;

use anyhow::ensure;
use handoff_tests::company::Company;
use handoff_tests::sources;
use handoff_tests::together::Together;
use handoff_tests::waiting::until;
use tempfile::TempDir;

#[tokio::test]
async fn a_calendar_comes_out_of_files_and_deadlines_keep_to_it() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let acme = Company::found(&services.endpoints, "acme", &[]).await?;
    until("sla has heard of the tenant", async || Ok(acme.handoff(&["calendar", "show"]).await?.well().ok()))
        .await?;
    let example =
        |name: &str| sources::root().join("docs/examples").join(name).to_string_lossy().into_owned();
    let (week, holidays) = (example("calendar-rome.yaml"), example("holidays-italy.ics"));

    let made = acme.ask(&["calendar", "apply", &week]).await?;
    assert_eq!(made["calendar"]["version"], 1, "{made}");
    let again = acme.ask(&["calendar", "apply", &week]).await?;
    assert_eq!(again["calendar"]["version"], 1, "saying it again changes nothing");

    let years = ["--first-year", "2026", "--last-year", "2026"];
    let import = [&["calendar", "import-holidays", "rome", &holidays][..], &years].concat();
    let told = acme.handoff(&[&import[..], &["--validate-only"]].concat()).await?;
    ensure!(told.stderr.contains("nothing was changed"), "{told:?}");
    let shown = acme.handoff(&import).await?.well()?;
    ensure!(shown.contains("2026-04-06") && shown.contains("Lunedì dell'Angelo"), "{shown}");
    let shown = acme.handoff(&["calendar", "show", "rome"]).await?.well()?;
    ensure!(
        shown.contains("09:00 to 13:00, 14:00 to 18:00") && shown.contains("calendars/rome, version 2"),
        "{shown}"
    );
    let listed = acme.handoff(&["calendar", "list", "--format", "csv"]).await?.well()?;
    ensure!(listed.contains("calendars/rome,Rome,Europe/Rome,2,"), "{listed}");

    // V5: Good Friday 17:30 and one business hour, over Easter Monday.
    let start = ["--start-time", "2026-04-03T17:30:00+02:00"];
    let due = acme
        .ask(&[&["sla", "preview", "--calendar", "rome", "--target", "1h business"][..], &start].concat())
        .await?;
    assert_eq!(due["localDueTime"], "2026-04-07T09:30:00+02:00", "{due}");
    let end = ["--end-time", "2026-04-07T09:30:00+02:00"];
    let elapsed = acme.ask(&[&["sla", "elapsed", "--calendar", "rome"][..], &start, &end].concat()).await?;
    assert_eq!(elapsed["businessTime"], "3600s", "{elapsed}");

    // What is shown as YAML can be applied again, elsewhere too.
    let files = TempDir::new()?;
    let copy = files.path().join("copy.yaml");
    let yaml = acme.handoff(&["calendar", "show", "rome", "--yaml"]).await?.well()?;
    fs::write(&copy, &yaml)?;
    let same = acme.ask(&["calendar", "apply", &copy.to_string_lossy()]).await?;
    assert_eq!(same["calendar"]["version"], 2, "{same}");
    fs::write(&copy, yaml.replace("13:00", "25:00"))?;
    let refused = acme.handoff(&["calendar", "apply", &copy.to_string_lossy()]).await?.refused(2)?;
    ensure!(refused.contains("copy.yaml:") && refused.contains("is not a time of day"), "{refused}");
    Ok(())
}
