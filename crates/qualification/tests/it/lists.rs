//! ListHandoffs: newest first, by state and owner, page by page (R25).

use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use tonic::Code;

use crate::harness::{
    Client, World, accept, assign, assigned, by_name, capture, lead, qualify, request_id, told,
};
use crate::promotion::{FIT, company, heard, judging, open_handoff};

/// All pages of a list, and how many there were.
async fn pages(client: &mut Client, filter: &pb::ListHandoffsRequest) -> (Vec<pb::Handoff>, usize) {
    let (mut handoffs, mut pages) = (Vec::new(), 0);
    let mut request = filter.clone();
    loop {
        let page = client.list_handoffs(request.clone()).await.expect("a page").into_inner();
        handoffs.extend(page.handoffs);
        pages += 1;
        if page.next_page_token.is_empty() {
            return (handoffs, pages);
        }
        request.page_token = page.next_page_token;
    }
}

/// Seven handoffs: one accepted, two of sara's, one of sam's, three without an owner.
async fn seven(world: &World) -> Vec<String> {
    let mut names = Vec::new();
    let (_, accepted) = assigned(world, "accepted").await;
    accept(&mut world.sales(), &accepted.name).await.expect("accepted");
    names.push(accepted.name);
    for name in ["sara-1", "sara-2"] {
        names.push(assigned(world, name).await.1.name);
    }
    let mut marketing = world.marketing();
    for name in ["sam-1", "free-1", "free-2", "free-3"] {
        let lead = capture(&mut marketing, name).await;
        let handoff = qualify(&mut marketing, &lead).await.expect("qualified");
        if name == "sam-1" {
            assign(&mut marketing, &handoff.name, "users/sam").await.expect("assigned");
        }
        names.push(handoff.name);
    }
    names.reverse();
    names
}

#[tokio::test]
async fn every_handoff_is_on_exactly_one_page_newest_first() {
    let world = World::new().await;
    let names = seven(&world).await;
    let mut client = world.sales();
    for (page_size, expected_pages) in [(0, 1), (7, 1), (3, 3), (1, 7)] {
        let filter = pb::ListHandoffsRequest { page_size, ..pb::ListHandoffsRequest::default() };
        let (handoffs, count) = pages(&mut client, &filter).await;
        let listed: Vec<_> = handoffs.into_iter().map(|handoff| handoff.name).collect();
        assert_eq!((listed, count), (names.clone(), expected_pages), "pages of {page_size}");
    }
    world.stop().await;
}

#[tokio::test]
async fn state_and_owner_narrow_the_list() {
    let world = World::new().await;
    seven(&world).await;
    let mut client = world.sales();
    let unspecified = pb::HandoffState::Unspecified;
    for (state, owner, expected) in [
        (pb::HandoffState::PendingRoute, "", 3),
        (pb::HandoffState::Assigned, "", 3),
        (pb::HandoffState::Accepted, "", 1),
        (pb::HandoffState::Rejected, "", 0),
        (unspecified, "users/sara", 3),
        (unspecified, "users/sam", 1),
        (unspecified, "users/nobody", 0),
        (pb::HandoffState::Assigned, "users/sara", 2),
        (pb::HandoffState::Accepted, "users/sara", 1),
    ] {
        let filter = pb::ListHandoffsRequest {
            page_size: 1,
            state: state.into(),
            owner: owner.into(),
            ..pb::ListHandoffsRequest::default()
        };
        let (handoffs, _) = pages(&mut client, &filter).await;
        assert_eq!(handoffs.len(), expected, "{state:?} {owner}");
        assert!(handoffs.iter().all(|handoff| owner.is_empty() || handoff.owner == owner));
        assert!(handoffs.iter().all(|handoff| state == unspecified || handoff.state() == state));
    }
    world.stop().await;
}

#[tokio::test]
async fn a_token_of_another_list_is_refused() {
    let world = World::new().await;
    seven(&world).await;
    let mut client = world.sales();
    let mut request = pb::ListHandoffsRequest { page_size: 1, ..pb::ListHandoffsRequest::default() };
    let page = client.list_handoffs(request.clone()).await.expect("a page").into_inner();
    request.page_token = page.next_page_token;
    request.state = pb::HandoffState::Assigned.into();
    let refusal = client.list_handoffs(request).await.expect_err("other filters");
    assert_eq!(refusal.code(), Code::InvalidArgument);
    world.stop().await;
}

#[tokio::test]
async fn what_comes_in_between_two_pages_moves_nothing() {
    let world = World::new().await;
    let names = seven(&world).await;
    let mut client = world.sales();
    let mut request = pb::ListHandoffsRequest { page_size: 4, ..pb::ListHandoffsRequest::default() };
    let first = client.list_handoffs(request.clone()).await.expect("a page").into_inner();
    assigned(&world, "late").await;
    request.page_token = first.next_page_token;
    let second = client.list_handoffs(request).await.expect("a page").into_inner();
    let listed: Vec<_> =
        first.handoffs.into_iter().chain(second.handoffs).map(|handoff| handoff.name).collect();
    assert_eq!(listed, names);
    world.stop().await;
}

fn filter() -> pb::ListHandoffsRequest {
    pb::ListHandoffsRequest { page_size: 1, ..pb::ListHandoffsRequest::default() }
}

