//! Brings a database's schema up to this build. Migrations only go forward and are frozen once merged; they run as
//! the owner of the tables, never as a service.

use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

use crate::database::ConnectError;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// It could not be used at all.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A migration failed, or one that ran before was changed since.
    #[error("the schema cannot be migrated")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Applies what is missing; does nothing where nothing is. Several processes may call it at once: the others wait.
///
/// # Errors
/// See [`MigrateError`]. A migration that fails leaves nothing behind.
pub async fn migrate(url: &str) -> Result<(), MigrateError> {
    // The names in migrations are qualified; the migrator's own table has to be where services look for it.
    let options = crate::database::parse_url(url)?.options([("search_path", "public")]);
    let mut connection = PgConnection::connect_with(&options)
        .await
        .map_err(|error| ConnectError::Unreachable(error.into()))?;
    MIGRATIONS.run(&mut connection).await.map_err(|error| MigrateError::Failed(error.into()))?;
    // A failure to say goodbye changes nothing about the migration.
    let _ = connection.close().await;
    Ok(())
}

/// The version that this build needs: that of its last migration.
pub fn needed_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// A name for exactly this set of migrations, for templates of test databases.
pub(crate) fn fingerprint() -> String {
    use sha2::{Digest, Sha256};

    let mut hash = Sha256::new();
    for migration in MIGRATIONS.iter() {
        hash.update(migration.version.to_be_bytes());
        hash.update(&migration.checksum);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
