//! What every service can be told, by flags and by the environment. A service flattens it into its own arguments.

mod identity;
mod limits;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use handoff_store::database::Options;

use crate::client::TokenFile;
use crate::service::StartError;

pub use identity::IdentityConfig;
pub use limits::LimitsConfig;

/// What an instance needs under full load: the batches of nine tenants at once, and reads beside them.
const CONNECTIONS: u32 = 12;

/// The part of the configuration that all services share.
#[derive(Clone, Args)]
pub struct ServiceConfig {
    /// The database, as postgres://user:password@host:5432/name.
    #[arg(long, env = "HANDOFF_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: String,

    /// How many connections to the database calls may use; consumers and workers have their own.
    #[arg(long, env = "HANDOFF_DATABASE_CONNECTIONS", value_name = "NUMBER", default_value_t = CONNECTIONS,
        value_parser = clap::value_parser!(u32).range(2..))]
    pub database_connections: u32,

    /// Where to serve gRPC; port 0 takes a free one.
    #[arg(long, env = "HANDOFF_LISTEN", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Where to serve health, in plain text, for probes; without it health is served with everything else only.
    #[arg(long, env = "HANDOFF_HEALTH_LISTEN", value_name = "ADDRESS")]
    pub health_listen: Option<SocketAddr>,

    /// How callers prove who they are.
    #[command(flatten)]
    pub identity: IdentityConfig,

    /// How much it takes, of what, and for how long.
    #[command(flatten)]
    pub limits: LimitsConfig,

    /// The access token for calls to other services: a file, read again when it is renewed.
    #[arg(long, env = "HANDOFF_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Tell callers which services and messages there are (gRPC reflection). For development only, as it asks nobody who
    /// they are.
    #[arg(long, env = "HANDOFF_REFLECTION", requires = "insecure_dev")]
    pub reflection: bool,
}

impl ServiceConfig {
    /// How to connect to the database.
    pub fn database_options(&self) -> Options {
        Options { rpc_connections: self.database_connections, ..Options::default() }
    }

    /// The token for calls to other services, if there is one.
    ///
    /// # Errors
    /// Where the file holds none.
    pub fn token(&self) -> Result<Option<TokenFile>, StartError> {
        self.token_file.as_deref().map(TokenFile::open).transpose()
    }

    /// Free ports of this machine and development headers: for tests and for `handoff up`.
    pub fn on_loopback(database_url: impl Into<String>) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            database_url: database_url.into(),
            database_connections: CONNECTIONS,
            listen: any,
            health_listen: Some(any),
            identity: IdentityConfig::insecure(),
            limits: LimitsConfig::default(),
            token_file: None,
            reflection: false,
        }
    }
}

/// Without the database's URL, which may hold a password.
impl fmt::Debug for ServiceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceConfig")
            .field("database_connections", &self.database_connections)
            .field("listen", &self.listen)
            .field("health_listen", &self.health_listen)
            .field("identity", &self.identity)
            .field("limits", &self.limits)
            .field("token_file", &self.token_file)
            .field("reflection", &self.reflection)
            .finish_non_exhaustive()
    }
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

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Arguments {
        #[command(flatten)]
        service: ServiceConfig,
    }

    fn parse(arguments: &[&str]) -> Result<ServiceConfig, clap::Error> {
        let command =
            DefaultAddresses { grpc: "127.0.0.1:7431", health: "127.0.0.1:7441" }.apply(Arguments::command());
        let matches = command.try_get_matches_from([&["service"], arguments].concat())?;
        Arguments::from_arg_matches(&matches).map(|parsed| parsed.service)
    }

    #[test]
    fn a_service_has_ports_of_its_own() {
        let config = parse(&["--database-url", "postgres://secret@host/db"]).expect("enough");
        assert_eq!(config.listen.port(), 7431);
        assert_eq!(config.health_listen.map(|at| at.port()), Some(7441));
        assert!(!config.identity.insecure_dev && !config.reflection);
    }

    #[test]
    fn what_is_said_wins_and_what_is_missing_is_told() {
        let config =
            parse(&["--database-url", "x", "--listen", "127.0.0.1:0", "--insecure-dev"]).expect("enough");
        assert_eq!((config.listen.port(), config.identity.insecure_dev), (0, true));
        let refusal = parse(&[]).expect_err("no database").to_string();
        assert!(refusal.contains("--database-url"), "{refusal}");
    }

    #[test]
    fn reflection_is_for_development_only() {
        let refusal =
            parse(&["--database-url", "x", "--reflection"]).expect_err("no development").to_string();
        assert!(refusal.contains("--insecure-dev"), "{refusal}");
        let config = parse(&["--database-url", "x", "--reflection", "--insecure-dev"]).expect("enough");
        assert!(config.reflection);
    }

    #[test]
    fn the_databases_url_is_never_printed() {
        let config = ServiceConfig::on_loopback("postgres://user:secret@host/db");
        assert!(!format!("{config:?}").contains("secret"));
    }
}
