//! What ExplainScore refuses, as snapshots.

use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use tonic::Status;

use super::world::{NOW, asking};
use crate::harness::{World, capture, told};

fn check<T: std::fmt::Debug>(name: &str, answer: Result<T, Status>) {
    insta::assert_snapshot!(name.to_owned(), told(&answer.expect_err(name)));
}

#[tokio::test]
async fn refusals_of_an_explanation() {
    let (world, _clock) = World::at(NOW).await;
    let lead = capture(&mut world.marketing(), "ada").await;
    let mut client = world.scores(Caller::user("acme", "sara", Side::Sales));
    let request =
        pb::ExplainScoreRequest { lead: None, day: "27.3.2026".into(), product_line: "No slug".into() };
    check("invalid_explain_score", client.explain_score(request).await);
    check("explain_tomorrow", client.explain_score(asking(&lead, "2026-03-28")).await);
    let email = Some(pb::lead_ref::Lead::Email("nobody@lead.example".into()));
    let request = pb::ExplainScoreRequest {
        lead: Some(pb::LeadRef { lead: email }),
        ..pb::ExplainScoreRequest::default()
    };
    check("explain_nobody", client.explain_score(request).await);
    world.stop().await;
}
