//! Serving a service's RPCs: the one place where listener, limits and layers are put together, and the way they come
//! down again.
//!
//! Leaving, a server says that it is not ready and goes on as before for a while, until those who balance load have
//! heard. Then it takes no new connections, tells its connections to go away, and lets the calls in flight finish up to a
//! limit; in the last quarter of that long streams are told to end. What then still runs is cut with UNAVAILABLE.

mod health;
pub mod tls;
mod web;
mod wire;

use std::convert::Infallible;
use std::net::SocketAddr;

use futures_util::future::Either;
use handoff_store::database::Database;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tower::util::option_layer;

use crate::admission::Admission;
use crate::background::Background;
use crate::config::{LimitsConfig, Opened};
use crate::guard::Guard;
use crate::layer::Wrapping;
use crate::limits;
use crate::service::{Running, StartError};
use crate::shutdown::Shutdown;

use health::Health;
use web::WebLayer;

pub use wire::{Generated, Wire};

/// What a server serves.
#[derive(Debug)]
pub struct Service {
    /// Its name in the log: `qualification`.
    pub name: &'static str,
    /// Its RPCs, each generated server told of its messages ([`Wire::of`]).
    pub routes: Routes,
    /// The database that its readiness follows; it is closed at the end. None for a service without one.
    pub database: Option<Database>,
    /// Its consumers and workers, which are waited for at the end.
    pub background: Background,
}

impl Service {
    /// A service with nothing but RPCs so far.
    pub fn new(name: &'static str, routes: Routes, shutdown: &Shutdown) -> Self {
        let background = Background::new(shutdown.clone());
        Self { name, routes, database: None, background }
    }
}

/// Binds and serves until `shutdown` is requested; comes back once it serves.
///
/// # Errors
/// [`StartError::Listen`].
pub async fn serve(opened: Opened, service: Service, shutdown: Shutdown) -> Result<Running, StartError> {
    let Opened { config, sources, tls, .. } = opened;
    let is_tls = tls.is_some();
    let (incoming, address) = bind(config.server.listen)?;
    let incoming = match &tls {
        Some(tls) => Either::Left(tls.accept(incoming)),
        None => Either::Right(tls::plain(incoming)),
    };
    if let Some(tls) = tls {
        service.background.spawn("certificates", move || {
            let tls = tls.clone();
            async move {
                tls.watch(tls::LOOK).await;
                Ok::<(), Infallible>(())
            }
        });
    }
    let health_listener = config.server.health_listen.map(bind).transpose()?;
    let health_address = health_listener.as_ref().map(|(_, address)| *address);
    let health = Health::new().await;

    let wire = config.wire();
    let mut routes = service.routes.add_service(wire.of(health.server()));
    if config.server.reflection {
        routes = reflect(routes, wire)?;
    }
    let cut = CancellationToken::new();
    let web = WebLayer::new(&config);
    let server = limited(Server::builder(), &config.limits)
        .accept_http1(web.is_some())
        .layer(option_layer(web))
        .layer(Wrapping::new(Guard::new(cut.clone(), address)))
        .layer(Wrapping::new(sources))
        .layer(Wrapping::new(Admission::new(&config.limits)))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, shutdown.requested_owned());

    let ended = CancellationToken::new();
    let probes = health_listener.map(|(incoming, address)| {
        // Plain text and without identity, because probes have neither certificates nor headers. It answers until the
        // very end, so that a probe during the drain hears NOT_SERVING and not silence.
        let routes = Routes::new(wire.of(health.server())).into_axum_router().merge(health.pages());
        let server = limited(Server::builder(), &config.limits)
            .accept_http1(true)
            .layer(Wrapping::new(Guard::new(ended.clone(), address)))
            .add_routes(Routes::from(routes))
            .serve_with_incoming_shutdown(incoming, ended.clone().cancelled_owned());
        tokio::spawn(server)
    });
    if config.identity.insecure_dev {
        tracing::warn!(service = service.name, "identities are believed without proof (--insecure-dev)");
    }
    tracing::info!(service = service.name, %address, ?health_address, "serving");

    let (drain_wait, drain) = (config.limits.drain_wait, config.limits.drain);
    let readiness = tokio::spawn(health.follow(service.database.clone(), shutdown.clone()));
    let task = tokio::spawn(async move {
        let mut server = tokio::spawn(server);
        tokio::select! {
            () = shutdown.leaving() => {
                shutdown.pause(drain_wait).await;
            }
            // Only a defect of the accept loop ends it earlier; then the rest must not go on as if it served.
            _ = &mut server => {}
        }
        shutdown.request();
        let last_call = drain / 4;
        if !server.is_finished() && timeout(drain - last_call, &mut server).await.is_err() {
            shutdown.call_last();
            if timeout(last_call, &mut server).await.is_err() {
                tracing::warn!(service = service.name, limit = ?drain, "cutting the calls still in flight");
                cut.cancel();
                if timeout(limits::CLOSE, &mut server).await.is_err() {
                    server.abort();
                }
            }
        }
        // They were asked to end when the calls were; what a task has in hand is a transaction of seconds.
        let _ = timeout(limits::CLOSE, service.background.ended()).await;
        if let Some(database) = service.database {
            let _ = timeout(limits::CLOSE, database.close()).await;
        }
        ended.cancel();
        if let Some(probes) = probes {
            let _ = timeout(limits::CLOSE, probes).await;
        }
        readiness.abort();
        tracing::info!(service = service.name, "stopped");
    });
    Ok(Running { address, health_address, is_tls, task })
}

fn bind(address: SocketAddr) -> Result<(TcpIncoming, SocketAddr), StartError> {
    let refused = |source| StartError::Listen { address, source };
    let incoming = TcpIncoming::bind(address).map_err(refused)?.with_nodelay(Some(true));
    let address = incoming.local_addr().map_err(refused)?;
    Ok((incoming, address))
}

fn limited(server: Server, limits: &LimitsConfig) -> Server {
    server
        .max_concurrent_streams(limits.connection_streams)
        .initial_stream_window_size(limits.stream_window_bytes)
        .initial_connection_window_size(limits.connection_window_bytes)
        // h2 takes what is smaller than it is told.
        .http2_max_header_list_size(limits.header_bytes + 1)
        .http2_max_local_error_reset_streams(Some(limits::FAULTS_PER_CONNECTION))
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        // No grace: with one, tonic 0.14 cuts a connection that is too old and never tells it to go away. It takes one
        // age for all connections of a server, so it is the processes that differ.
        .max_connection_age(limits::about(limits.connection_age))
}

fn reflect(routes: Routes, wire: Wire) -> Result<Routes, StartError> {
    let failed = |source: tonic_reflection::server::Error| StartError::Other {
        what: "the compiled protos cannot be offered by reflection".to_owned(),
        source: source.into(),
    };
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(handoff_proto::DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Old clients ask the alpha only.
    Ok(routes
        .add_service(wire.of(builder().build_v1().map_err(failed)?))
        .add_service(wire.of(builder().build_v1alpha().map_err(failed)?)))
}
