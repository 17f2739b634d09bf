//! Serving a service's RPCs: the one place where listener, limits and layers are put together, and the way they come
//! down again.
//!
//! Asked to stop, a server says that it is not ready, takes no new connections, tells its connections to go away, and
//! lets the calls in flight finish for [`limits::DRAIN`]. What then still runs is cut with UNAVAILABLE.

mod health;
pub mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::Either;
use handoff_store::database::Database;
use handoff_store::entropy;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::background::Background;
use crate::config::ServiceConfig;
use crate::guard::GuardLayer;
use crate::identity::IdentityLayer;
use crate::limits;
use crate::service::{Running, StartError};
use crate::shutdown::Shutdown;

use health::Health;

/// What a server serves.
#[derive(Debug)]
pub struct Service {
    /// Its name in the log: `qualification`.
    pub name: &'static str,
    /// Its RPCs, each generated server with its message sizes set (see [`limits`]).
    pub routes: Routes,
    /// The database that its readiness follows; it is closed at the end. None for a service without one.
    pub database: Option<Database>,
    /// Its consumers and workers, which are waited for at the end.
    pub background: Background,
    /// How long calls in flight may go on once it was asked to stop; [`limits::DRAIN`] but in tests.
    pub drain: Duration,
}

impl Service {
    /// A service with nothing but RPCs so far.
    pub fn new(name: &'static str, routes: Routes, shutdown: &Shutdown) -> Self {
        let background = Background::new(shutdown.clone());
        Self { name, routes, database: None, background, drain: limits::DRAIN }
    }
}

/// Binds and serves until `shutdown` is requested; comes back once it serves.
///
/// # Errors
/// [`StartError::NoIdentity`], [`StartError::Configuration`] and [`StartError::Listen`].
pub async fn serve(
    config: &ServiceConfig,
    service: Service,
    shutdown: Shutdown,
) -> Result<Running, StartError> {
    let (sources, tls) = config.identity.open().await?;
    let (incoming, address) = bind(config.listen)?;
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
    let health_listener = config.health_listen.map(bind).transpose()?;
    let health_address = health_listener.as_ref().map(|(_, address)| *address);
    let health = Health::new().await;

    let mut routes = service.routes.add_service(health.server());
    if config.reflection {
        routes = reflect(routes)?;
    }
    let cut = CancellationToken::new();
    let server = limited(Server::builder())
        .layer(GuardLayer::new(cut.clone()))
        .layer(IdentityLayer::new(sources))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, shutdown.requested_owned());

    let ended = CancellationToken::new();
    let probes = health_listener.map(|(incoming, _)| {
        // Plain text and without identity, because probes have neither certificates nor headers. It answers until the
        // very end, so that a probe during the drain hears NOT_SERVING and not silence.
        let server = limited(Server::builder())
            .layer(GuardLayer::new(ended.clone()))
            .add_service(health.server())
            .serve_with_incoming_shutdown(incoming, ended.clone().cancelled_owned());
        tokio::spawn(server)
    });
    if config.identity.insecure_dev {
        tracing::warn!(service = service.name, "identities are believed without proof (--insecure-dev)");
    }
    tracing::info!(service = service.name, %address, ?health_address, "serving");

    let readiness = tokio::spawn(health.follow(service.database.clone(), shutdown.clone()));
    let task = tokio::spawn(async move {
        let mut server = tokio::spawn(server);
        tokio::select! {
            () = shutdown.requested() => {}
            // Only a defect of the accept loop ends it earlier; then the rest must not go on as if it served.
            _ = &mut server => shutdown.request(),
        }
        if !server.is_finished() && timeout(service.drain, &mut server).await.is_err() {
            tracing::warn!(service = service.name, limit = ?service.drain, "cutting the calls still in flight");
            cut.cancel();
            if timeout(limits::CLOSE, &mut server).await.is_err() {
                server.abort();
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
    Ok(Running { address, health_address, task })
}

fn bind(address: SocketAddr) -> Result<(TcpIncoming, SocketAddr), StartError> {
    let refused = |source| StartError::Listen { address, source };
    let incoming = TcpIncoming::bind(address).map_err(refused)?.with_nodelay(Some(true));
    let address = incoming.local_addr().map_err(refused)?;
    Ok((incoming, address))
}

fn limited(server: Server) -> Server {
    server
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION)
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(limits::HEADER_BYTES)
        .http2_max_local_error_reset_streams(Some(limits::FAULTS_PER_CONNECTION))
        .http2_keepalive_interval(Some(limits::KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(limits::KEEPALIVE_TIMEOUT))
        // No grace: with one, tonic 0.14 cuts a connection that is too old and never tells it to go away.
        .max_connection_age(jittered(limits::CONNECTION_AGE, entropy::ten_bytes()[0]))
}

/// A tenth less to a tenth more, by `dice`. tonic takes one age for all connections of a server, so it is the processes
/// that differ.
fn jittered(age: Duration, dice: u8) -> Duration {
    age * 9 / 10 + age / 5 * u32::from(dice) / 255
}

fn reflect(routes: Routes) -> Result<Routes, StartError> {
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
        .add_service(builder().build_v1().map_err(failed)?)
        .add_service(builder().build_v1alpha().map_err(failed)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connections_age_varies_by_a_tenth() {
        let age = Duration::from_secs(300);
        assert_eq!(jittered(age, 0), Duration::from_secs(270));
        assert_eq!(jittered(age, 255), Duration::from_secs(330));
    }
}
