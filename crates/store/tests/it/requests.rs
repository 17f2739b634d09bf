//! The same request gets the same answer, within a batch, across batches and across processes.

use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::{Error, Reason};
use handoff_store::batch::{Envelope, Limits};
use handoff_store::database::Options;
use uuid::Uuid;

use crate::counters::{Answer, Command, World, envelope, with_request};

fn reused(id: u128) -> Error {
    Error::already_exists(Reason::RequestIdReused, [("request_id", Uuid::from_u128(id).to_string())])
}

#[tokio::test]
async fn a_repeat_in_a_later_batch_gets_the_stored_answer() {
    let world = World::open().await;
    let first = world.request(1, 0, Command::Add("a", 5)).await.unwrap();
    assert_eq!(first, Answer { value: 5, position: 2, recalled: false });
    let repeat = world.request(1, 0, Command::Add("a", 5)).await.unwrap();
    assert_eq!(repeat, Answer { value: 5, position: 2, recalled: true });
    assert_eq!(world.submit(Command::Add("a", 0)).await.unwrap().value, 5, "it was done once");
}

#[tokio::test]
async fn a_repeat_within_a_batch_gets_the_first_ones_answer() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let first = world.occupy().await;
    let one = world.start_as(with_request(envelope(world.tenant), 1, 0), Command::Add("a", 5));
    let same = world.start_as(with_request(envelope(world.tenant), 1, 0), Command::Add("a", 5));
    let other = world.start_as(with_request(envelope(world.tenant), 1, 9), Command::Add("a", 6));
    world.open_gate();
    first.await.unwrap();
    let answer = one.await.unwrap();
    assert_eq!(answer.value, 5);
    assert_eq!(same.await.unwrap(), answer);
    assert_eq!(other.await, Err(reused(1)));
}

#[tokio::test]
async fn repeats_do_not_hold_up_the_new_commands_of_their_batch() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    world.gate.open.add_permits(1);
    world.request(1, 0, Command::Add("a", 5)).await.unwrap();
    assert_eq!(world.gate.arrived.recv().await, Some(1));
    let first = world.occupy().await;
    let new = world.start_as(with_request(envelope(world.tenant), 2, 0), Command::Add("a", 1));
    let repeat = world.start_as(with_request(envelope(world.tenant), 1, 0), Command::Add("a", 5));
    let without = world.start(Command::Add("a", 1));
    world.open_gate();
    first.await.unwrap();
    assert!(repeat.await.unwrap().recalled);
    assert_eq!(new.await.unwrap(), Answer { value: 6, position: 4, recalled: false });
    assert_eq!(without.await.unwrap(), Answer { value: 7, position: 5, recalled: false });
}

#[tokio::test]
async fn the_same_id_with_another_body_is_refused() {
    let world = World::open().await;
    world.request(1, 0, Command::Add("a", 5)).await.unwrap();
    assert_eq!(world.request(1, 9, Command::Add("a", 6)).await, Err(reused(1)));
}

#[tokio::test]
async fn a_refusal_is_stored_as_an_answer_is() {
    let world = World::open().await;
    let refused = world.request(1, 0, Command::Add("a", 2_000_000)).await;
    assert_eq!(refused, Err(Error::refused(Reason::IllegalState, [("value", "0".into())])));
    world.submit(Command::Add("a", 7)).await.unwrap();
    assert_eq!(world.request(1, 0, Command::Add("a", 2_000_000)).await, refused, "the state of then");
}

#[tokio::test]
async fn a_failure_is_not_stored_so_that_its_repeat_may_succeed() {
    let world = World::open().await;
    assert_eq!(world.request(1, 0, Command::Panic("a")).await, Err(Error::Internal));
    assert_eq!(world.request(1, 0, Command::Add("a", 1)).await.unwrap().value, 1);
}

#[tokio::test]
async fn an_id_belongs_to_its_tenant_principal_and_method() {
    let world = World::open().await;
    world.request(1, 0, Command::Add("a", 1)).await.unwrap();
    let mine = with_request(envelope(world.tenant), 1, 0);
    let bob = Actor { principal: "users/bob".into(), side: Side::Sales };
    let theirs = Envelope { actor: bob, ..mine.clone() };
    assert!(!world.batcher.submit(theirs, Command::Add("a", 1)).await.unwrap().recalled);
    let mut other_method = mine;
    other_method.request.as_mut().unwrap().method = "Subtract";
    assert!(!world.batcher.submit(other_method, Command::Add("a", 1)).await.unwrap().recalled);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_in_two_processes_is_done_once() {
    let one = World::open().await;
    let other = one.beside().await;
    for id in 0..50 {
        let same = with_request(envelope(one.tenant), id, 0);
        let (a, b) = tokio::join!(
            one.batcher.submit(same.clone(), Command::Add("a", 1)),
            other.submit(same, Command::Add("a", 1))
        );
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!((a.value, a.recalled), (b.value, !b.recalled));
    }
    assert_eq!(one.submit(Command::Add("a", 0)).await.unwrap().value, 50);
}

#[tokio::test]
async fn a_forgotten_request_is_a_new_request() {
    let world = World::open().await;
    for id in 0..5 {
        world.request(id, 0, Command::Add("a", 1)).await.unwrap();
    }
    let head = world.database().head_now(world.tenant).await.unwrap().unwrap();
    let database = world.database();
    assert_eq!(database.forget_requests(world.tenant, head.recorded_at, 3).await, Ok(3), "the oldest first");
    assert!(!world.request(0, 0, Command::Add("a", 1)).await.unwrap().recalled);
    assert!(world.request(4, 0, Command::Add("a", 1)).await.unwrap().recalled);
}
