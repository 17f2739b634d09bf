//! Lists of clocks and breaches: order, filters, pages.

use chrono::TimeDelta;
use handoff_proto::name::Collection;
use handoff_proto::sla::v1 as pb;
use tonic::Code;

use crate::feed::{accepted, handoff, imported, qualified};
use crate::harness::{Client, World, instant, utc};

/// All pages of a list of clocks, by handoff.
async fn all(client: &mut Client, page_size: i32, state: pb::ClockState) -> Vec<String> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            pb::ListClocksRequest { page_size, page_token, state: state.into(), handoff: String::new() };
        let page = client.list_clocks(request).await.unwrap().into_inner();
        assert!(page.clocks.len() <= usize::try_from(page_size).unwrap());
        found.extend(page.clocks.into_iter().map(|clock| clock.handoff));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

fn names(numbers: impl IntoIterator<Item = u128>) -> Vec<String> {
    numbers.into_iter().map(|number| Collection::Handoffs.name(handoff(number).0)).collect()
}

#[tokio::test]
async fn clocks_come_by_deadline_latest_first_and_by_state() {
    let world = World::new("2h calendar").await;
    let (sla, mut tail) = world.ready().await;
    let start = utc("2099-01-01T00:00:00Z");
    let at = |number: u128| start + TimeDelta::minutes(i64::try_from(number).unwrap());
    for number in 0..7 {
        world.feed.say("acme", qualified(number).at(at(number))).await;
    }
    world.feed.say("acme", [accepted(2).at(at(60)), accepted(5).at(at(60))]).await;
    tail.nth("ClockMet", 2).await;
    let mut client = sla.client();
    let any = pb::ClockState::Unspecified;
    for size in [1, 3, 7, 100] {
        assert_eq!(all(&mut client, size, any).await, names((0..7).rev()), "pages of {size}");
        assert_eq!(all(&mut client, size, pb::ClockState::Running).await, names([6, 4, 3, 1, 0]));
        assert_eq!(all(&mut client, size, pb::ClockState::Met).await, names([5, 2]));
    }
    assert!(all(&mut client, 10, pb::ClockState::Cancelled).await.is_empty());
}

#[tokio::test]
async fn a_page_token_is_good_for_its_list_only() {
    let world = World::new("2h calendar").await;
    let (sla, mut tail) = world.ready().await;
    world.feed.say("acme", [qualified(1), qualified(2)]).await;
    tail.nth("ClockStarted", 2).await;
    let mut client = sla.client();
    let first = pb::ListClocksRequest { page_size: 1, ..pb::ListClocksRequest::default() };
    let page_token = client.list_clocks(first).await.unwrap().into_inner().next_page_token;
    assert!(!page_token.is_empty());
    let other = pb::ListClocksRequest {
        page_token: page_token.clone(),
        state: pb::ClockState::Running.into(),
        ..pb::ListClocksRequest::default()
    };
    assert_eq!(client.list_clocks(other).await.unwrap_err().code(), Code::InvalidArgument);
    let breaches = pb::ListBreachesRequest { page_token, ..pb::ListBreachesRequest::default() };
    assert_eq!(client.list_breaches(breaches).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn breaches_come_by_their_time_latest_first_and_only_the_open_ones_if_so_wanted() {
    let world = World::new("2h calendar").await;
    let (sla, mut tail) = world.ready().await;
    let start = utc("2026-01-01T00:00:00Z");
    let at = |number: u128| start + TimeDelta::hours(i64::try_from(number).unwrap());
    for number in 0..5 {
        world.feed.say("acme", imported(number).at(at(number))).await;
    }
    tail.nth("ClockBreached", 5).await;
    world.feed.say("acme", accepted(3)).await;
    tail.nth("ClockMet", 1).await;
    let mut client = sla.client();
    for (overdue_only, expected) in [(false, vec![4, 3, 2, 1, 0]), (true, vec![4, 2, 1, 0])] {
        let (mut found, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListBreachesRequest { page_size: 2, page_token, overdue_only };
            let page = client.list_breaches(request).await.unwrap().into_inner();
            found.extend(page.clocks);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let handoffs: Vec<_> = found.iter().map(|clock| clock.handoff.clone()).collect();
        assert_eq!(handoffs, names(expected));
        for clock in &found {
            assert_eq!(clock.breach_time, clock.due_time);
            assert_eq!(instant(clock.due_time), instant(clock.start_time) + TimeDelta::hours(2));
        }
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let world = World::new("2bd").await;
    let (sla, _) = world.ready().await;
    let mut client = sla.client();
    for request in [
        pb::ListClocksRequest { page_size: -1, ..pb::ListClocksRequest::default() },
        pb::ListClocksRequest { state: 99, ..pb::ListClocksRequest::default() },
        pb::ListClocksRequest { handoff: "handoffs/1".into(), ..pb::ListClocksRequest::default() },
        pb::ListClocksRequest { page_token: "x".into(), ..pb::ListClocksRequest::default() },
    ] {
        assert_eq!(client.list_clocks(request).await.unwrap_err().code(), Code::InvalidArgument);
    }
}
