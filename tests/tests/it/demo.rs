//! `handoff demo`: it ends well, its reports reveal what is wrong with the company that it makes up, and clocks breached
//! while it ran. Smaller than the real one; how long that takes is for a person with a watch.

use std::path::Path;

use anyhow::Context;
use handoff_tests::process::{self, Ended};
use handoff_tests::together::DataFolder;
use serde_json::Value;

/// Runs it with answers in JSON. Gives what one could watch, which goes to stderr, and the answers.
async fn demo(folder: &Path) -> anyhow::Result<(String, Vec<Value>)> {
    let folder = folder.to_string_lossy();
    let arguments = ["demo", "--folder", &folder, "--port", "0", "--leads", "3000", "--format", "json"];
    let Ended { status, stdout, stderr } = process::handoff(arguments).await?;
    anyhow::ensure!(status.code() == Some(0), "{status}\n{stderr}");
    let answers: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&stdout).into_iter().collect();
    Ok((stderr, answers?))
}

/// The answer that has this field in its rows, or itself.
fn with<'a>(answers: &'a [Value], field: &str) -> anyhow::Result<&'a Value> {
    let found =
        answers.iter().find(|answer| answer.get(field).is_some() || answer["total"].get(field).is_some());
    found.with_context(|| format!("no answer has {field}"))
}

/// The row of a value of the dimension.
fn row<'a>(report: &'a Value, value: &str) -> anyhow::Result<&'a Value> {
    let rows = report["rows"].as_array().context("a report has rows")?;
    rows.iter().find(|row| row["key"]["value"] == value).with_context(|| format!("no row of {value}"))
}

fn number(text: &Value) -> f64 {
    text.as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

#[tokio::test]
async fn the_demo_reveals_the_slow_team_and_the_bad_channel_and_can_be_run_again() -> anyhow::Result<()> {
    let folder = DataFolder::new()?;
    let data = folder.path().join("demo");
    let (story, answers) = demo(&data).await?;
    assert_eq!(
        story.matches("BREACH").count(),
        3,
        "two leads were forgotten, one was decided too late\n{story}"
    );

    let breaches = with(&answers, "clocks")?["clocks"].as_array().context("a list")?;
    assert_eq!(breaches.len(), 3, "{breaches:#?}");
    assert!(breaches.iter().all(|clock| clock["breachTime"] == clock["dueTime"]), "{breaches:#?}");

    let mqls = with(&answers, "mqlCount")?;
    assert!(number(&mqls["total"]["mqlCount"]) > 0.0, "{mqls:#}");

    let sources = with(&answers, "acceptanceRate")?;
    let bad = number(&row(sources, "leadmarket")?["acceptanceRate"]["value"]);
    for row in sources["rows"].as_array().context("a report has rows")? {
        // Few decisions say little about a channel.
        let is_other = row["key"]["value"].as_str().is_some_and(|source| source != "leadmarket");
        if is_other && number(&row["acceptanceRate"]["denominator"]) >= 50.0 {
            assert!(bad < number(&row["acceptanceRate"]["value"]), "{row:#}");
        }
    }

    let teams = with(&answers, "sampleCount")?;
    let verdict = |team: &str| anyhow::Ok(row(teams, team)?["verdicts"][0]["verdict"].clone());
    assert_eq!(verdict("teams/north")?, "VERDICT_NOT_ADHERING");
    let others = teams["rows"].as_array().context("a report has rows")?.iter();
    let adhering = others.filter(|row| row["verdicts"][0]["verdict"] == "VERDICT_ADHERING").count();
    assert!(adhering > 0, "the other teams keep their word: {teams:#}");

    // Again, on what is there: only the live part is new.
    let (_, again) = demo(&data).await?;
    assert_eq!(with(&again, "mqlCount")?["total"], mqls["total"]);
    assert!(
        with(&again, "clocks")?["clocks"].as_array().is_some_and(|clocks| clocks.len() > 3),
        "{again:#?}"
    );
    assert_eq!(folder.postgres(), None);
    Ok(())
}
