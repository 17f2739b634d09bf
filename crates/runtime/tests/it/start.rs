//! What keeps a service from starting, each said in one clear line.

use handoff_runtime::client::{self, Caller};
use handoff_runtime::config::{IdentityConfig, ServiceConfig};
use handoff_runtime::database;
use handoff_runtime::server::{self, Service};
use handoff_runtime::service::{StartError, one_line};
use handoff_runtime::shutdown::Shutdown;
use handoff_store::database::{Options, Service as Schema};
use tokio::net::TcpListener;
use tonic::service::Routes;

use crate::stub::World;

async fn refusal(config: ServiceConfig) -> StartError {
    let shutdown = Shutdown::new();
    let service = Service::new("nobody", Routes::default(), &shutdown);
    server::serve(&config, service, shutdown).await.unwrap_err()
}

#[tokio::test]
async fn a_service_without_a_source_of_identity_does_not_start() {
    let refusal = refusal(ServiceConfig {
        identity: IdentityConfig { insecure_dev: false, ..IdentityConfig::insecure() },
        ..ServiceConfig::on_loopback("")
    })
    .await;
    assert!(matches!(refusal, StartError::NoIdentity), "{refusal:?}");
    assert!(one_line(&refusal).contains("--insecure-dev"));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let world = World::start().await;
    let taken = world.running.address;
    let line = one_line(&refusal(ServiceConfig { listen: taken, ..ServiceConfig::on_loopback("") }).await);
    assert!(line.starts_with(&format!("cannot listen on {taken}: ")), "{line}");
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let caller = Caller::service("nobody");
    let line = one_line(&client::connect(&format!("http://{free}"), &caller).await.unwrap_err());
    assert!(line.contains(&free.to_string()), "{line}");
    let refusal = client::connect_lazy("localhost", &caller).unwrap_err();
    assert!(matches!(refusal, StartError::Endpoint { .. }), "{refusal:?}");
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for_until_asked_to_stop() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let shutdown = Shutdown::new();
    let url = format!("postgres://nobody@{free}/none");
    let waiting = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { database::connect(&url, Schema::Sla, Options::default(), &shutdown).await }
    });
    // Long enough for several tries.
    assert!(shutdown.pause(std::time::Duration::from_millis(300)).await);
    assert!(!waiting.is_finished());
    shutdown.request();
    assert!(matches!(waiting.await.unwrap(), Err(StartError::Interrupted)));
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_at_once() {
    let shutdown = Shutdown::new();
    let refusal =
        database::connect("not a url", Schema::Sla, Options::default(), &shutdown).await.unwrap_err();
    assert!(matches!(refusal, StartError::Database(_)), "{refusal:?}");
}
