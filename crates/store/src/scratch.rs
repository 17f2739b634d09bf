//! A fresh database for a test: cloned from a migrated template in some tens of milliseconds, dropped at the end.
//!
//! The server is the one that HANDOFF_TEST_DATABASE_URL names. It should belong to the tests alone; nothing here ever
//! touches a database that it did not make.

mod clock;
mod proxy;

use std::env;
use std::process::Command;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::sync::OnceCell;

use crate::database::parse_url;
use crate::{embedded, entropy, migrate};

pub use clock::ScratchClock;
pub use proxy::{Moment, Proxy, Verdict};

/// Names the server: `postgres://…` of a user who may create databases and roles.
pub const SERVER_VARIABLE: &str = "HANDOFF_TEST_DATABASE_URL";

/// Serialises the making of templates among all processes that test against the server. Any number would do.
const TEMPLATE_LOCK: i64 = 0x6861_6e64_6f66_6601;

/// Why there is no scratch database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScratchError {
    /// The variable is not set.
    #[error(
        "{SERVER_VARIABLE} is not set: run `./x test`, or `handoff with-postgres -- cargo test`, which start a server"
    )]
    NoServer,
    /// The server did not do as it was asked.
    #[error("the test server failed while {during}")]
    Server {
        /// What was being done.
        during: &'static str,
        /// Its reason.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ScratchError {
    fn during(during: &'static str) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> Self {
        move |source| Self::Server { during, source }
    }
}

/// A session that does nothing in a transaction, for as long as it is kept.
#[derive(Debug)]
pub struct IdleSession {
    _connection: PgConnection,
}

/// A migrated database of its own. Dropping the value drops the database, and disconnects whoever still uses it.
#[derive(Debug)]
pub struct ScratchDatabase {
    name: String,
    server: PgConnectOptions,
}

impl ScratchDatabase {
    /// Makes a database.
    ///
    /// # Errors
    /// [`ScratchError::NoServer`] without the environment variable, [`ScratchError::Server`] otherwise.
    pub async fn new() -> Result<Self, ScratchError> {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();

        let server = server()?;
        let template = TEMPLATE.get_or_try_init(|| make_template(&server)).await?;
        let name = fresh_name();
        let mut connection = connect(&server).await?;
        run(&mut connection, "cloning the template", format!("create database {name} template {template}"))
            .await?;
        Ok(Self { name, server })
    }

    /// A copy of it, with all that is in it. Nobody may be connected to it meanwhile.
    ///
    /// # Errors
    /// [`ScratchError::Server`].
    pub async fn copy(&self) -> Result<Self, ScratchError> {
        let (name, server) = (fresh_name(), self.server.clone());
        let mut connection = connect(&server).await?;
        let clone = format!("create database {name} template {}", self.name);
        run(&mut connection, "copying a database", clone).await?;
        Ok(Self { name, server })
    }

    /// An empty database: no schema, nothing migrated. For dumps that bring all of that along.
    ///
    /// # Errors
    /// As [`ScratchDatabase::new`].
    pub async fn empty() -> Result<Self, ScratchError> {
        let (name, server) = (fresh_name(), server()?);
        let mut connection = connect(&server).await?;
        run(&mut connection, "making an empty database", format!("create database {name}")).await?;
        Ok(Self { name, server })
    }

    /// An empty database whose owner is no superuser, as on a server that somebody else runs: a role that may make roles
    /// and is a member of the services' roles. All that is done to it is done as that role.
    ///
    /// # Errors
    /// As [`ScratchDatabase::new`].
    pub async fn of_ordinary_owner() -> Result<Self, ScratchError> {
        const OWNER: &str = "handoff_scratch_owner";
        // The services' roles are the server's, and come with the template.
        let Self { server, .. } = &Self::new().await?;
        let name = fresh_name();
        let mut connection = connect(server).await?;
        let prepare = format!(
            "do $$ begin create role {OWNER} login createrole; exception when duplicate_object then null; end $$; \
             grant handoff_qualification, handoff_sla, handoff_reporting to {OWNER}"
        );
        run(&mut connection, "making an ordinary owner", prepare).await?;
        let make = format!("create database {name} owner {OWNER}");
        run(&mut connection, "making a database for it", make).await?;
        Ok(Self { name, server: server.clone().username(OWNER) })
    }

    /// Runs statements of a test as the owner of the tables, past everything that usually stands between: to break what
    /// a proof has to find, or to restore a dump.
    ///
    /// # Errors
    /// [`ScratchError::Server`].
    pub async fn run(&self, statements: &str) -> Result<(), ScratchError> {
        let options = self.server.clone().database(&self.name);
        let mut connection = connect(&options).await?;
        run(&mut connection, "running the statements of a test", statements.to_owned()).await
    }

