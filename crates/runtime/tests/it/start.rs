//! What keeps a service from starting, each said in one clear line.

use handoff_runtime::client::{self, Caller};
use handoff_runtime::config::{DatabaseLocation, ServiceConfig};
use handoff_runtime::database;
use handoff_runtime::server::{self, Service};
use handoff_runtime::service::{StartError, one_line};
use handoff_runtime::shutdown::Shutdown;
use handoff_store::database::{Options, Service as Schema};
use tokio::net::TcpListener;
use tonic::service::Routes;

use crate::stub::{NOWHERE, World};

/// What is wrong with it, a line each.
async fn faults(config: ServiceConfig) -> Vec<String> {
    match config.open().await.map(drop) {
        Err(StartError::Configuration { faults }) => faults,
        other => panic!("{other:?}"),
    }
}

fn nobody() -> ServiceConfig {
    let mut config = ServiceConfig::on_loopback(NOWHERE);
    config.identity.insecure_dev = false;
    config
}

#[tokio::test]
async fn a_service_without_a_source_of_identity_does_not_start() {
    let told = faults(nobody()).await;
    assert!(told.len() == 1 && told[0].contains("--insecure-dev"), "{told:?}");
}

/// The database is nobody's, so whatever is told is told before it is awaited.
#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let missing = |name: &str| Some(folder.path().join(name));
    let mut config = nobody();
    config.database.location =
        DatabaseLocation { database_url: None, database_url_file: missing("database-url") };
    config.identity.tls_certificate = missing("tls.crt");
    config.identity.tls_key = missing("tls.key");
    config.identity.tls_client_authority = missing("ca.crt");
    config.identity.workloads = missing("workloads.toml");
    config.identity.oidc_issuer = Some("https://issuer".into());
    config.identity.oidc_audience = Some("handoff".into());
    config.identity.oidc_keys = Some(missing("keys.json").unwrap().to_string_lossy().parse().unwrap());
    config.peer.token_file = missing("token");
    config.peer.peer_authority = missing("peers.crt");
    let told = faults(config).await;
    let files = ["database-url", "tls.crt", "workloads.toml", "keys.json", "token", "peers.crt"];
    assert_eq!(told.len(), files.len(), "{told:?}");
    for file in files {
        assert!(told.iter().any(|fault| fault.contains(file) && !fault.contains('\n')), "{file}: {told:?}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let world = World::start().await;
    let taken = world.running.address;
    let mut config = ServiceConfig::on_loopback(NOWHERE);
    config.server.listen = taken;
    let shutdown = Shutdown::new();
    let service = Service::new("nobody", Routes::default(), &shutdown);
    let refusal = server::serve(config.open().await.unwrap(), service, shutdown).await.unwrap_err();
    let line = one_line(&refusal);
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
