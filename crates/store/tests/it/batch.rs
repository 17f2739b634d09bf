//! What the batch promises to everybody who writes.

use std::time::Duration;

use handoff_domain::error::{Error, Reason};
use handoff_domain::id::TenantId;
use handoff_store::batch::{Batcher, Envelope, Limits, Priority};
use handoff_store::database::Options;
use handoff_store::log;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::counters::{Command, World, envelope, with_request};

#[tokio::test(flavor = "multi_thread")]
async fn positions_have_no_gap_and_time_never_goes_back_under_64_writers() {
    let world = World::open().await;
    let mut writers = JoinSet::new();
    for _ in 0..64 {
        let (batcher, tenant) = (world.batcher.clone(), world.tenant);
        writers.spawn(async move {
            for _ in 0..20 {
                batcher.submit(envelope(tenant), Command::Add("a", 1)).await.unwrap();
            }
        });
    }
    writers.join_all().await;

    let tenant = world.tenant;
    let (events, head) = world
        .database()
        .read(tenant, None, move |tx| {
            Box::pin(async move {
                let events = log::load_after(tx, tenant, 0, 10_000, 1 << 30).await?;
                Ok((events, log::load_head(tx, tenant).await?))
            })
        })
        .await
        .unwrap();
    let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=1 + 64 * 20).collect::<Vec<_>>());
    assert!(events.is_sorted_by_key(|event| event.recorded_at));
    let head = head.unwrap();
    assert_eq!((head.position, head.recorded_at), (1281, events.last().unwrap().recorded_at));
    assert_eq!(world.submit(Command::Add("a", 0)).await.unwrap().value, 64 * 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_a_tenant_without_a_gap() {
    let one = World::open().await;
    let other = one.beside().await;
    let mut writers = JoinSet::new();
    for batcher in [one.batcher.clone(), other] {
        for _ in 0..16 {
            let (batcher, tenant) = (batcher.clone(), one.tenant);
            writers.spawn(async move {
                for _ in 0..10 {
                    batcher.submit(envelope(tenant), Command::Add("a", 1)).await.unwrap();
                }
            });
        }
    }
    writers.join_all().await;
    let answer = one.submit(Command::Add("a", 0)).await.unwrap();
    assert_eq!((answer.value, answer.position), (320, 322));
}

#[tokio::test]
async fn what_gathers_during_a_batch_is_the_next_batch_in_order() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let first = world.occupy().await;
    let others: Vec<_> = (0..100).map(|_| world.start(Command::Add("a", 1))).collect();
    world.open_gate();
    first.await.unwrap();
    for (index, answer) in (1..).zip(others) {
        let answer = answer.await.unwrap();
        assert_eq!((answer.value, answer.position), (index, index + 2), "a command sees the one before it");
    }
    assert_eq!(world.gate.arrived.recv().await, Some(100), "they were one batch");
}

#[tokio::test]
async fn a_batch_holds_at_most_its_number_of_commands() {
    let limits = Limits { batch_commands: 40, ..Limits::default() };
    let mut world = World::gated(limits, Options::default()).await;
    let first = world.occupy().await;
    let others: Vec<_> = (0..100).map(|_| world.start(Command::Add("a", 1))).collect();
    world.open_gate();
    first.await.unwrap();
    for answer in others {
        answer.await.unwrap();
    }
    for size in [40, 40, 20] {
        assert_eq!(world.gate.arrived.recv().await, Some(size));
    }
}

#[tokio::test]
async fn a_refusal_refuses_one_command_alone() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let first = world.occupy().await;
    let before = world.start(Command::Add("a", 1));
    let refused = world.start(Command::Add("a", 2_000_000));
    let after = world.start(Command::Add("a", 1));
    world.open_gate();
    first.await.unwrap();
    assert_eq!(before.await.unwrap().value, 1);
    assert_eq!(refused.await, Err(Error::refused(Reason::IllegalState, [("value", "1".into())])));
    let after = after.await.unwrap();
    assert_eq!((after.value, after.position), (2, 4), "the refusal took no position");
}

#[tokio::test]
async fn a_panic_hurts_nobody_else_and_what_it_changed_is_not_saved() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let first = world.occupy().await;
    let before = world.start(Command::Add("a", 1));
    let panics = world.start(Command::Panic("a"));
    let after = world.start(Command::Add("a", 1));
    world.open_gate();
    first.await.unwrap();
    assert_eq!(panics.await, Err(Error::Internal));
    assert_eq!(before.await.unwrap().value, 1);
    assert_eq!(after.await.unwrap().value, 2);
}

#[tokio::test]
async fn a_command_that_expired_in_the_queue_is_never_started() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let first = world.occupy().await;
    let late = Envelope { deadline: Some(Instant::now()), ..envelope(world.tenant) };
    let late = world.start_as(late, Command::Add("a", 1));
    let in_time = Instant::now() + Duration::from_secs(60);
    let in_time = Envelope { deadline: Some(in_time), ..envelope(world.tenant) };
    let in_time = world.start_as(in_time, Command::Add("a", 1));
    world.open_gate();
    first.await.unwrap();
    assert_eq!(late.await, Err(Error::Expired));
    assert_eq!(in_time.await.unwrap().value, 1);
}

