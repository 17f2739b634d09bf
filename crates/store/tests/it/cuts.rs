//! Connections that are cut at any moment of a transaction. What must never happen: an answer that is not durable, a
//! command that was done twice, a connection that goes back to its pool with a transaction or a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handoff_domain::error::{Error, Reason};
use handoff_domain::id::TenantId;
use handoff_store::batch::Batcher;
use handoff_store::database::Options;
use handoff_store::log;
use handoff_store::scratch::{Moment, Proxy, Verdict};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::cancellation::probe;
use crate::counters::{Answer, Command, Counters, World, envelope, with_request};

const CUTS: usize = 1_000;
const CONNECTIONS: u32 = 8;
const TENANTS: [&str; 4] = ["acme", "globex", "initech", "umbrella"];
const WRITERS_PER_TENANT: usize = 8;

fn options() -> Options {
    Options {
        rpc_connections: CONNECTIONS,
        // The probe waits until it holds all connections at once.
        acquire_timeout: Duration::from_secs(30),
        ..Options::default()
    }
}

/// Cuts the connection at the first `moment`.
async fn cut_once(world: &World, moment: Moment, verdict: Verdict) -> (Batcher<Counters>, Proxy) {
    let mut left = 1;
    let proxy = Proxy::start(&world.scratch, move |now| {
        if now == moment && left > 0 {
            left -= 1;
            return verdict;
        }
        Verdict::Pass
    });
    let proxy = proxy.await.unwrap();
    (world.beside_through(proxy.url(), options()).await, proxy)
}

async fn check(moment: Moment, verdict: Verdict) {
    let world = World::open().await;
    let (batcher, _proxy) = cut_once(&world, moment, verdict).await;
    let request = with_request(envelope(world.tenant), 1, 0);
    let answer = batcher.submit(request, Command::Add("a", 1)).await.unwrap();
    let first = Answer { value: 1, position: 2, recalled: false };
    assert_eq!(answer, first, "{verdict:?} at {moment:?}");
    assert_eq!(world.submit(Command::Add("a", 0)).await.unwrap().value, 1, "it was done once");

    // Nor does a command without a request id, as of an import.
    let (batcher, _proxy) = cut_once(&world, moment, verdict).await;
    let answer = batcher.submit(envelope(world.tenant), Command::Add("b", 1)).await.unwrap();
    let first = Answer { value: 1, position: 4, recalled: false };
    assert_eq!(answer, first, "{verdict:?} at {moment:?}");
    assert_eq!(world.submit(Command::Add("b", 0)).await.unwrap().value, 1, "it was done once");
}

