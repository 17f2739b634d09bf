//! Callers go away at any moment. What must never happen: a connection that goes back to its pool with a transaction
//! open or a tenant set, so that the next caller would work in another's name.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use handoff_domain::error::Error;
use handoff_store::batch::Limits;
use handoff_store::database::{Database, Options};
use handoff_store::log;
use sqlx::{Connection, PgConnection};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::counters::{Command, World, envelope, started};

const CALLS: u64 = 2_000;
const CONNECTIONS: u32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_cancelled_calls_leave_every_connection_clean() {
    let limits = Limits { concurrent_batches: Some(4), ..Limits::default() };
    let options = Options {
        rpc_connections: CONNECTIONS,
        // The probe waits until it holds all connections at once.
        acquire_timeout: Duration::from_secs(30),
        ..Options::default()
    };
    let world = World::gated(limits, options).await;
    world.open_gate();
    let (mut random, mut calls) = (0x9e37_79b9_7f4a_7c15_u64, JoinSet::new());
    let mut finished = 0;
    for call in 0..CALLS {
        // From a fixed seed, moments of every magnitude: from at once to past the end of a call, on a busy machine too.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let cancel_after = Duration::from_micros(random & ((1 << (call % 20)) - 1));
        let (batcher, database, tenant) = (world.batcher.clone(), world.database().clone(), world.tenant);
        calls.spawn(timeout(cancel_after, async move {
            match call % 4 {
                0 | 1 => batcher.submit(envelope(tenant), Command::Add("a", 1)).await.map(|_| ()),
                2 => database
                    .read(tenant, None, move |tx| Box::pin(log::load_after(tx, tenant, 0, 10, 1 << 20)))
                    .await
                    .map(|_| ()),
                _ => database.head_now(tenant).await.map(|_| ()),
            }
        }));
        if calls.len() >= 32 {
            finished += u64::from(matches!(calls.join_next().await, Some(Ok(Ok(Ok(()))))));
        }
    }
    finished += calls.join_all().await.iter().filter(|call| matches!(call, Ok(Ok(())))).count() as u64;
    assert!((1..CALLS).contains(&finished), "some finished and some were cancelled: {finished}");

    probe(world.database(), &world, CONNECTIONS).await;
    world.submit(Command::Add("a", 1)).await.unwrap();
}

#[tokio::test]
async fn a_read_whose_caller_leaves_before_its_turn_is_never_begun() {
    let options = Options {
        rpc_connections: 1,
        // Nobody's turn is lost to a busy machine.
        acquire_timeout: Duration::from_secs(30),
        ..Options::default()
    };
    let world = World::gated(Limits::default(), options).await;
    let (begun, gate) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(0)));
    let read = || {
        let (database, tenant) = (world.database().clone(), world.tenant);
        let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
        async move {
            database
                .read(tenant, None, move |_| {
                    Box::pin(async move {
                        begun.fetch_add(1, Ordering::Relaxed);
                        gate.acquire().await.expect("it is never closed").forget();
                        Ok(())
                    })
                })
                .await
        }
    };
    let first = tokio::spawn(read());
    while begun.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    // Each stands before whoever comes after it, and leaves.
    for _ in 0..1_000 {
        drop(started(read()));
    }
    gate.add_permits(2);
    assert_eq!(read().await, Ok(()));
    assert_eq!(first.await.unwrap(), Ok(()));
    assert_eq!(begun.load(Ordering::Relaxed), 2, "those that were waited for, and no other");
}

/// Takes all connections of the pool at once, and reads a tenant's table on each without naming a tenant.
pub(crate) async fn probe(database: &Database, world: &World, connections: u32) {
    let together = Arc::new(Barrier::new(connections as usize));
    let mut probes = JoinSet::new();
    for _ in 0..connections {
        let (database, tenant, together) = (database.clone(), world.tenant, Arc::clone(&together));
        probes.spawn(async move {
            database
                .read_directory(None, move |tx| {
                    Box::pin(async move {
                        together.wait().await;
                        log::load_after(tx, tenant, 0, 1, 1).await
                    })
                })
                .await
        });
    }
    for probe in probes.join_all().await {
        assert_eq!(probe, Err(Error::Internal), "no connection knows a tenant");
    }
    let mut owner = PgConnection::connect(&world.scratch.url()).await.unwrap();
    let open: i64 = sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where datname = current_database() and state like 'idle in transaction%'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(open, 0, "no transaction is open");
}
