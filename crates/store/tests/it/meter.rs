//! What the store measures, seen as a collector would see it: names, units, attributes and values of every instrument,
//! from real batches.

mod seen;

use std::time::Duration;

use handoff_domain::error::{Error, Reason};
use handoff_domain::id::{LeadId, TenantId};
use handoff_store::batch::{Envelope, Limits, Priority};
use handoff_store::database::Options;
use handoff_store::log;
use sqlx::{Connection, PgConnection};
use tokio::time::Instant;
use uuid::Uuid;

use crate::counters::{Command, World, envelope, with_request};
use seen::{Kind, Meters, Seen};

/// The attributes of an interactive batch.
const INTERACTIVE: [(&str, &str); 2] =
    [("handoff.schema", "qualification"), ("handoff.priority", "interactive")];

async fn world(limits: Limits, options: Options) -> (World, Meters) {
    let meters = Meters::new();
    let world = World::gated(limits, Options { meter: Some(meters.meter()), ..options }).await;
    (world, meters)
}

async fn open() -> (World, Meters) {
    let (world, meters) = world(Limits::default(), Options::default()).await;
    world.open_gate();
    (world, meters)
}

/// A request to read that gets no connection.
async fn read(world: &World) -> Result<(), Error> {
    let tenant = world.tenant;
    world
        .database()
        .read(tenant, None, move |tx| Box::pin(async move { log::load_head(tx, tenant).await.map(drop) }))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_tells_its_size_how_long_its_commands_waited_and_how_it_ended() {
    let (mut world, meters) = world(Limits::default(), Options::default()).await;
    let first = world.occupy().await;
    let others: Vec<_> = (0..10).map(|_| world.start(Command::Add("a", 1))).collect();
    let bulk = Envelope { priority: Priority::Bulk, ..envelope(world.tenant) };
    let bulk = world.start_as(bulk, Command::Add("a", 1));
    let waiting = meters.see();
    assert_eq!(waiting.sum("handoff.queue.commands", &INTERACTIVE), 10);
    assert_eq!(waiting.sum("handoff.queue.commands", &[("handoff.priority", "bulk")]), 1);
    assert_eq!(waiting.sum("handoff.queue.size", &[("handoff.schema", "qualification")]), 1_100);
    assert_eq!(waiting.sum("handoff.queue.tenants", &[("handoff.schema", "qualification")]), 1);

    world.open_gate();
    first.await.unwrap();
    for answer in others {
        answer.await.unwrap();
    }
    bulk.await.unwrap();
    while world.batcher.active_tenants() > 0 {
        tokio::task::yield_now().await;
    }
    let seen = meters.see();
    // The tenant was founded, the first command came alone, the others together.
    let commands = seen.histogram("handoff.batch.commands", &INTERACTIVE);
    assert_eq!((commands.count, commands.sum, commands.max), (3, 12.0, 10.0));
    assert_eq!(commands.bounds.last(), Some(&512.0), "as many as a batch can hold");
    let size = seen.histogram("handoff.batch.size", &INTERACTIVE);
    assert_eq!((size.count, size.sum), (3, 1_200.0));
    let wait = seen.histogram("handoff.batch.wait", &INTERACTIVE);
    assert_eq!(wait.count, 12, "every command waited");
    assert!(wait.max > 0.0 && wait.max < 60.0, "{wait:?} is in seconds");
    let done = [INTERACTIVE[0], INTERACTIVE[1], ("handoff.batch.outcome", "done")];
    let duration = seen.histogram("handoff.batch.duration", &done);
    assert_eq!(duration.count, 3);
    assert!(duration.max > 0.0 && duration.max < 60.0, "{duration:?} is in seconds");
    assert_eq!(seen.histogram("handoff.batch.commands", &[("handoff.priority", "bulk")]).sum, 1.0);
    for name in ["handoff.queue.commands", "handoff.queue.size", "handoff.queue.tenants"] {
        assert_eq!(seen.sum(name, &[]), 0, "{name}: nothing waits any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_what_it_is_full_of() {
    for (limits, limit) in [
        (Limits { queue_commands: 1, ..Limits::default() }, "commands"),
        (Limits { queue_bytes: 100, ..Limits::default() }, "bytes"),
        (Limits { total_bytes: 100, ..Limits::default() }, "total_bytes"),
    ] {
        let (mut world, meters) = world(limits, Options::default()).await;
        let first = world.occupy().await;
        let second = world.start(Command::Add("a", 1));
        for _ in 0..3 {
            let refused = world.submit(Command::Add("a", 1)).await.unwrap_err();
            assert_eq!(refused, Error::Exhausted { reason: Reason::QueueFull });
        }
        world.open_gate();
        first.await.unwrap();
        second.await.unwrap();
        let attributes = [INTERACTIVE[0], INTERACTIVE[1], ("handoff.queue.limit", limit)];
        assert_eq!(meters.see().sum("handoff.queue.refused", &attributes), 3, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_come_too_late_or_that_nobody_waits_for_are_counted() {
    let (mut world, meters) = world(Limits::default(), Options::default()).await;
    let first = world.occupy().await;
    let late = Envelope { deadline: Some(Instant::now()), ..envelope(world.tenant) };
    let late: Vec<_> = (0..2).map(|_| world.start_as(late.clone(), Command::Add("a", 1))).collect();
    drop(world.start(Command::Add("a", 1)));
    let last = world.start(Command::Add("a", 1));
    world.open_gate();
    first.await.unwrap();
    for late in late {
        assert_eq!(late.await, Err(Error::Expired));
    }
    last.await.unwrap();
    let seen = meters.see();
    assert_eq!(seen.sum("handoff.queue.expired", &INTERACTIVE), 2);
    assert_eq!(seen.sum("handoff.queue.abandoned", &INTERACTIVE), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_again_is_a_replay_and_its_batch_is_run_again_for_the_others() {
    let (mut world, meters) = world(Limits::default(), Options::default()).await;
    world.gate.open.add_permits(1);
    world.request(1, 1, Command::Add("a", 1)).await.unwrap();
    world.gate.arrived.recv().await;
    let first = world.occupy().await;
    let start =
        |id, body| world.start_as(with_request(envelope(world.tenant), id, body), Command::Add("a", 1));
    // Answered before; twice within the batch; answered before with another body; new.
    let answers = [start(1, 1), start(2, 1), start(2, 1), start(1, 9), start(3, 1)];
    world.open_gate();
    first.await.unwrap();
    let mut reused = 0;
    for answer in answers {
        match answer.await {
            Ok(_) => {}
            Err(Error::AlreadyExists { reason: Reason::RequestIdReused, .. }) => reused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(reused, 1);
    let seen = meters.see();
    let body = |body| [("handoff.schema", "qualification"), ("handoff.request.body", body)];
    assert_eq!(seen.sum("handoff.request.replays", &body("same")), 2);
    assert_eq!(seen.sum("handoff.request.replays", &body("other")), 1);
    let repaired = [("handoff.batch.outcome", "repaired")];
    assert_eq!(seen.histogram("handoff.batch.duration", &repaired).count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_a_command_says_why_and_so_does_the_statement() {
    let (world, meters) = open().await;
    assert_eq!(world.submit(Command::Poison("a")).await, Err(Error::Internal));
    let refused = world.submit(Command::Add("a", 2_000_000)).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }));
    let seen = meters.see();
    let failed = [("handoff.batch.outcome", "failed"), ("error.type", "internal")];
    assert_eq!(seen.histogram("handoff.batch.duration", &failed).count, 1);
    // To refuse is what a ledger is for. The tenant's founding is the other one.
    assert_eq!(seen.histogram("handoff.batch.duration", &[("handoff.batch.outcome", "done")]).count, 2);
    let broken = [
        ("db.query.summary", "batch::append::without_activities"),
        ("db.response.status_code", "23514"),
        ("error.type", "23514"),
    ];
    assert_eq!(seen.histogram("db.client.operation.duration", &broken).count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_measured_by_its_own_name() {
    let (world, meters) = open().await;
    world.submit(Command::Add("a", 1)).await.unwrap();
    read(&world).await.unwrap();
    let seen = meters.see();
    let database = world.scratch.url().rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    let namespace = format!("{database}|qualification");
    for (name, count) in [
        // The tenant was founded and a counter added to; founding takes the log row again and reads no counter.
        ("tx::lock", 3),
        ("log::head::create", 1),
        ("log::cursor::load", 1),
        ("log::cursor::advance", 1),
        ("batch::append::without_activities", 2),
        ("tx::commit", 2),
        ("tx::begin", 1),
        ("log::head::load", 1),
        ("tx::rollback", 1),
    ] {
        let attributes =
            [("db.system.name", "postgresql"), ("db.namespace", &*namespace), ("db.query.summary", name)];
        let duration = seen.histogram("db.client.operation.duration", &attributes);
        assert_eq!(duration.count, count, "{name}");
        assert!(duration.sum > 0.0 && duration.max < 60.0, "{name} is in seconds: {duration:?}");
        assert_eq!(duration.bounds, [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0]);
    }
    assert!(!seen.attributes().any(|(_, name)| name == "unnamed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_cut_off_is_measured_too() {
    let limits = Limits { transaction: Duration::from_secs(2), ..Limits::default() };
    let (world, meters) = world(limits, Options::default()).await;
    world.open_gate();
    let mut holder = PgConnection::connect(&world.scratch.url()).await.unwrap();
    sqlx::raw_sql("begin; select position from qualification.log_head for update")
        .execute(&mut holder)
        .await
        .unwrap();
    let given_up = world.submit(Command::Add("a", 1)).await.unwrap_err();
    assert!(matches!(given_up, Error::Busy { .. }));
    holder.close().await.unwrap();
    let cut_off = [("db.query.summary", "tx::lock"), ("error.type", "cancelled")];
    assert_eq!(meters.see().histogram("db.client.operation.duration", &cut_off).count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_shows_who_has_connections_who_waits_and_how_long_a_transaction_is_open() {
    let options =
        Options { rpc_connections: 1, acquire_timeout: Duration::from_millis(250), ..Options::default() };
    let (mut world, meters) = world(Limits::default(), options).await;
    let rpcs = [("db.client.connection.pool.name", "qualification.rpcs")];
    let state = |state| [rpcs[0], ("db.client.connection.state", state)];
    let before = meters.see();
    assert_eq!(before.sum("db.client.connection.count", &state("used")), 0);
    assert_eq!(before.sum("db.client.connection.count", &state("idle")), 1);
    assert_eq!(before.gauge("handoff.transaction.oldest_age", &rpcs), 0.0);

    let first = world.occupy().await;
    assert!(matches!(read(&world).await, Err(Error::Busy { .. })), "the batch has the only connection");
    let held = meters.see();
    assert_eq!(held.sum("db.client.connection.count", &state("used")), 1);
    assert_eq!(held.sum("db.client.connection.count", &state("idle")), 0);
    assert_eq!(held.sum("db.client.connection.max", &rpcs), 1);
    let workers = [("db.client.connection.pool.name", "qualification.workers")];
    assert_eq!(held.sum("db.client.connection.max", &workers), 6);
    assert_eq!(held.sum("db.client.connection.timeouts", &rpcs), 1);
    assert_eq!(held.sum("db.client.connection.pending_requests", &rpcs), 0, "it has given up");
    let age = held.gauge("handoff.transaction.oldest_age", &rpcs);
    assert!((0.25..60.0).contains(&age), "older than the read waited: {age}");

    world.open_gate();
    first.await.unwrap();
    read(&world).await.unwrap();
    let after = meters.see();
    assert_eq!(after.sum("db.client.connection.count", &state("used")), 0);
    assert_eq!(after.gauge("handoff.transaction.oldest_age", &rpcs), 0.0);
    // The founding, the batch and a read; what waited in vain is in the timeouts.
    assert_eq!(after.histogram("db.client.connection.wait_time", &rpcs).count, 3);
    let used = after.histogram("db.client.connection.use_time", &rpcs);
    assert_eq!(used.count, 3);
    assert!(used.max >= age, "{used:?}, {age}");
}

/// Every instrument of the store with its unit and its kind.
const INSTRUMENTS: [(&str, &str, Kind); 19] = [
    ("db.client.connection.count", "{connection}", Kind::UpDownCounter),
    ("db.client.connection.max", "{connection}", Kind::UpDownCounter),
    ("db.client.connection.pending_requests", "{request}", Kind::UpDownCounter),
    ("db.client.connection.timeouts", "{timeout}", Kind::Counter),
    ("db.client.connection.use_time", "s", Kind::Histogram),
    ("db.client.connection.wait_time", "s", Kind::Histogram),
    ("db.client.operation.duration", "s", Kind::Histogram),
    ("handoff.batch.commands", "{command}", Kind::Histogram),
    ("handoff.batch.duration", "s", Kind::Histogram),
    ("handoff.batch.size", "By", Kind::Histogram),
    ("handoff.batch.wait", "s", Kind::Histogram),
    ("handoff.queue.abandoned", "{command}", Kind::Counter),
    ("handoff.queue.commands", "{command}", Kind::UpDownCounter),
    ("handoff.queue.expired", "{command}", Kind::Counter),
    ("handoff.queue.refused", "{command}", Kind::Counter),
    ("handoff.queue.size", "By", Kind::UpDownCounter),
    ("handoff.queue.tenants", "{tenant}", Kind::UpDownCounter),
    ("handoff.request.replays", "{request}", Kind::Counter),
    ("handoff.transaction.oldest_age", "s", Kind::Gauge),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_attribute_ever_holds_a_tenant_a_lead_or_a_person() {
    let seen = everything().await;
    let instruments: Vec<_> = seen.instruments().collect();
    assert_eq!(instruments, INSTRUMENTS, "everything that is measured was looked at");
    let tenant = TenantId::from_slug("acme");
    let secrets = [
        tenant.to_string(),
        tenant.0.simple().to_string(),
        "acme".into(),
        LEAD.to_string(),
        "ada".into(),
        "@".into(),
    ];
    let mut looked_at = 0;
    for (key, value) in seen.attributes() {
        looked_at += 1;
        for secret in &secrets {
            assert!(!value.contains(secret.as_str()), "{key} is {value}");
        }
        assert!(Uuid::try_parse(value).is_err(), "{key} is an id: {value}");
        assert!(
            [
                "handoff.schema",
                "handoff.priority",
                "handoff.batch.outcome",
                "handoff.queue.limit",
                "handoff.request.body",
                "db.system.name",
                "db.namespace",
                "db.query.summary",
                "db.response.status_code",
                "db.client.connection.pool.name",
                "db.client.connection.state",
                "error.type",
            ]
            .contains(&key),
            "{key} was not thought about: may it hold what is personal?"
        );
    }
    assert!(looked_at > 50, "{looked_at}");
}

const LEAD: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0042);

/// A life in which everything happens that is measured.
async fn everything() -> Seen {
    let limits = Limits { queue_commands: 4, ..Limits::default() };
    let options =
        Options { rpc_connections: 1, acquire_timeout: Duration::from_millis(250), ..Options::default() };
    let (mut world, meters) = world(limits, options).await;
    let first = world.occupy().await;
    let late = Envelope { deadline: Some(Instant::now()), ..envelope(world.tenant) };
    let late = world.start_as(late, Command::Add("a", 1));
    drop(world.start(Command::Add("a", 1)));
    let waiting = [world.start(Command::AddFor("a", LeadId(LEAD))), world.start(Command::Add("a", 1))];
    world.submit(Command::Add("a", 1)).await.unwrap_err();
    read(&world).await.unwrap_err();
    world.open_gate();
    first.await.unwrap();
    late.await.unwrap_err();
    for answer in waiting {
        answer.await.unwrap();
    }
    for body in [1, 1, 2] {
        let _ = world.request(7, body, Command::AddFor("b", LeadId(LEAD))).await;
    }
    world.submit(Command::Poison("a")).await.unwrap_err();
    world.submit(Command::Panic("a")).await.unwrap_err();
    world.submit(Command::Unreadable("a")).await.unwrap_err();
    read(&world).await.unwrap();
    meters.see()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_keeps_the_trace_that_it_was_made_in_and_what_is_no_trace_is_left_out() {
    let world = World::open().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let too_long = format!("{trace}-00");
    for given in [Some(trace), None, Some(&*too_long), Some("00-acme\0"), Some("")] {
        let envelope = Envelope { traceparent: given.map(str::to_owned), ..envelope(world.tenant) };
        world.batcher.submit(envelope, Command::Add("a", 1)).await.unwrap();
    }
    let tenant = world.tenant;
    let events = world
        .database()
        .read(tenant, None, move |tx| Box::pin(log::load_after(tx, tenant, 1, 10, 1 << 20)))
        .await
        .unwrap();
    let kept: Vec<_> = events.iter().map(|event| event.traceparent.as_deref()).collect();
    assert_eq!(kept, [Some(trace), None, None, None, None]);
}