#[tokio::test]
async fn a_batch_whose_connection_was_cut_is_run_again_and_nobody_hears_of_it() {
    for moment in [Moment::Begin, Moment::Commit] {
        for verdict in [Verdict::CutBefore, Verdict::CutAfter, Verdict::CutAnswer] {
            check(moment, verdict).await;
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_again_and_again_is_no_connection() {
    let world = World::open().await;
    let is_armed = Arc::new(AtomicBool::new(false));
    let armed = Arc::clone(&is_armed);
    let proxy = Proxy::start(&world.scratch, move |moment| match moment {
        Moment::Begin if armed.load(Ordering::SeqCst) => Verdict::CutBefore,
        _ => Verdict::Pass,
    });
    let proxy = proxy.await.unwrap();
    let batcher = world.beside_through(proxy.url(), options()).await;
    is_armed.store(true, Ordering::SeqCst);
    let request = || with_request(envelope(world.tenant), 1, 0);
    let refused = batcher.submit(request(), Command::Add("a", 1)).await;
    assert_eq!(refused, Err(Error::Busy { reason: Reason::StoreUnavailable }));
    is_armed.store(false, Ordering::SeqCst);
    assert_eq!(
        batcher.submit(request(), Command::Add("a", 1)).await.unwrap().value,
        1,
        "the caller asks again"
    );
}

#[tokio::test]
async fn idle_connections_that_died_with_the_server_fail_nobody() {
    let world = World::open().await;
    // All connections of the pool are open and idle.
    probe(world.database(), &world, Options::default().rpc_connections).await;
    let mut owner = PgConnection::connect(&world.scratch.url()).await.unwrap();
    sqlx::raw_sql(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    for value in 1..=20 {
        assert_eq!(world.submit(Command::Add("a", 1)).await.unwrap().value, value);
    }
}

/// Cuts at random moments until it has cut often enough.
struct Scissors {
    is_armed: AtomicBool,
    random: AtomicU64,
    cuts: Mutex<BTreeMap<String, usize>>,
}

impl Scissors {
    fn count(&self) -> usize {
        self.cuts.lock().unwrap().values().sum()
    }

    fn judge(&self, moment: Moment) -> Verdict {
        if !self.is_armed.load(Ordering::SeqCst) || self.count() >= CUTS {
            return Verdict::Pass;
        }
        // The proxy asks one after the other.
        let mut random = self.random.load(Ordering::SeqCst);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        self.random.store(random, Ordering::SeqCst);
        let often = if moment == Moment::Statement { 24 } else { 5 };
        if !(random >> 32).is_multiple_of(often) {
            return Verdict::Pass;
        }
        let verdict = [Verdict::CutBefore, Verdict::CutAfter, Verdict::CutAnswer][(random % 3) as usize];
        *self.cuts.lock().unwrap().entry(format!("{moment:?} {verdict:?}")).or_default() += 1;
        verdict
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_cut_connections_lose_nothing_and_double_nothing() {
    let world = World::open().await;
    let scissors = Arc::new(Scissors {
        is_armed: AtomicBool::new(false),
        random: AtomicU64::new(0x9e37_79b9_7f4a_7c15),
        cuts: Mutex::default(),
    });
    let judge = Arc::clone(&scissors);
    let proxy = Proxy::start(&world.scratch, move |moment| judge.judge(moment)).await.unwrap();
    let batcher = world.beside_through(proxy.url(), options()).await;
    for tenant in &TENANTS[1..] {
        batcher.submit(envelope(TenantId::from_slug(tenant)), Command::Found).await.unwrap();
    }

    scissors.is_armed.store(true, Ordering::SeqCst);
    let mut writers = JoinSet::new();
    for (number, slug) in (0..).zip(TENANTS).flat_map(|t| [t; WRITERS_PER_TENANT]).enumerate() {
        let (batcher, scissors) = (batcher.clone(), Arc::clone(&scissors));
        writers.spawn(async move { (slug.0, write(&batcher, slug.1, number, &scissors).await) });
    }
    let mut values: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for (tenant, answered) in writers.join_all().await {
        values.entry(tenant).or_default().extend(answered);
    }

    assert_eq!(scissors.count(), CUTS);
    let cuts = scissors.cuts.lock().unwrap().clone();
    assert!(cuts.len() == 9 && cuts.values().all(|count| *count >= 20), "cuts of every kind: {cuts:?}");
    for (tenant, mut values) in values {
        // One after the other from 1: each command was done once, and each answer is its own.
        values.sort_unstable();
        let commands = values.len() as i64;
        assert_eq!(values, (1..=commands).collect::<Vec<_>>());
        let tenant = TenantId::from_slug(TENANTS[tenant]);
        let events = world
            .database()
            .read(tenant, None, move |tx| Box::pin(log::load_after(tx, tenant, 0, 1_000_000, 1 << 30)))
            .await
            .unwrap();
        let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
        assert_eq!(positions, (1..=commands + 1).collect::<Vec<_>>());
        let requests: BTreeSet<_> = events.iter().filter_map(|event| event.request_id).collect();
        assert_eq!(requests.len(), values.len(), "an event for each request");
    }
    probe(batcher.database(), &world, CONNECTIONS).await;
}

/// One command after the other, each until it is answered; gives the values that were answered.
async fn write(batcher: &Batcher<Counters>, slug: &str, writer: usize, scissors: &Scissors) -> Vec<i64> {
    let mut values = Vec::new();
    while scissors.count() < CUTS {
        let id = (writer as u128) << 64 | values.len() as u128;
        let answer = loop {
            let request = with_request(envelope(TenantId::from_slug(slug)), id, 0);
            match batcher.submit(request, Command::Add("a", 1)).await {
                Ok(answer) => break answer,
                Err(Error::Busy { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        };
        values.push(answer.value);
    }
    values
}
