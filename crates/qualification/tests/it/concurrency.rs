//! Many callers at once.

use futures_util::future::join_all;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;
use tonic::Code;

use crate::harness::{World, accept, assigned, by_name, capture, read, reject, request_id};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixty_four_who_decide_at_once_exactly_one_wins() {
    let world = World::new().await;
    let (lead, handoff) = assigned(&world, "wanted").await;
    let decisions = (0..64).map(|caller| {
        let mut client = world.caller(Caller::user("acme", "sara", Side::Sales));
        let name = handoff.name.clone();
        async move {
            if caller % 2 == 0 {
                accept(&mut client, &name).await
            } else {
                reject(&mut client, &name, "WRONG_SIZE").await
            }
        }
    });
    let (won, lost): (Vec<_>, Vec<_>) = join_all(decisions).await.into_iter().partition(Result::is_ok);
    let [Ok(winner)] = won.as_slice() else { panic!("one wins: {won:?}") };
    for refusal in lost.into_iter().filter_map(Result::err) {
        assert_eq!(refusal.code(), Code::FailedPrecondition, "{refusal:?}");
    }

    let mut client = world.sales();
    let request = pb::GetHandoffRequest { name: handoff.name };
    let now = client.get_handoff(request).await.expect("read").into_inner().handoff.expect("it");
    assert_eq!(&now, winner);
    // Captured, qualified, decided: one decision in the history.
    assert_eq!(read(&mut client, &lead).await.stage_history.len(), 3);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activities_of_many_callers_are_all_there_at_positions_without_a_gap() {
    let world = World::new().await;
    let mut client = world.marketing();
    let lead = capture(&mut client, "busy").await;
    let recorded = (0..200).map(|_| {
        let mut client = client.clone();
        let request = pb::RecordActivityRequest {
            request_id: request_id(),
            lead: by_name(&lead),
            r#type: "PAGE_VISITED".into(),
            ..pb::RecordActivityRequest::default()
        };
        async move { client.record_activity(request).await.expect("recorded").into_inner().position }
    });
    let mut positions = join_all(recorded).await;
    positions.sort_unstable();
    let first = positions[0];
    let expected: Vec<i64> = (first..first + 200).collect();
    assert_eq!(positions, expected);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_captured_by_many_at_once_is_one_lead() {
    let world = World::new().await;
    let client = world.marketing();
    let captured = (0..32).map(|_| {
        let mut client = client.clone();
        async move { capture(&mut client, "popular").await }
    });
    let mut names = join_all(captured).await;
    names.dedup();
    assert_eq!(names.len(), 1, "{names:?}");
    world.stop().await;
}
