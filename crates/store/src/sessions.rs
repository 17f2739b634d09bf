//! The sessions that services have on a database, seen from outside: tests that take services apart ask here whether
//! one of them still holds something, and cut them off. Not for production, and never used by a service.

use sqlx::{Connection, PgConnection};

use crate::database::parse_url;

/// Why the sessions could not be seen.
#[derive(Debug, thiserror::Error)]
#[error("the sessions of the database cannot be seen")]
pub struct SessionsError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// A transaction that nobody works on at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTransaction {
    /// The role of the service whose it is.
    pub role: String,
    /// How long ago it began, in milliseconds.
    pub age_millis: i64,
}

/// The transactions of services that are open and idle on the database at `url`, which names a superuser. One that began
/// a moment ago may be between two statements; one that is older than every call in flight was left behind, and its
/// tenant with it.
///
/// # Errors
/// When the server does not answer.
pub async fn open_transactions(url: &str) -> Result<Vec<OpenTransaction>, SessionsError> {
    let mut connection = connect(url).await?;
    sqlx::query_as!(
        OpenTransaction,
        r#"-- sessions::open_transactions
        select application_name as "role!",
            (extract(epoch from clock_timestamp() - xact_start) * 1000)::bigint as "age_millis!"
        from pg_stat_activity
        where datname = current_database() and application_name like 'handoff_%' and xact_start is not null
            and state like 'idle in transaction%'
        order by xact_start"#
    )
    .fetch_all(&mut connection)
    .await
    .map_err(|error| SessionsError(error.into()))
}

/// Ends all sessions of services on the database at `url`, whatever they are doing; says how many there were.
///
/// # Errors
/// When the server does not answer.
pub async fn terminate(url: &str) -> Result<i64, SessionsError> {
    let mut connection = connect(url).await?;
    sqlx::query_scalar!(
        r#"-- sessions::terminate
        select count(pg_terminate_backend(pid)) as "count!"
        from pg_stat_activity
        where datname = current_database() and application_name like 'handoff_%'"#
    )
    .fetch_one(&mut connection)
    .await
    .map_err(|error| SessionsError(error.into()))
}

async fn connect(url: &str) -> Result<PgConnection, SessionsError> {
    let options = parse_url(url).map_err(|error| SessionsError(error.into()))?;
    PgConnection::connect_with(&options).await.map_err(|error| SessionsError(error.into()))
}
