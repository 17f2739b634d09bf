//! What a reader of a log sees.

use chrono::TimeDelta;
use handoff_domain::actor::Side;
use handoff_domain::error::Error;
use handoff_domain::id::{LeadId, TenantId};
use handoff_store::batch::Limits;
use handoff_store::database::Options;
use handoff_store::log::{self, Event};
use sqlx::{Connection, PgConnection};
use tokio::time::Instant;
use uuid::Uuid;

use crate::counters::{Command, World};

async fn load(world: &World, after: i64, limit: i64, bytes: i64) -> Vec<Event> {
    let tenant = world.tenant;
    world
        .database()
        .read(tenant, None, move |tx| Box::pin(log::load_after(tx, tenant, after, limit, bytes)))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_page_is_limited_in_events_and_in_bytes_and_never_empty_before_the_end() {
    let world = World::open().await;
    for _ in 0..9 {
        world.submit(Command::Add("a", 1)).await.unwrap();
    }
    let size = i64::try_from(b"an encoded event".len()).unwrap();
    for (after, limit, bytes, positions) in [
        (0, 3, 1 << 20, vec![1, 2, 3]),
        (7, 100, 1 << 20, vec![8, 9, 10]),
        (3, 100, 2 * size, vec![4, 5]),
        (3, 100, 2 * size + 1, vec![4, 5, 6]),
        (3, 100, 0, vec![4]),
        (10, 100, 1 << 20, vec![]),
    ] {
        let page = load(&world, after, limit, bytes).await;
        assert_eq!(page.iter().map(|event| event.position).collect::<Vec<_>>(), positions);
    }
}

#[tokio::test]
async fn an_event_says_who_when_and_for_which_request() {
    let world = World::open().await;
    world.request(7, 0, Command::Add("a", 1)).await.unwrap();
    let event = load(&world, 1, 1, 1 << 20).await.remove(0);
    assert_eq!((event.kind.as_str(), event.version, event.position), ("CounterAdded", 1, 2));
    assert_eq!((event.actor.principal.as_str(), event.actor.side), ("users/ada", Side::Marketing));
    assert_eq!(event.request_id, Some(Uuid::from_u128(7)));
    assert_eq!(event.occurred_at, event.recorded_at, "what the batch decides happens at its time");
    assert_eq!(event.payload, b"an encoded event");
    assert_eq!(event.event_id.0.get_version_num(), 7);
}

#[tokio::test]
async fn personal_values_lie_apart_from_the_log() {
    let world = World::open().await;
    let (tenant, lead) = (world.tenant, LeadId(Uuid::from_u128(1)));
    world.submit(Command::AddFor("a", lead)).await.unwrap();
    world.submit(Command::AddFor("a", LeadId(Uuid::from_u128(2)))).await.unwrap();
    let values = world
        .database()
        .read(tenant, None, move |tx| Box::pin(log::load_of_lead(tx, tenant, lead)))
        .await
        .unwrap();
    let [(2, value)] = values.as_slice() else { panic!("one value of one event: {values:?}") };
    assert_eq!((value.field.as_str(), value.value.as_str()), ("email", "ada@example.com"));
}

#[tokio::test]
async fn the_head_of_now_waits_for_the_batch_that_holds_the_log_and_promises_its_time() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let held = world.occupy().await;
    let (database, tenant) = (world.database().clone(), world.tenant);
    let head = tokio::spawn(async move { database.head_now(tenant).await });
    world.open_gate();
    held.await.unwrap();
    let head = head.await.unwrap().unwrap().unwrap();
    // Whichever of the two took the log first, what the head promises holds for all that comes later.
    world.submit(Command::Add("a", 1)).await.unwrap();
    for event in load(&world, 0, 100, 1 << 20).await {
        assert_eq!(event.position <= head.position, event.recorded_at <= head.recorded_at, "{event:?}");
    }
}

#[tokio::test]
async fn time_stays_where_it_was_promised_even_if_the_servers_clock_steps_back() {
    let world = World::open().await;
    let before = world.database().head_now(world.tenant).await.unwrap().unwrap();
    // As if the clock had been an hour ahead when the head was last moved.
    let mut owner = PgConnection::connect(&world.scratch.url()).await.unwrap();
    sqlx::query("update qualification.log_head set recorded_at = recorded_at + interval '1 hour'")
        .execute(&mut owner)
        .await
        .unwrap();
    world.submit(Command::Add("a", 1)).await.unwrap();
    let event = load(&world, 1, 1, 1 << 20).await.remove(0);
    assert_eq!(event.recorded_at, before.recorded_at + TimeDelta::hours(1));
    let head = world.database().head_now(world.tenant).await.unwrap().unwrap();
    assert_eq!(head.recorded_at, event.recorded_at);
}

#[tokio::test]
async fn heads_and_cursors_of_all_tenants_are_read_page_by_page() {
    let world = World::open().await;
    let mut tenants = vec![world.tenant];
    for slug in ["globex", "initech", "umbrella"] {
        let tenant = TenantId::from_slug(slug);
        let envelope = crate::counters::envelope(tenant);
        world.batcher.submit(envelope.clone(), Command::Found).await.unwrap();
        world.batcher.submit(envelope, Command::Add("sla", 3)).await.unwrap();
        tenants.push(tenant);
    }
    tenants.sort_unstable();
    let mut seen = Vec::new();
    loop {
        let after = seen.last().copied();
        let page = world
            .database()
            .read_directory(None, move |tx| Box::pin(log::list_heads(tx, after, 3)))
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|head| head.tenant));
    }
    assert_eq!(seen, tenants);

    let mut cursors = world
        .database()
        .background()
        .read_directory(None, move |tx| Box::pin(log::cursor::list(tx, "sla", None, 100)))
        .await
        .unwrap();
    cursors.push((world.tenant, 3));
    cursors.sort_unstable();
    assert_eq!(cursors, tenants.into_iter().map(|tenant| (tenant, 3)).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_read_whose_deadline_passed_is_not_started_and_a_slow_one_is_stopped() {
    let world = World::open().await;
    let tenant = world.tenant;
    let read = |deadline| {
        world.database().read(tenant, Some(deadline), move |tx| Box::pin(log::load_head(tx, tenant)))
    };
    assert_eq!(read(Instant::now()).await, Err(Error::Expired));

    // An owner who changes the table makes the read wait for longer than it has.
    let mut owner = PgConnection::connect(&world.scratch.url()).await.unwrap();
    let mut change = owner.begin().await.unwrap();
    sqlx::query("lock table qualification.log_head in access exclusive mode")
        .execute(&mut *change)
        .await
        .unwrap();
    let soon = Instant::now() + std::time::Duration::from_millis(100);
    assert_eq!(read(soon).await, Err(Error::Expired));
}
