//! What every service can be told: by flags, by the environment, by a file, in this order of precedence ([`load`]). A
//! service flattens it into its own arguments.
//!
//! Each concern is a struct of its own, and its heading in `--help` is its table in the file. Everything is looked at
//! before anything is started ([`ServiceConfig::open`]), and all that is wrong is told at once.

mod database;
mod file;
mod identity;
mod limits;
mod origin;
mod peer;
mod settings;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches};
use handoff_store::database::{Database, Service as Schema};
use tonic::codec::CompressionEncoding;

use crate::client::Credentials;
use crate::identity::Sources;
use crate::server::Wire;
use crate::server::tls::Tls;
use crate::service::StartError;
use crate::shutdown::Shutdown;

pub use database::{DatabaseConfig, DatabaseLocation, DatabaseUrl};
pub use identity::IdentityConfig;
pub use limits::LimitsConfig;
pub use origin::Origin;
pub use peer::PeerConfig;
pub use settings::{Loaded, Setting, Source, load};

/// A service's own configuration, as it can be read from arguments, environment and file.
pub trait Configuration: CommandFactory + FromArgMatches {
    /// The service's name, and that of its section in the file: `sla`.
    const NAME: &'static str;
    /// Where it listens unless it is told otherwise.
    const ADDRESSES: DefaultAddresses;

    /// The part that all services share.
    fn service(&self) -> &ServiceConfig;
}

/// The part of the configuration that all services share.
#[derive(Debug, Clone, Args)]
pub struct ServiceConfig {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// Where it serves, and what.
    #[command(flatten)]
    pub server: ServerConfig,

    /// How callers prove who they are.
    #[command(flatten)]
    pub identity: IdentityConfig,

    /// How much it takes, of what, and for how long.
    #[command(flatten)]
    pub limits: LimitsConfig,

    /// How calls to other services are made.
    #[command(flatten)]
    pub peer: PeerConfig,
}

/// Where a service serves, and what besides its RPCs.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerConfig {
    /// Read what neither flags nor environment say from this file (TOML; docs/CONFIGURATION.md).
    #[arg(long, env = "HANDOFF_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Where to serve gRPC; port 0 takes a free one.
    #[arg(long, env = "HANDOFF_LISTEN", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Where to serve health, in plain text, for probes; without it health is served with everything else only.
    #[arg(long, env = "HANDOFF_HEALTH_LISTEN", value_name = "ADDRESS")]
    pub health_listen: Option<SocketAddr>,

    /// Tell callers which services and messages there are (gRPC reflection). For development only, as it asks nobody who
    /// they are.
    #[arg(long, env = "HANDOFF_REFLECTION", requires = "insecure_dev")]
    pub reflection: bool,

    /// Let pages of these origins call from browsers (gRPC-Web, over HTTP/1.1 too), such as https://app.example.com; there
    /// is no *. Without it no page can.
    #[arg(long, env = "HANDOFF_GRPC_WEB_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    pub grpc_web_origins: Vec<Origin>,

    /// Take requests that are compressed (gzip), and compress answers for callers that ask for it. Costs processor time;
    /// worth it over slow or dear networks.
    #[arg(long, env = "HANDOFF_COMPRESSION")]
    pub compression: bool,
}

impl ServerConfig {
    /// One that serves gRPC there, and health on an address of its own, and nothing besides.
    pub fn at(listen: SocketAddr, health_listen: SocketAddr) -> Self {
        Self {
            config: None,
            listen,
            health_listen: Some(health_listen),
            reflection: false,
            grpc_web_origins: Vec::new(),
            compression: false,
        }
    }
}

/// A configuration of which every file was read and found good. What a service starts with.
#[derive(Debug)]
pub struct Opened {
    /// What it was opened from.
    pub config: ServiceConfig,
    /// What calls to other services are made with.
    pub credentials: Credentials,
    pub(crate) sources: Sources,
    pub(crate) tls: Option<Tls>,
    database_url: DatabaseUrl,
}

impl ServiceConfig {
    /// Reads all files that it names and looks at everything that can be wrong, without waiting for the database, binding
    /// a port or calling another service. (An issuer's address for keys is asked, for seconds; that it does not answer is
    /// no fault.)
    ///
    /// # Errors
    /// [`StartError::Configuration`] with every fault.
    pub async fn open(self) -> Result<Opened, StartError> {
        let mut faults = Vec::new();
        let database_url = self.database.location.needed().map_err(|fault| faults.push(fault)).ok();
        let (sources, tls) = self.identity.open(&mut faults).await;
        let credentials = self.peer.read(&mut faults);
        faults.extend(self.limits.faults());
        match database_url {
            Some(database_url) if faults.is_empty() => {
                Ok(Opened { config: self, credentials, sources, tls, database_url })
            }
            _ => Err(StartError::Configuration { faults }),
        }
    }

    /// How messages of its RPCs look on the wire.
    pub fn wire(&self) -> Wire {
        Wire {
            request_bytes: self.limits.request_bytes,
            answer_bytes: self.limits.answer_bytes,
            compression: self.server.compression.then_some(CompressionEncoding::Gzip),
        }
    }

    /// Free ports of this machine and development headers: for tests and for `handoff up`.
    ///
    /// # Panics
    /// For a URL that is none: whoever calls it has one that works, or needs none and says so.
    pub fn on_loopback(database_url: impl AsRef<str>) -> Self {
        let url = database_url.as_ref().parse().expect("the caller has connected to it");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            database: DatabaseConfig::at(url),
            server: ServerConfig::at(any, any),
            identity: IdentityConfig::insecure(),
            peer: PeerConfig::default(),
            limits: LimitsConfig::on_loopback(),
        }
    }
}

impl Opened {
    /// The database, once it can be reached.
    ///
    /// # Errors
    /// As [`crate::database::connect`].
    pub async fn database(&self, schema: Schema, shutdown: &Shutdown) -> Result<Database, StartError> {
        let options = self.config.database.options();
        crate::database::connect(self.database_url.expose(), schema, options, shutdown).await
    }
}

/// An error with its causes, on one line.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

/// Where a service listens unless it is told otherwise. Addresses of this machine: who wants to be reached from another
/// says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultAddresses {
    /// gRPC: `127.0.0.1:7431`.
    pub grpc: &'static str,
    /// Health: `127.0.0.1:7441`.
    pub health: &'static str,
}

impl DefaultAddresses {
    /// Writes them into a service's arguments as defaults.
    pub(crate) fn apply(self, command: clap::Command) -> clap::Command {
        command
            .mut_arg("listen", |arg| arg.required(false).default_value(self.grpc))
            .mut_arg("health_listen", |arg| arg.default_value(self.health))
    }
}
