//! What probes hear.

use handoff_runtime::config::ServiceConfig;
use handoff_runtime::database;
use handoff_runtime::server::{self, Service};
use handoff_runtime::service::Running;
use handoff_runtime::shutdown::Shutdown;
use handoff_store::database::{Options, Service as Schema};
use handoff_store::scratch::ScratchDatabase;
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
    until(&running, "liveness", ServingStatus::Serving).await;
    shutdown.request();
    running.join().await;
}
