//! QualifyLead, AssignHandoff and GetHandoff.

use handoff_proto::qualification::v1 as pb;
use tonic::Code;

use crate::harness::{World, assign, by_name, capture, qualify, read, request_id};

#[tokio::test]
async fn a_qualified_lead_is_an_mql_whose_handoff_waits_for_an_owner() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lead = capture(&mut client, "ada").await;
    let handoff = qualify(&mut client, &lead).await.expect("qualified");
    assert_eq!(handoff.state(), pb::HandoffState::PendingRoute);
    assert_eq!(handoff.trigger(), pb::QualificationTrigger::Manual);
    assert_eq!((handoff.lead.as_str(), handoff.cycle), (lead.as_str(), 1));
    assert!(handoff.owner.is_empty() && handoff.decide_time.is_none() && !handoff.imported);

    let found = read(&mut client, &lead).await;
    assert_eq!(found.lead.expect("the lead").stage(), pb::Stage::Mql);
    let moves: Vec<_> =
        found.stage_history.iter().map(|change| (change.from_stage(), change.to_stage())).collect();
    assert_eq!(moves, [(pb::Stage::Unspecified, pb::Stage::Lead), (pb::Stage::Lead, pb::Stage::Mql)]);
    world.stop().await;
}

#[tokio::test]
async fn the_sales_ready_mark_is_remembered() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lead = capture(&mut client, "ready").await;
    let request = pb::QualifyLeadRequest {
        request_id: request_id(),
        lead: by_name(&lead),
        product_line: String::new(),
        sales_ready: true,
    };
    let handoff = client.qualify_lead(request).await.expect("qualified").into_inner().handoff;
    assert_eq!(handoff.expect("the handoff").trigger(), pb::QualificationTrigger::SalesReady);
    world.stop().await;
}

#[tokio::test]
async fn an_assigned_handoff_has_owner_team_and_time_and_can_be_reassigned() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lead = capture(&mut client, "ada").await;
    let handoff = qualify(&mut client, &lead).await.expect("qualified");
    let first = assign(&mut client, &handoff.name, "users/sara").await.expect("assigned");
    assert_eq!(first.state(), pb::HandoffState::Assigned);
    assert_eq!((first.owner.as_str(), first.team.as_str()), ("users/sara", "teams/north"));
    assert!(first.assign_time.is_some());

    let again = assign(&mut client, &handoff.name, "users/sara").await.expect("assigned");
    assert_eq!(again, first, "the same owner again says nothing new");
    let second = assign(&mut client, &handoff.name, "users/sam").await.expect("reassigned");
    assert_eq!(second.owner, "users/sam");
    assert_ne!(second.etag, first.etag);

    let request = pb::GetHandoffRequest { name: handoff.name };
    let read = client.get_handoff(request).await.expect("read").into_inner().handoff;
    assert_eq!(read, Some(second));
    world.stop().await;
}

#[tokio::test]
async fn an_etag_that_is_out_of_date_aborts() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lead = capture(&mut client, "ada").await;
    let handoff = qualify(&mut client, &lead).await.expect("qualified");
    assign(&mut client, &handoff.name, "users/sara").await.expect("assigned");
    let mut request = pb::AssignHandoffRequest {
        request_id: request_id(),
        name: handoff.name.clone(),
        owner: "users/sam".into(),
        etag: handoff.etag,
    };
    let refusal = client.assign_handoff(request.clone()).await.expect_err("out of date");
    assert_eq!(refusal.code(), Code::Aborted);

    let read = client.get_handoff(pb::GetHandoffRequest { name: handoff.name }).await.expect("read");
    request.request_id = request_id();
    request.etag = read.into_inner().handoff.expect("the handoff").etag;
    client.assign_handoff(request).await.expect("read again, it holds");
    world.stop().await;
}
