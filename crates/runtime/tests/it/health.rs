//! What probes hear.

use std::net::SocketAddr;

use handoff_runtime::config::ServiceConfig;
use handoff_runtime::database;
use handoff_runtime::server::{self, Service};
use handoff_runtime::service::Running;
use handoff_runtime::shutdown::Shutdown;
use handoff_store::database::{Options, Service as Schema};
use handoff_store::scratch::ScratchDatabase;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::service::Routes;
use tonic::transport::Endpoint;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::stub::World;

/// Follows what `name` says until it says `expected`.
async fn until(running: &Running, name: &str, expected: ServingStatus) {
    let endpoint = format!("http://{}", running.health_address.unwrap());
    let channel = Endpoint::from_shared(endpoint).unwrap().connect().await.unwrap();
    let mut client = HealthClient::new(channel);
    let request = HealthCheckRequest { service: name.to_owned() };
    let mut said = client.watch(request).await.unwrap().into_inner();
    while said.message().await.unwrap().unwrap().status != expected as i32 {}
}

/// A page as a probe asks for it, over HTTP/1.1: its status and its text.
pub(crate) async fn page(address: SocketAddr, path: &str) -> (u16, String) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn probes_that_speak_http_hear_the_same() {
    let world = World::start().await;
    until(&world.running, "readiness", ServingStatus::Serving).await;
    let health = world.running.health_address.unwrap();
    assert_eq!(page(health, "/healthz").await, (200, "alive\n".to_owned()));
    assert_eq!(page(health, "/readyz").await, (200, "ready\n".to_owned()));
    let mut client = world.client().await;
    let call = tokio::spawn(async move { crate::stub::head(&mut client, "wait").await });
    world.entered().await;
    world.shutdown.request();
    until(&world.running, "readiness", ServingStatus::NotServing).await;
    let readyz = page(health, "/readyz").await;
    assert_eq!(readyz, (503, "not ready: the process is stopping\n".to_owned()));
    assert_eq!(page(health, "/healthz").await.0, 200);
    world.stub.gate.add_permits(1);
    call.await.unwrap().unwrap();
    world.running.join().await;
}

#[tokio::test]
async fn a_server_is_alive_and_ready_until_it_is_asked_to_stop() {
    let world = World::start().await;
    for name in ["liveness", "readiness", ""] {
        until(&world.running, name, ServingStatus::Serving).await;
    }
    let mut client = world.client().await;
    let call = tokio::spawn(async move { crate::stub::head(&mut client, "wait").await });
    world.entered().await;
    world.shutdown.request();
    until(&world.running, "readiness", ServingStatus::NotServing).await;
    until(&world.running, "liveness", ServingStatus::Serving).await;
    world.stub.gate.add_permits(1);
    assert!(call.await.unwrap().is_ok());
    world.running.join().await;
}

#[tokio::test]
async fn readiness_follows_the_database_and_liveness_does_not() {
    let scratch = ScratchDatabase::new().await.unwrap();
    let shutdown = Shutdown::new();
    let connected = database::connect(&scratch.url(), Schema::Sla, Options::default(), &shutdown).await;
    let service =
        Service { database: Some(connected.unwrap()), ..Service::new("stub", Routes::default(), &shutdown) };
    let config = ServiceConfig::on_loopback(scratch.url());
    let running = server::serve(config.open().await.unwrap(), service, shutdown.clone()).await.unwrap();
    until(&running, "readiness", ServingStatus::Serving).await;
    drop(scratch);
    until(&running, "readiness", ServingStatus::NotServing).await;
    let readyz = page(running.health_address.unwrap(), "/readyz").await;
    assert_eq!(readyz, (503, "not ready: the database does not answer\n".to_owned()));
    until(&running, "liveness", ServingStatus::Serving).await;
    shutdown.request();
    running.join().await;
}
