//! DisputeHandoff and ResolveDispute.

use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::decision_service_client::DecisionServiceClient;
use handoff_runtime::client::{Caller, Peer};
use tonic::{Code, Status};

use crate::harness::{World, accept, assigned, qualify, read, reject, request_id, told};

pub(crate) type Decisions = DecisionServiceClient<Peer>;

/// `users/mia` of marketing.
pub(crate) fn mia(world: &World) -> Decisions {
    world.decisions(Caller::user("acme", "mia", Side::Marketing))
}

/// Somebody of sales, by slug.
pub(crate) fn of_sales(world: &World, user: &str) -> Decisions {
    world.decisions(Caller::user("acme", user, Side::Sales))
}

fn objection(handoff: &str) -> pb::DisputeHandoffRequest {
    pb::DisputeHandoffRequest {
        request_id: request_id(),
        name: handoff.to_owned(),
        note: "it is what we agreed on".into(),
        etag: String::new(),
    }
}

async fn dispute(client: &mut Decisions, handoff: &str) -> Result<pb::Handoff, Status> {
    let answer = client.dispute_handoff(objection(handoff)).await?;
    Ok(answer.into_inner().handoff.expect("the handoff"))
}

fn ruling(handoff: &str, ruling: pb::DisputeRuling) -> pb::ResolveDisputeRequest {
    pb::ResolveDisputeRequest {
        request_id: request_id(),
        name: handoff.to_owned(),
        ruling: ruling.into(),
        note: "looked at it once more".into(),
        ..pb::ResolveDisputeRequest::default()
    }
}

async fn resolve(client: &mut Decisions, request: pb::ResolveDisputeRequest) -> Result<pb::Handoff, Status> {
    let answer = client.resolve_dispute(request).await?;
    Ok(answer.into_inner().handoff.expect("the handoff"))
}

/// A lead whose handoff `users/sara` rejected: (lead, handoff).
async fn rejected(world: &World, name: &str) -> (String, pb::Handoff) {
    let (lead, handoff) = assigned(world, name).await;
    let handoff = reject(&mut world.sales(), &handoff.name, "WRONG_SIZE").await.expect("rejected");
    (lead, handoff)
}

#[tokio::test]
async fn an_overturned_rejection_waits_for_sales_again_and_the_lead_is_an_mql() {
    let world = World::new().await;
    let (lead, handoff) = rejected(&world, "ada").await;
    let request = objection(&handoff.name);
    let disputed = mia(&world).dispute_handoff(request.clone()).await.expect("disputed").into_inner().handoff;
    let disputed = disputed.expect("the handoff");
    assert_eq!(disputed.state(), pb::HandoffState::Disputed);
    assert_eq!(disputed.rejection_reason, "WRONG_SIZE");
    let again = mia(&world).dispute_handoff(request).await.expect("the same again").into_inner().handoff;
    assert_eq!(again.as_ref(), Some(&disputed));

    let request = pb::ResolveDisputeRequest {
        etag: disputed.etag.clone(),
        ..ruling(&handoff.name, pb::DisputeRuling::Overturned)
    };
    let reopened = resolve(&mut of_sales(&world, "sam"), request.clone()).await.expect("overturned");
    assert_eq!((reopened.state(), reopened.round), (pb::HandoffState::Assigned, 2));
    assert_eq!((reopened.owner.as_str(), reopened.rejection_reason.as_str()), ("users/sara", ""));
    assert_eq!((reopened.decide_time, reopened.decided_by.as_str()), (None, ""));
    let dispute = reopened.dispute.clone().expect("a dispute");
    assert_eq!(dispute.ruling(), pb::DisputeRuling::Overturned);
    assert_eq!((dispute.disputed_by.as_str(), dispute.resolved_by.as_str()), ("users/mia", "users/sam"));
    assert_eq!(resolve(&mut of_sales(&world, "sam"), request).await.expect("the same again"), reopened);

    let found = read(&mut world.sales(), &lead).await;
    let found_lead = found.lead.expect("the lead");
    assert_eq!((found_lead.stage(), found_lead.cooldown_until_time), (pb::Stage::Mql, None));
    let moves: Vec<_> = found.stage_history.iter().map(|row| (row.to_stage(), row.reason.as_str())).collect();
    assert_eq!(moves[3..], [(pb::Stage::Mql, "OVERTURNED")]);
    let open = qualify(&mut world.marketing(), &lead).await.expect_err("its handoff waits");
    assert_eq!(open.code(), Code::FailedPrecondition);
    let accepted = accept(&mut world.sales(), &handoff.name).await.expect("accepted");
    assert_eq!((accepted.state(), accepted.round), (pb::HandoffState::Accepted, 2));
    world.stop().await;
}