    /// A dump of it in plain SQL, as `pg_dump` makes one of a database that is in use: of one snapshot, with nothing in it
    /// that psql alone understands. [`ScratchDatabase::run`] restores it into an empty one.
    ///
    /// # Errors
    /// [`ScratchError::Server`].
    pub async fn dump(&self) -> Result<String, ScratchError> {
        const DURING: &str = "dumping a database";
        let program =
            embedded::program("pg_dump").map_err(|error| ScratchError::during(DURING)(error.into()))?;
        let host = self.server.get_socket().map_or_else(
            || self.server.get_host().to_owned(),
            |folder| folder.to_string_lossy().into_owned(),
        );
        let (port, user) = (self.server.get_port().to_string(), self.server.get_username().to_owned());
        let name = self.name.clone();
        let said = tokio::task::spawn_blocking(move || {
            let mut command = Command::new(program);
            command.args(["--no-owner", "--rows-per-insert=100", "--host", &host, "--port", &port]);
            command.args(["--username", &user, &name]).output()
        })
        .await
        .map_err(|error| ScratchError::during(DURING)(error.into()))?
        .map_err(|error| ScratchError::during(DURING)(error.into()))?;
        if !said.status.success() {
            let complaint = String::from_utf8_lossy(&said.stderr).into_owned();
            return Err(ScratchError::during(DURING)(complaint.into()));
        }
        let text = String::from_utf8_lossy(&said.stdout);
        Ok(text.lines().filter(|line| !line.starts_with('\\')).flat_map(|line| [line, "\n"]).collect())
    }

    /// A session that calls itself `application` and sits in a transaction until it is dropped.
    ///
    /// # Errors
    /// [`ScratchError::Server`].
    pub async fn sit_in_transaction(&self, application: &str) -> Result<IdleSession, ScratchError> {
        let options = self.server.clone().database(&self.name).application_name(application);
        let mut connection = connect(&options).await?;
        run(&mut connection, "beginning a transaction", "begin".to_owned()).await?;
        Ok(IdleSession { _connection: connection })
    }

    /// Where it is, as the owner of its tables. Services connect to the same URL and take their roles.
    pub fn url(&self) -> String {
        url_of(&self.server, &self.name)
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        let (name, server) = (std::mem::take(&mut self.name), self.server.clone());
        // A thread with a runtime of its own: the test's may be gone already, or wait for us.
        let dropped = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
                let mut connection = PgConnection::connect_with(&server).await?;
                let drop = format!("drop database {name} with (force)");
                sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut connection).await
            })
        })
        .join();
        if !matches!(dropped, Ok(Ok(_))) {
            // Never a panic: the test may be panicking already, and its own message matters more.
            tracing::warn!("a scratch database could not be dropped");
        }
    }
}

/// The name of a migrated template for this build's migrations; made if no other process has made it yet.
async fn make_template(server: &PgConnectOptions) -> Result<String, ScratchError> {
    const DURING: &str = "making the template database";
    let name = format!("handoff_template_{}", migrate::fingerprint());
    let mut connection = connect(server).await?;
    sqlx::query!(
        r#"-- scratch::lock_template
        select pg_advisory_lock($1)"#,
        TEMPLATE_LOCK,
    )
    .execute(&mut connection)
    .await
    .map_err(|error| ScratchError::during(DURING)(error.into()))?;
    let is_ready = sqlx::query_scalar!(
        r#"-- scratch::is_template
        select datistemplate from pg_database where datname = $1"#,
        name,
    )
    .fetch_optional(&mut connection)
    .await
    .map_err(|error| ScratchError::during(DURING)(error.into()))?;
    if is_ready != Some(true) {
        // One that is not marked was left half-way by a process that died.
        run(&mut connection, DURING, format!("drop database if exists {name}")).await?;
        run(&mut connection, DURING, format!("create database {name}")).await?;
        migrate::migrate(&url_of(server, &name))
            .await
            .map_err(|error| ScratchError::during("migrating the template database")(error.into()))?;
        // Marked last: from here on nobody connects to it, so it can be cloned at any time.
        run(&mut connection, DURING, format!("alter database {name} is_template true")).await?;
    }
    Ok(name)
}

/// The server that the tests were given.
fn server() -> Result<PgConnectOptions, ScratchError> {
    let url = env::var(SERVER_VARIABLE).map_err(|_| ScratchError::NoServer)?;
    parse_url(&url).map_err(|error| ScratchError::during("reading its URL")(error.into()))
}

fn fresh_name() -> String {
    let random: String = entropy::ten_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("handoff_scratch_{random}")
}

fn url_of(server: &PgConnectOptions, database: &str) -> String {
    server.clone().database(database).to_url_lossy().to_string()
}

async fn connect(server: &PgConnectOptions) -> Result<PgConnection, ScratchError> {
    PgConnection::connect_with(server).await.map_err(|error| ScratchError::during("connecting")(error.into()))
}

/// Runs one statement whose names are all made here.
async fn run(
    connection: &mut PgConnection,
    during: &'static str,
    statement: String,
) -> Result<(), ScratchError> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(|error| ScratchError::during(during)(error.into()))
}