#[tokio::test]
async fn r25_team_persona_stage_and_line_narrow_the_list() {
    let world = World::new().await;
    seven(&world).await;
    let mut client = world.sales();
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(pb::Lead { persona: "buyer".into(), ..lead("persona") }),
        ..pb::CaptureLeadRequest::default()
    };
    let buyer = world.marketing().capture_lead(request).await.expect("captured").into_inner().lead;
    let buyer = buyer.expect("a lead").name;
    let handoff = qualify(&mut world.marketing(), &buyer).await.expect("qualified");
    let of = async |client: &mut Client, filter| pages(client, &filter).await.0.len();
    let open = true;
    let team = || "teams/north".to_owned();
    assert_eq!(of(&mut client, pb::ListHandoffsRequest { team: team(), ..filter() }).await, 4);
    assert_eq!(of(&mut client, pb::ListHandoffsRequest { team: team(), open, ..filter() }).await, 3);
    assert_eq!(of(&mut client, pb::ListHandoffsRequest { open, ..filter() }).await, 7);
    let persona = || "buyer".to_owned();
    for open in [true, false] {
        let (found, _) =
            pages(&mut client, &pb::ListHandoffsRequest { persona: persona(), open, ..filter() }).await;
        assert_eq!(found.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), [handoff.name.as_str()]);
    }
    for (stage, expected) in [(pb::Stage::Mql, 7), (pb::Stage::Sql, 1), (pb::Stage::Nurture, 0)] {
        let stage = stage.into();
        assert_eq!(of(&mut client, pb::ListHandoffsRequest { stage, ..filter() }).await, expected);
    }
    let product_line = "care".to_owned();
    assert_eq!(of(&mut client, pb::ListHandoffsRequest { product_line, ..filter() }).await, 0);
    world.stop().await;
}

#[tokio::test]
async fn r25_the_best_scores_come_first_and_a_band_of_them_alone() {
    let (world, _clock) = judging().await;
    let mut handoffs = Vec::new();
    for (name, points) in [("ada", "60"), ("bob", "100"), ("cem", "80")] {
        let lead = company(&world, name, &FIT).await;
        let request = pb::AdjustScoreRequest {
            request_id: request_id(),
            lead: by_name(&lead),
            points: points.to_owned(),
            decay: None,
            note: "They called".to_owned(),
        };
        let mia = Caller::user("acme", "mia", Side::Marketing);
        world.scores(mia).adjust_score(request).await.expect("given");
        let event = heard(&world, "LeadQualified", &lead, 1).await;
        handoffs.push(open_handoff(&world, &event).await.name);
    }
    let mut client = world.sales();
    let by_score = pb::ListHandoffsRequest { open: true, order: pb::HandoffOrder::Score.into(), ..filter() };
    let names = |found: Vec<pb::Handoff>| found.into_iter().map(|it| it.name).collect::<Vec<_>>();
    let (found, _) = pages(&mut client, &by_score).await;
    assert_eq!(names(found)[..3], [1, 2, 0].map(|index: usize| handoffs[index].clone()));
    let band = pb::ListHandoffsRequest { min_score: "60".into(), below_score: "100".into(), ..by_score };
    let (found, _) = pages(&mut client, &band).await;
    assert_eq!(names(found), [2, 0].map(|index: usize| handoffs[index].clone()));
    world.stop().await;
}

#[tokio::test]
async fn r25_whoever_watches_a_queue_hears_what_comes_and_what_leaves_it() {
    let world = World::new().await;
    let watch = async |after_position, owner: &str| {
        let request =
            pb::WatchHandoffsRequest { after_position, owner: owner.into(), team: String::new(), open: true };
        world.sales().watch_handoffs(request).await.expect("a stream").into_inner()
    };
    let mut queue = watch(None, "users/sara").await;
    let first = queue.message().await.expect("a message").expect("a first one at once");
    assert!(first.handoffs.is_empty() && first.others.is_empty(), "{first:?}");
    // What comes is told once or oftener, as often as it changes; the last says how it is.
    let last =
        async |queue: &mut tonic::Streaming<pb::WatchHandoffsResponse>, handoff: &str, is_here: bool| loop {
            let message = queue.message().await.expect("a message").expect("the stream goes on");
            let here = message.handoffs.iter().any(|it| it.name == handoff);
            let gone = message.others.iter().any(|name| name == handoff);
            if (is_here && here) || (!is_here && gone) {
                return message.position;
            }
        };
    let (_, handoff) = assigned(&world, "ada").await;
    last(&mut queue, &handoff.name, true).await;
    let before = pages(&mut world.sales(), &filter()).await.0.len();
    assert_eq!(before, 1);
    accept(&mut world.sales(), &handoff.name).await.expect("accepted");
    let position = last(&mut queue, &handoff.name, false).await;
    let mut again = watch(Some(0), "users/sara").await;
    assert!(
        last(&mut again, &handoff.name, false).await <= position,
        "what was missed is told behind any position"
    );
    world.stop().await;
}

#[tokio::test]
async fn what_no_list_can_be_is_refused() {
    let world = World::new().await;
    let request = pb::ListHandoffsRequest {
        stage: pb::Stage::Merged.into(),
        team: "north".into(),
        persona: "x".repeat(101),
        product_line: "-".into(),
        min_score: "many".into(),
        below_score: "1.2345".into(),
        order: pb::HandoffOrder::Score.into(),
        ..pb::ListHandoffsRequest::default()
    };
    let refusal = world.sales().list_handoffs(request).await.expect_err("nothing is right");
    insta::assert_snapshot!("invalid_list_of_handoffs", told(&refusal));
    let request =
        pb::WatchHandoffsRequest { after_position: Some(-1), owner: "sara".into(), ..Default::default() };
    let refusal = world.sales().watch_handoffs(request).await.expect_err("nothing is right");
    insta::assert_snapshot!("invalid_watch_handoffs", told(&refusal));
    world.stop().await;
}
