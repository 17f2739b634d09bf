//! What follows from a published model, by the command line.

use anyhow::{Context, ensure};
use handoff_tests::life::Life;
use handoff_tests::together::Together;
use serde_json::json;

#[tokio::test]
async fn a_re_evaluation_is_followed_to_its_end_with_the_leads_that_change() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let life = Life::begin(&services.endpoints, "acme").await?;
    life.score(1).await?;
    life.publish().await?;
    let acme = ["--tenant", "acme", "reevaluation"];
    let ask = async |arguments: &[&str]| services.endpoints.ask(&[&acme, arguments].concat()).await;

    let all = ask(&["list"]).await?;
    let names = all["reevaluations"].as_array().context("a list")?.iter().map(|it| &it["version"]);
    let expected = ["criteria-sets/b2c/versions/2", "scoring-model/versions/4", "scoring-model/versions/3"];
    assert_eq!(names.collect::<Vec<_>>(), expected, "the latest first");
    let it = ask(&["show", "scoring-model/versions/4", "--follow"]).await?["reevaluation"].clone();
    assert_eq!(it["name"], "scoring-model/versions/4/reevaluation");
    assert_eq!(
        (&it["mode"], &it["state"]),
        (&json!("REEVALUATION_MODE_CAPPED"), &json!("REEVALUATION_STATE_DONE"))
    );
    assert_eq!(it["leadsTotal"], it["leadsEvaluated"]);

    // The best first, no more than were asked for; the name of the re-evaluation will do as well.
    let leads = ask(&["leads", "scoring-model/versions/3/reevaluation", "--limit", "2"]).await?;
    let points = leads["leads"].as_array().context("a list")?.iter().map(|it| &it["behaviourPoints"]);
    assert_eq!(points.collect::<Vec<_>>().len(), 2);
    let page =
        services.endpoints.handoff(&[&acme[..], &["leads", "scoring-model/versions/3"]].concat()).await?;
    let page = page.well()?;
    ensure!(page.contains("QUALIFIES") && page.contains("Behaviour"), "{page}");

    let none =
        services.endpoints.handoff(&[&acme[..], &["show", "scoring-model/versions/1"]].concat()).await?;
    let said = none.refused(1)?;
    ensure!(
        said.contains("leads were not re-evaluated for it") && said.contains("SHADOW or CAPPED"),
        "{said}"
    );
    services.stop().await
}
