//! All services in one process, on a private Postgres or on another server, talking to each other over gRPC as they
//! would across machines. Whatever was started is stopped again, also when the start fails half-way.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use handoff_runtime::config::{
    self, Configuration, DatabaseConfig, DatabaseUrl, ServerConfig, ServiceConfig,
};
use handoff_runtime::service::{Running, StartError};
use handoff_runtime::shutdown::Shutdown;
use handoff_store::embedded::{self, Embedded};
use handoff_store::migrate::migrate;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// How far a service's health port lies above its own: 7431 and 7441.
const HEALTH_OFFSET: u16 = 10;

/// What is to be started.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) database: Database,
    pub(crate) ports: Ports,
    /// What services are told besides, in a file.
    pub(crate) config: Option<PathBuf>,
}

/// Where data is kept.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// A Postgres of our own, in this folder.
    Embedded(PathBuf),
    /// A server of somebody's, as the owner of the tables.
    Url(DatabaseUrl),
}

/// Where services listen, always on this machine only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ports {
    /// From this one on: qualification, sla, reporting. 0 takes free ones.
    From(u16),
    /// The same, and free ones where they are taken.
    FromOrFree(u16),
}

/// What was started.
#[derive(Debug)]
pub(crate) struct Up {
    shutdown: Shutdown,
    postgres: Option<Embedded>,
    services: Vec<(&'static str, Running)>,
}

impl Up {
    /// Starts everything; comes back once all services serve.
    ///
    /// # Errors
    /// One line that says what failed; [`StartError::Interrupted`] when `shutdown` was requested meanwhile.
    pub(crate) async fn start(options: Options, shutdown: Shutdown) -> anyhow::Result<Self> {
        let mut up = Self { shutdown, postgres: None, services: Vec::new() };
        match up.start_all(options).await {
            Ok(()) => Ok(up),
            Err(failure) => {
                // The first failure is the one to tell.
                let _ = up.stop().await;
                Err(failure)
            }
        }
    }

    async fn start_all(&mut self, options: Options) -> anyhow::Result<()> {
        // Before anything is started.
        let config = options.config.as_deref();
        let services = [
            base::<handoff_qualification::Config>(config)?,
            base::<handoff_sla::Config>(config)?,
            base::<handoff_reporting::Config>(config)?,
        ];
        let url = match options.database {
            Database::Url(url) => url.expose().to_owned(),
            Database::Embedded(folder) => {
                let settings = embedded::Options::new(folder);
                let postgres = spawn_blocking(move || Embedded::start(&settings)).await??;
                self.postgres.insert(postgres).url("postgres")
            }
        };
        migrate(&url).await?;

        let [for_qualification, for_sla, for_reporting] = services;
        let ports = options.ports;
        let shutdown = || self.shutdown.clone();
        // Qualification is asked for by sla before it can be told where sla is.
        let (tell_sla, sla_is_at) = watch::channel(None);
        let qualification = ports
            .listen(&url, 0, for_qualification, |service| {
                handoff_qualification::start_beside(service, sla_is_at.clone(), shutdown())
            })
            .await?;
        let qualification_url = qualification.endpoint();
        self.services.push(("qualification", qualification));

        let shutdown = || self.shutdown.clone();
        let sla = ports
            .listen(&url, 1, for_sla, |service| {
                let qualification = qualification_url.clone();
                handoff_sla::start(handoff_sla::Config { service, qualification }, shutdown())
            })
            .await?;
        let sla_url = sla.endpoint();
        tell_sla.send_replace(Some(sla_url.clone()));
        self.services.push(("sla", sla));

        let shutdown = || self.shutdown.clone();
        let reporting = ports
            .listen(&url, 2, for_reporting, |service| {
                let (qualification, sla) = (qualification_url.clone(), sla_url.clone());
                handoff_reporting::start(
                    handoff_reporting::Config { service, qualification, sla },
                    shutdown(),
                )
            })
            .await?;
        self.services.push(("reporting", reporting));
        Ok(())
    }

    /// The address of a service, as clients take it.
    pub(crate) fn endpoint(&self, name: &str) -> String {
        self.services
            .iter()
            .find(|(service, _)| *service == name)
            .map(|(_, service)| service.endpoint())
            .unwrap_or_default()
    }

    /// Name, address and health address of each service.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&'static str, String, Option<SocketAddr>)> {
        self.services.iter().map(|(name, service)| (*name, service.endpoint(), service.health_address))
    }

    /// The private Postgres, for whoever wants to look inside.
    pub(crate) fn postgres_url(&self) -> Option<String> {
        self.postgres.as_ref().map(|postgres| postgres.url("postgres"))
    }

    /// Waits until stopping is asked for.
    pub(crate) async fn until_stopped(&self) {
        self.shutdown.requested().await;
    }

    /// Stops everything, and waits until it is gone.
    ///
    /// # Errors
    /// When Postgres does not stop.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.request();
        for (_, service) in self.services {
            service.join().await;
        }
        if let Some(postgres) = self.postgres {
            spawn_blocking(move || postgres.stop()).await??;
        }
        Ok(())
    }
}

/// What a file says to a service, if there is one. The environment is not asked: it configures services that are started
/// one by one.
fn base<C: Configuration>(file: Option<&Path>) -> Result<Option<ServiceConfig>, StartError> {
    let Some(file) = file else { return Ok(None) };
    let arguments = [OsString::from(C::NAME), "--config".into(), file.into()];
    let wrong = |faults| StartError::Configuration { faults };
    let loaded = config::load::<C>(&arguments, |_| None).map_err(|error| wrong(vec![error.to_string()]))?;
    if loaded.faults.is_empty() {
        Ok(Some(loaded.config.service().clone()))
    } else {
        Err(wrong(loaded.faults))
    }
}

impl Ports {
    /// Starts the service with that place among the services, on its port.
    async fn listen<R>(
        self,
        database_url: &str,
        place: u16,
        base: Option<ServiceConfig>,
        start: impl Fn(ServiceConfig) -> R,
    ) -> anyhow::Result<Running>
    where
        R: Future<Output = Result<Running, StartError>>,
    {
        let config = |port: u16| -> anyhow::Result<ServiceConfig> {
            let on = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let health = if port == 0 { Some(0) } else { port.checked_add(HEALTH_OFFSET) };
            let health = health.context("ports end at 65535: choose a smaller one")?;
            let here = ServiceConfig::on_loopback(database_url);
            let base = base.clone().unwrap_or_else(|| here.clone());
            Ok(ServiceConfig {
                server: ServerConfig {
                    config: None,
                    listen: on(port),
                    health_listen: Some(on(health)),
                    reflection: true,
                    ..base.server
                },
                database: DatabaseConfig {
                    database_connections: base.database.database_connections,
                    ..here.database
                },
                identity: here.identity,
                peer: here.peer,
                ..base
            })
        };
        let (Self::From(first) | Self::FromOrFree(first)) = self;
        let port = if first == 0 { 0 } else { first.checked_add(place).context("ports end at 65535")? };
        match start(config(port)?).await {
            Err(StartError::Listen { .. }) if matches!(self, Self::FromOrFree(_)) => {
                Ok(start(config(0)?).await?)
            }
            started => Ok(started?),
        }
    }
}
