//! Scores by the command line: what people do to them, and the explanation that follows.

use handoff_proto::qualification::v1 as pb;
use handoff_tests::life::Life;
use handoff_tests::together::Together;
use serde_json::json;

const ADA: &str = "ada@example.org";

#[tokio::test]
async fn points_by_hand_and_a_reset_are_followed_by_an_explanation() -> anyhow::Result<()> {
    let services = Together::on_scratch().await?;
    let life = Life::begin(&services.endpoints, "acme").await?;
    life.capture("L-1", ADA, pb::Suppression::Unspecified, "capture").await?;
    let ask = async |arguments: &[&str]| {
        services.endpoints.ask(&[&["--tenant", "acme", "lead"], arguments].concat()).await
    };
    for arguments in [
        &["adjust", ADA, "--points", "-5", "--note", "A competitor", "--half-life-days", "30"][..],
        &["reset-score", ADA],
        &["explain", ADA],
    ] {
        let told = ask(arguments).await?;
        // Nothing was agreed on yet, and that is what is missing.
        let lacks = &told["explanation"]["verdict"]["lacks"];
        assert_eq!(lacks[0]["kind"], json!("LACK_KIND_MODEL"), "{arguments:?}: {told:#}");
    }
    Ok(())
}
