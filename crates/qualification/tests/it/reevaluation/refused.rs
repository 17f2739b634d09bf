//! What ReevaluationService refuses, each with its way out.

use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;

use super::{FRIDAY, SECOND, client, get};
use crate::harness::{World, told};
use crate::promotion::{MODEL, agree, agree_from, model, published};

#[tokio::test]
async fn what_names_no_re_evaluation_is_refused_with_the_way_out() {
    let world = World::new().await;
    let mut client = client(&world);
    for name in [
        "",
        "scoring-model/versions/2",
        "scoring-model/versions/02/reevaluation",
        "contract/versions/1/reevaluation",
        "scoring-model/versions/2/reevaluation/",
    ] {
        let refusal = get(&mut client, name).await.expect_err("no name");
        insta::assert_snapshot!("a_bad_name", told(&refusal));
    }
    let request = pb::ListReevaluatedLeadsRequest {
        parent: "scoring-model".into(),
        page_size: -1,
        page_token: "nobody gave it".into(),
    };
    let refusal = client.list_reevaluated_leads(request).await.expect_err("nothing of it");
    insta::assert_snapshot!("every_field_of_a_list_of_leads", told(&refusal));
    let request = pb::ListReevaluationsRequest { page_size: -1, page_token: "nobody gave it".into() };
    let refusal = client.list_reevaluations(request).await.expect_err("nothing of it");
    insta::assert_snapshot!("every_field_of_a_list", told(&refusal));
    world.stop().await;
}

#[tokio::test]
async fn a_version_that_has_none_says_why() {
    let (world, _clock) = World::at(FRIDAY).await;
    let mut client = client(&world);
    let refusal = get(&mut client, SECOND).await.expect_err("no version");
    insta::assert_snapshot!("no_such_version", told(&refusal));
    agree(&world, MODEL, model("20")).await;
    let refusal = get(&mut client, "scoring-model/versions/1/reevaluation").await.expect_err("none");
    insta::assert_snapshot!("new_events_only", told(&refusal));
    let shadow = published("20", pb::publish::Mode::Shadow(pb::Shadow {}));
    agree_from(&world, MODEL, shadow, Some("2026-03-09T08:00:00Z")).await;
    let refusal = get(&mut client, SECOND).await.expect_err("not yet");
    insta::assert_snapshot!("not_in_effect_yet", told(&refusal));
    let request = pb::ListReevaluatedLeadsRequest {
        parent: SECOND.into(),
        ..pb::ListReevaluatedLeadsRequest::default()
    };
    let refusal = client.list_reevaluated_leads(request).await.expect_err("not yet");
    insta::assert_snapshot!("not_in_effect_yet", told(&refusal));

    // Those of a tenant are another's as little as its leads.
    world.create_tenant("other").await;
    let mut stranger = world.reevaluations(Caller::user("other", "mia", Side::Marketing));
    let refusal = get(&mut stranger, "scoring-model/versions/1/reevaluation").await.expect_err("not theirs");
    insta::assert_snapshot!("no_such_version", told(&refusal).replace("versions/1", "versions/2"));
    world.stop().await;
}
