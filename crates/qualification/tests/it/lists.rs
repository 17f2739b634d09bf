//! ListHandoffs: newest first, by state and owner, page by page (R25).

use handoff_proto::qualification::v1 as pb;
use tonic::Code;

use crate::harness::{Client, World, accept, assign, assigned, capture, qualify};

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
