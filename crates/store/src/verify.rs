//! Reading a tenant for a proof: its logs and its state in one snapshot over all schemas, as plain rows.
//!
//! Nothing is parsed and nothing is joined together here: whoever proves that state equals the log must not read either
//! through the code that wrote it. Rows come as a stream and are handed on one by one, so a tenant of any size is read in
//! little memory.
//!
//! It connects as the owner of the tables, whom row-level security binds too, or as a superuser, whom it does not; every
//! statement names its tenant, so both see the same. It never writes.

pub mod catalogue;
pub mod directory;
pub mod history;
pub mod lead;
pub mod log;
pub mod person;
pub mod reevaluation;
pub mod reporting;
pub mod rollup;
pub mod routing;
pub mod score;
pub mod session;
pub mod sla;
pub mod version;

use std::fmt;

use futures_util::{Stream, TryStreamExt};
use sqlx::postgres::PgPoolOptions;

use handoff_domain::id::TenantId;

use crate::database::{ConnectError, Party, Pool, Service, parse_url};
use crate::error::StoreError;
use crate::meter::{self, PoolMeter};
use crate::migrate;
use crate::tx::Tx;

/// What its sessions are called, so that it can tell itself from those that it looks at.
const APPLICATION: &str = "handoff_verify";

/// A way to read any tenant.
#[derive(Clone)]
pub struct Reader {
    pool: Pool,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    /// Connects to the database at `url` as the owner of its tables.
    ///
    /// # Errors
    /// See [`ConnectError`]; a schema that is older than this build is refused.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        let options = parse_url(url)?
            .application_name(APPLICATION)
            .options([("timezone", "UTC"), ("search_path", "public")]);
        let database = options.get_database().unwrap_or_default().to_owned();
        let meter = PoolMeter::new(&meter::global(), "verify".to_owned(), database);
        let pool = Pool::new(PgPoolOptions::new().max_connections(1), options, meter);
        drop(pool.connections().acquire().await.map_err(|error| ConnectError::Unreachable(error.into()))?);
        match session::schema_version(pool.connections()).await {
            Some(found) if found < migrate::needed_version() => {
                Err(ConnectError::SchemaTooOld { found, needed: migrate::needed_version() })
            }
            Some(_) => Ok(Self { pool }),
            None => Err(ConnectError::NotMigrated),
        }
    }

    /// One snapshot of a tenant, for as long as it is kept. It holds back the vacuum, not the writers.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn snapshot(&self, tenant: TenantId) -> Result<Snapshot, StoreError> {
        Ok(Snapshot { tx: self.begin(Some(tenant)).await?, tenant })
    }

    /// One snapshot of what belongs to no tenant: the directories and the server's sessions.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn directories(&self) -> Result<Tx, StoreError> {
        self.begin(None).await
    }

    async fn begin(&self, tenant: Option<TenantId>) -> Result<Tx, StoreError> {
        Tx::snapshot(self.pool.place(Party::Reads(tenant)).await?, tenant).await
    }
}

/// A tenant at one moment.
#[derive(Debug)]
pub struct Snapshot {
    tx: Tx,
    tenant: TenantId,
}

impl Snapshot {
    /// Whose.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// For the statements that name their schema.
    pub fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// For the statements over a log, which do not.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn log_of(&mut self, service: Service) -> Result<&mut Tx, StoreError> {
        self.tx.search(service.schema()).await?;
        Ok(&mut self.tx)
    }

    /// Lets it go.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn end(self) -> Result<(), StoreError> {
        self.tx.rollback().await
    }
}

/// Lets go of what [`Reader::directories`] began.
///
/// # Errors
/// When the connection is lost.
pub async fn end(tx: Tx) -> Result<(), StoreError> {
    tx.rollback().await
}

/// Hands on every row as it comes.
async fn each<R>(
    mut rows: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
    mut take: impl FnMut(R),
) -> Result<(), StoreError> {
    while let Some(row) = rows.try_next().await? {
        take(row);
    }
    Ok(())
}