#[tokio::test]
async fn a_command_in_a_batch_is_finished_even_if_its_caller_goes_away() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let first = world.occupy().await;
    drop(first);
    let waits = world.start(Command::Add("a", 1));
    drop(waits);
    world.open_gate();
    assert_eq!(world.submit(Command::Add("first", 0)).await.unwrap().value, 1, "it was in a batch");
    assert_eq!(world.submit(Command::Add("a", 0)).await.unwrap().value, 0, "it still queued");
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let limits = Limits { queue_commands: 3, ..Limits::default() };
    let mut world = World::gated(limits, Options::default()).await;
    let first = world.occupy().await;
    let waiting: Vec<_> = (0..3).map(|_| world.start(Command::Add("a", 1))).collect();
    assert_eq!(world.submit(Command::Add("a", 1)).await, Err(Error::Exhausted { reason: Reason::QueueFull }));
    world.open_gate();
    first.await.unwrap();
    for answer in waiting {
        answer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_refused_beyond_the_bound_and_nothing_of_it_is_lost() {
    let limits = Limits { queue_commands: 32, ..Limits::default() };
    let world = World::gated(limits, Options::default()).await;
    world.open_gate();
    let mut callers = JoinSet::new();
    for id in 0..400 {
        let (batcher, tenant) = (world.batcher.clone(), world.tenant);
        callers.spawn(async move {
            let mut refused = 0;
            loop {
                let request = with_request(envelope(tenant), id, 0);
                match batcher.submit(request, Command::Add("a", 1)).await {
                    Ok(answer) => return (answer.value, refused),
                    Err(Error::Exhausted { .. }) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
                tokio::task::yield_now().await;
            }
        });
    }
    let (mut values, refused): (Vec<i64>, Vec<u64>) = callers.join_all().await.into_iter().unzip();
    assert!(refused.iter().sum::<u64>() > 0, "more came than may wait");
    values.sort_unstable();
    assert_eq!(values, (1..=400).collect::<Vec<_>>());
}

#[tokio::test]
async fn callers_overtake_an_import_that_came_before_them() {
    let limits = Limits { batch_commands: 64, ..Limits::default() };
    let mut world = World::gated(limits, Options::default()).await;
    let first = world.occupy().await;
    let bulk = Envelope { priority: Priority::Bulk, ..envelope(world.tenant) };
    // The batch in the log row was interactive, so that one bulk batch has its turn; the second comes after the caller.
    let imports: Vec<_> = (0..128).map(|_| world.start_as(bulk.clone(), Command::Add("a", 1))).collect();
    let caller = world.start(Command::Add("a", 1));
    world.open_gate();
    first.await.unwrap();
    assert_eq!(caller.await.unwrap().value, 65);
    for answer in imports {
        answer.await.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_that_takes_too_long_is_given_up_and_the_next_one_goes_on() {
    let limits = Limits { transaction: Duration::from_millis(200), ..Limits::default() };
    let mut world = World::gated(limits, Options::default()).await;
    let first = world.occupy().await;
    assert_eq!(first.await, Err(Error::Busy { reason: Reason::StoreUnavailable }));
    world.open_gate();
    assert_eq!(world.submit(Command::Add("first", 0)).await.unwrap().value, 0, "nothing of it was durable");
}

#[tokio::test]
async fn without_a_connection_the_answer_is_busy() {
    let world = World::open().await;
    world.database().close().await;
    assert_eq!(
        world.submit(Command::Add("a", 1)).await,
        Err(Error::Busy { reason: Reason::StoreUnavailable })
    );
}

#[tokio::test]
async fn a_tenant_that_nobody_founded_is_not_found_and_stays_unknown() {
    let world = World::open().await;
    let nobody = TenantId::from_slug("nobody");
    let submit = |command| world.batcher.submit(envelope(nobody), command);
    let unknown = Err(Error::not_found(format!("tenants/{nobody}")));
    assert_eq!(submit(Command::Add("a", 1)).await, unknown);
    assert_eq!(world.database().head_now(nobody).await.unwrap(), None);
    assert_eq!(submit(Command::Found).await.unwrap().position, 1);
    assert_eq!(submit(Command::Add("a", 1)).await.unwrap().position, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_founded_by_two_processes_at_once_has_one_log() {
    let one = World::open().await;
    let other: Batcher<_> = one.beside().await;
    let tenant = TenantId::from_slug("globex");
    let (a, b) = tokio::join!(
        one.batcher.submit(envelope(tenant), Command::Found),
        other.submit(envelope(tenant), Command::Found)
    );
    let mut positions = [a.unwrap().position, b.unwrap().position];
    positions.sort_unstable();
    assert_eq!(positions, [1, 2]);
}

#[tokio::test]
async fn an_idle_tenant_leaves_nothing_behind_and_watchers_hear_of_a_commit() {
    let world = World::open().await;
    let mut appended = world.database().appended();
    appended.mark_unchanged();
    world.submit(Command::Add("a", 1)).await.unwrap();
    assert!(appended.has_changed().unwrap());
    // The answer comes before the queue is looked at again; the next turn of this tenant's task ends it.
    while world.batcher.active_tenants() > 0 {
        tokio::task::yield_now().await;
    }
}
