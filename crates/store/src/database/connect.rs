//! Opening a service's pools: what every connection carries from its start message on, and the check of the schema.

use std::str::FromStr;

use opentelemetry::metrics::Meter;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};

use super::{Options, Pool, Service};
use crate::meter::PoolMeter;
use crate::migrate;

/// The oldest PostgreSQL that the statements are written for.
const OLDEST_SERVER: i32 = 15;

/// Why a service cannot use a database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL cannot be read.
    #[error("the database URL cannot be read; it looks like postgres://user@host:5432/name")]
    Url(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nothing answers there, or not yet.
    #[error("the database cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It answers, and does not let this service in.
    #[error("the database refuses the connection as {role}")]
    Refused {
        /// The role that the service works under.
        role: &'static str,
        /// The server's reason.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server is too old.
    #[error("the server is PostgreSQL {found}; {OLDEST_SERVER} or newer is needed")]
    ServerTooOld {
        /// The major version found.
        found: i32,
    },
    /// `handoff migrate` has never run here.
    #[error("the database has no schema yet: run `handoff migrate` first")]
    NotMigrated,
    /// `handoff migrate` of an older build ran last.
    #[error(
        "the database's schema is at version {found}, this build needs {needed}: run `handoff migrate` first"
    )]
    SchemaTooOld {
        /// The version found.
        found: i64,
        /// The version needed.
        needed: i64,
    },
}

impl ConnectError {
    /// Whether asking again may help without anybody doing anything about it.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }

    fn from_driver(error: sqlx::Error, role: &'static str) -> Self {
        let code = error.as_database_error().and_then(|database| database.code()).unwrap_or_default();
        match (&error, &*code) {
            (sqlx::Error::Configuration(_), _) => Self::Url(error.into()),
            // The migrations make the role (without it a startup option has an unknown value) and the table.
            (_, "22023" | "42P01") => Self::NotMigrated,
            // Starting up, shutting down, or all connections taken.
            (_, "57P03" | "57P01" | "57P02" | "53300") => Self::Unreachable(error.into()),
            (sqlx::Error::Database(_), _) => Self::Refused { role, source: error.into() },
            _ => Self::Unreachable(error.into()),
        }
    }
}

/// Parses a database URL. Statements are logged by nobody: they may carry a tenant's id and are the same every time.
pub(crate) fn parse_url(url: &str) -> Result<PgConnectOptions, ConnectError> {
    let options = PgConnectOptions::from_str(url).map_err(|error| ConnectError::Url(error.into()))?;
    Ok(options.disable_statement_logging())
}

/// Looks at a database URL without connecting.
///
/// # Errors
/// [`ConnectError::Url`], which repeats nothing of it: it may hold a password.
pub fn check_url(url: &str) -> Result<(), ConnectError> {
    let begins = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
    if !begins {
        return Err(ConnectError::Url("it does not begin with postgres://".into()));
    }
    parse_url(url).map(drop)
}

/// Opens both pools and checks server and schema.
pub(super) async fn pools(
    url: &str,
    service: Service,
    options: &Options,
    meter: &Meter,
) -> Result<(Pool, Pool), ConnectError> {
    let millis = |limit: std::time::Duration| limit.as_millis().to_string();
    // In the start message, not in statements after it: a connection can never exist without its role and limits.
    let connect = parse_url(url)?.application_name(service.role()).options([
        ("role", service.role().to_owned()),
        ("search_path", service.schema().to_owned()),
        ("timezone", "UTC".to_owned()),
        // Compiling a statement takes longer than all that ours do: a page of a re-evaluation spent two thirds of its
        // time on it.
        ("jit", "off".to_owned()),
        ("statement_timeout", millis(options.statement_timeout)),
        ("lock_timeout", millis(options.lock_timeout)),
        ("idle_in_transaction_session_timeout", millis(options.idle_in_transaction_timeout)),
    ]);
    let database = connect.get_database().unwrap_or_default();
    let namespace = format!("{database}|{}", service.schema());
    let pool = |name: &str, connections: u32| {
        let meter = PoolMeter::new(meter, format!("{}.{name}", service.schema()), namespace.clone());
        // A connection is tested when it comes back, so testing it again before its next use only costs a round trip,
        // unless another one was lost meanwhile.
        let options = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false);
        Pool::new(options, connect.clone(), meter)
    };
    let rpcs = pool("rpcs", options.rpc_connections);
    check(rpcs.connections(), service).await?;
    Ok((rpcs, pool("workers", options.worker_connections)))
}

async fn check(pool: &PgPool, service: Service) -> Result<(), ConnectError> {
    let refused = |error| ConnectError::from_driver(error, service.role());
    let server = sqlx::query_scalar!(
        r#"-- connect::server_version
        select current_setting('server_version_num')::int / 10000 as "major!""#
    )
    .fetch_one(pool)
    .await
    .map_err(refused)?;
    if server < OLDEST_SERVER {
        return Err(ConnectError::ServerTooOld { found: server });
    }
    let found = sqlx::query_scalar!(
        r#"-- connect::schema_version
        select max(version) from public._sqlx_migrations where success"#
    )
    .fetch_one(pool)
    .await
    .map_err(refused)?;
    match found {
        None => Err(ConnectError::NotMigrated),
        Some(found) if found < migrate::needed_version() => {
            Err(ConnectError::SchemaTooOld { found, needed: migrate::needed_version() })
        }
        Some(_) => Ok(()),
    }
}
