//! Points by hand and counting anew, over the wire.

use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::score_service_client::ScoreServiceClient;
use handoff_runtime::client::{Caller, Peer};

use crate::harness::{World, by_name, request_id, told};
use crate::promotion::{FIT, company, does, heard, judging, open_handoff, stage};

fn mia(world: &World) -> ScoreServiceClient<Peer> {
    world.scores(Caller::user("acme", "mia", Side::Marketing))
}

fn adjusting(lead: &str, points: &str) -> pb::AdjustScoreRequest {
    pb::AdjustScoreRequest {
        request_id: request_id(),
        lead: by_name(lead),
        points: points.to_owned(),
        decay: None,
        note: "She called and asked for the price list".to_owned(),
    }
}

/// The behaviour as it is explained, with the lines that are no rules.
async fn behaviour(world: &World, lead: &str) -> (String, Vec<(pb::ScoreLineKind, String)>) {
    let request = pb::ExplainScoreRequest { lead: by_name(lead), ..pb::ExplainScoreRequest::default() };
    let answer = mia(world).explain_score(request).await.expect("explained").into_inner();
    let behaviour = answer.explanation.and_then(|it| it.behaviour).expect("a behaviour");
    let by_hand = behaviour.lines.iter().filter(|line| line.kind() != pb::ScoreLineKind::Rule);
    (behaviour.points.clone(), by_hand.map(|line| (line.kind(), line.points.clone())).collect())
}

#[tokio::test]
async fn points_by_hand_are_a_line_of_their_own_and_may_make_an_mql() {
    let (world, _clock) = judging().await;
    let lead = company(&world, "ada", &FIT).await;
    for _ in 0..2 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    let before = mia(&world).adjust_score(adjusting(&lead, "5")).await.expect("given").into_inner().position;
    assert_eq!(
        behaviour(&world, &lead).await,
        ("45".into(), vec![(pb::ScoreLineKind::Adjustment, "5".into())])
    );
    assert_eq!(stage(&world, &lead).await, pb::Stage::Lead);
    let request = adjusting(&lead, "7.5");
    for _ in 0..2 {
        // Told twice, given once.
        let given = mia(&world).adjust_score(request.clone()).await.expect("given").into_inner();
        assert_eq!(given.position, before + 1);
    }
    let event = heard(&world, "LeadQualified", &lead, 1).await;
    let merit = open_handoff(&world, &event).await.merit.expect("it was judged");
    assert_eq!(merit.behaviour_points, "52.5");
    world.stop().await;
}

#[tokio::test]
async fn what_a_lead_did_before_a_reset_counts_nothing_neither_points_by_hand() {
    let (world, mut clock) = judging().await;
    let lead = company(&world, "ada", &FIT).await;
    for _ in 0..2 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    mia(&world).adjust_score(adjusting(&lead, "-3")).await.expect("taken");
    assert_eq!(behaviour(&world, &lead).await.0, "37");
    clock.set("2026-03-02T10:00:00Z".parse().expect("an instant")).await.expect("moved");
    let request = pb::ResetScoreRequest { request_id: request_id(), lead: by_name(&lead) };
    mia(&world).reset_score(request).await.expect("reset");
    assert_eq!(behaviour(&world, &lead).await, ("0".into(), vec![]));
    // It takes as much as ever from there.
    for _ in 0..3 {
        does(&world, &lead, "EBOOK_DOWNLOADED", None).await;
    }
    let event = heard(&world, "LeadQualified", &lead, 1).await;
    assert_eq!(open_handoff(&world, &event).await.merit.expect("it was judged").behaviour_points, "60");
    world.stop().await;
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_adjustment_is_told_at_once() {
    let (world, _clock) = judging().await;
    let lead = company(&world, "ada", &[]).await;
    let decay = Some(pb::Decay { decay: Some(pb::decay::Decay::HalfLifeDays(0)) });
    let request = pb::AdjustScoreRequest { decay, note: " ".into(), ..adjusting(&lead, "10000.001") };
    let refusal = mia(&world).adjust_score(request).await.expect_err("refused");
    insta::assert_snapshot!("invalid_adjust_score", told(&refusal));
    let request = pb::AdjustScoreRequest { points: "many".into(), ..adjusting(&lead, "0") };
    let refusal = mia(&world).adjust_score(request).await.expect_err("refused");
    insta::assert_snapshot!("invalid_adjust_score_points", told(&refusal));
    world.stop().await;
}
