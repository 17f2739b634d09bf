//! Stopping: what is in flight finishes, what does not finish in time is told so.

use std::time::Duration;

use handoff_runtime::config::{LimitsConfig, ServiceConfig};
use tokio::net::TcpStream;
use tonic::Code;

use crate::health::page;
use crate::stub::{NOWHERE, World, head, subscription};

fn ending(drain_wait: Duration, drain: Duration) -> ServiceConfig {
    let limits = LimitsConfig { drain_wait, drain, ..LimitsConfig::default() };
    ServiceConfig { limits, ..ServiceConfig::on_loopback(NOWHERE) }
}

#[tokio::test]
async fn whoever_leaves_goes_on_until_those_who_balance_load_have_heard() {
    let world = World::with(ending(Duration::from_secs(1), Duration::from_secs(20))).await;
    let mut old = world.client().await;
    assert_eq!(head(&mut old, "x").await.unwrap(), 7);
    world.shutdown.leave();
    let health = world.running.health_address.unwrap();
    while page(health, "/readyz").await.0 != 503 {}
    let mut new = world.client().await;
    assert_eq!(head(&mut old, "x").await.unwrap(), 7);
    assert_eq!(head(&mut new, "x").await.unwrap(), 7, "new connections too");
    assert!(!world.shutdown.is_requested());
    world.running.join().await;
}

#[tokio::test]
async fn a_call_in_flight_finishes_and_nobody_new_is_let_in() {
    let world = World::start().await;
    let mut client = world.client().await;
    let call = tokio::spawn(async move { head(&mut client, "wait").await });
    world.entered().await;
    world.shutdown.request();
    while TcpStream::connect(world.running.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!call.is_finished());
    world.stub.gate.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap(), 7);
    world.running.join().await;
}

#[tokio::test]
async fn what_outlasts_the_drain_is_cut_with_unavailable() {
    let world = World::with(ending(Duration::ZERO, Duration::from_millis(50))).await;
    let (mut client, mut other) = (world.client().await, world.client().await);
    let call = tokio::spawn(async move { head(&mut client, "wait").await });
    world.entered().await;
    let mut stream = other.subscribe_events(subscription("x")).await.unwrap().into_inner();
    world.shutdown.request();
    let refusal = call.await.unwrap().unwrap_err();
    assert_eq!(refusal.code(), Code::Unavailable, "{refusal:?}");
    let end = stream.message().await.unwrap_err();
    assert_eq!(end.code(), Code::Unavailable, "{end:?}");
    world.running.join().await;
}

#[tokio::test]
async fn a_server_without_calls_stops_at_once() {
    let world = World::start().await;
    let _idle = world.client().await;
    world.shutdown.request();
    tokio::time::timeout(Duration::from_secs(5), world.running.join()).await.unwrap();
}