#[tokio::test]
async fn an_upheld_rejection_is_final_and_says_so_when_it_is_read() {
    let world = World::new().await;
    let (_, handoff) = rejected(&world, "ada").await;
    dispute(&mut mia(&world), &handoff.name).await.expect("disputed");
    let request = ruling(&handoff.name, pb::DisputeRuling::Upheld);
    let upheld = resolve(&mut of_sales(&world, "sam"), request).await.expect("upheld");
    assert_eq!((upheld.state(), upheld.round), (pb::HandoffState::Rejected, 1));
    assert_eq!(upheld.decide_time, handoff.decide_time);
    let request = pb::GetHandoffRequest { name: handoff.name };
    let read = world.sales().get_handoff(request).await.expect("read").into_inner().handoff;
    assert_eq!(read, Some(upheld));
    world.stop().await;
}

#[tokio::test]
async fn edge_case_17_of_two_rulings_at_once_one_wins_and_the_other_hears_how_it_stands() {
    let world = World::new().await;
    let (_, handoff) = rejected(&world, "ada").await;
    dispute(&mut mia(&world), &handoff.name).await.expect("disputed");
    let (mut one, mut other) = (of_sales(&world, "sam"), of_sales(&world, "zoe"));
    let rulings = futures_util::future::join(
        resolve(&mut one, ruling(&handoff.name, pb::DisputeRuling::Upheld)),
        resolve(&mut other, ruling(&handoff.name, pb::DisputeRuling::Overturned)),
    );
    let (upheld, overturned) = rulings.await;
    let (won, lost) = match (upheld, overturned) {
        (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
        other => panic!("one wins: {other:?}"),
    };
    assert_eq!(lost.code(), Code::FailedPrecondition);
    let state = won.state().as_str_name().trim_start_matches("HANDOFF_STATE_").to_owned();
    assert!(told(&lost).contains(&format!("fact state: {state}")), "{}", told(&lost));
    world.stop().await;
}

#[tokio::test]
async fn refusals_of_disputes() {
    let world = World::new().await;
    let check = |name: &str, answer: Result<pb::Handoff, Status>| {
        insta::assert_snapshot!(name.to_owned(), told(&answer.expect_err(name)));
    };
    let overturned = |name: &str| ruling(name, pb::DisputeRuling::Overturned);
    let upheld = |name: &str| ruling(name, pb::DisputeRuling::Upheld);
    let (mut mia, mut sam, mut sara) = (mia(&world), of_sales(&world, "sam"), of_sales(&world, "sara"));

    let nothing = pb::DisputeHandoffRequest { etag: "x".into(), ..pb::DisputeHandoffRequest::default() };
    let answer = mia.dispute_handoff(nothing).await.map(|answer| answer.into_inner().handoff.expect("it"));
    check("invalid_dispute", answer);
    let nothing = pb::ResolveDisputeRequest {
        owner: "sam".into(),
        etag: "x".into(),
        ..pb::ResolveDisputeRequest::default()
    };
    check("invalid_resolve", resolve(&mut sam, nothing).await);
    let unknown = "handoffs/0198e4a2-7c1e-7000-8000-000000000001";
    check("dispute_unknown", dispute(&mut mia, unknown).await);
    check("resolve_unknown", resolve(&mut sam, overturned(unknown)).await);

    let (_, open) = assigned(&world, "open").await;
    check("dispute_open", dispute(&mut mia, &open.name).await);
    check("dispute_wrong_side", dispute(&mut sam, &open.name).await);
    check("resolve_open", resolve(&mut sam, overturned(&open.name)).await);

    let (lead, handoff) = rejected(&world, "grace").await;
    let stale = pb::DisputeHandoffRequest { etag: "1".into(), ..objection(&handoff.name) };
    let answer = mia.dispute_handoff(stale).await.map(|answer| answer.into_inner().handoff.expect("it"));
    check("dispute_stale", answer);
    dispute(&mut mia, &handoff.name).await.expect("disputed");
    check("dispute_twice", dispute(&mut mia, &handoff.name).await);
    check("resolve_wrong_side", resolve(&mut mia, overturned(&handoff.name)).await);
    check("resolve_own", resolve(&mut sara, upheld(&handoff.name)).await);
    let stale = pb::ResolveDisputeRequest { etag: "1".into(), ..upheld(&handoff.name) };
    check("resolve_stale", resolve(&mut sam, stale).await);
    let owned = |owner: &str| pb::ResolveDisputeRequest { owner: owner.into(), ..overturned(&handoff.name) };
    check("resolve_for_marketing", resolve(&mut sam, owned("users/mia")).await);
    check("resolve_for_nobody", resolve(&mut sam, owned("users/nobody")).await);
    let needless = pb::ResolveDisputeRequest { owner: "users/sam".into(), ..upheld(&handoff.name) };
    check("resolve_upheld_with_owner", resolve(&mut sam, needless).await);

    world.meddle("update qualification.lead set cooldown_until = null").await;
    let newer = qualify(&mut world.marketing(), &lead).await.expect("qualified again");
    check("resolve_beside_open", resolve(&mut sam, overturned(&handoff.name)).await);
    accept(&mut world.sales(), &newer.name).await.expect("accepted");
    check("resolve_before_newer", resolve(&mut sam, overturned(&handoff.name)).await);
    resolve(&mut sam, upheld(&handoff.name)).await.expect("upheld");
    check("dispute_upheld", dispute(&mut mia, &handoff.name).await);

    let (lead, handoff) = rejected(&world, "joan").await;
    dispute(&mut mia, &handoff.name).await.expect("disputed");
    let suppressed = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(pb::Lead { suppression: pb::Suppression::Consent.into(), ..crate::harness::lead("joan") }),
        ..pb::CaptureLeadRequest::default()
    };
    world.marketing().capture_lead(suppressed).await.expect("suppressed");
    check("resolve_suppressed", resolve(&mut sam, overturned(&handoff.name)).await);
    assert_eq!(read(&mut world.sales(), &lead).await.lead.expect("the lead").stage(), pb::Stage::Nurture);

    let (lead, handoff) = rejected(&world, "anne").await;
    dispute(&mut mia, &handoff.name).await.expect("disputed");
    let opened = pb::RecordOutcomeRequest {
        request_id: request_id(),
        lead: crate::harness::by_name(&lead),
        outcome: pb::Outcome::OpportunityOpened.into(),
        ..pb::RecordOutcomeRequest::default()
    };
    world.sales().record_outcome(opened).await.expect("opened");
    check("resolve_gone_on", resolve(&mut sam, overturned(&handoff.name)).await);

    let (_, handoff) = rejected(&world, "late").await;
    world.meddle("update qualification.tenant set dispute_window_us = 0").await;
    check("dispute_too_late", dispute(&mut mia, &handoff.name).await);
    world.create_tenant("other").await;
    let foreign = Caller::user("other", "mia", Side::Marketing);
    check("dispute_foreign", dispute(&mut world.decisions(foreign), &handoff.name).await);
    world.stop().await;
}
