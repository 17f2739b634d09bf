//! What the store says when it fails, and what its callers may hear of it. Texts of the database and the driver stay
//! in the process: they go to the log once, with their chain, and the caller gets one of the domain's kinds.

use std::borrow::Cow;
use std::error::Error as _;

use handoff_domain::error::{Error, Reason};

/// A failure of the store: infrastructure or a defect, never a refusal of the domain.
///
/// Functions over tables return it; [`crate::database::Database::read`] and the batch turn it into a
/// [`handoff_domain::error::Error`].
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(#[from] Failure);

/// What a batch can do about a failure of its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Run it again at once: its connection was lost, which says little about the next one, or nobody knows whether it
    /// was committed.
    RunAgain,
    /// Find the command that it is about.
    Halve,
    /// Nothing but time.
    Wait,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    #[error("the database took longer than it may")]
    Slow(#[source] sqlx::Error),
    #[error("the database refused a statement")]
    Broken(#[source] sqlx::Error),
    #[error("a transaction took longer than {0} ms and was given up")]
    GivenUp(u128),
    #[error("nobody knows whether a transaction was committed")]
    Unknown(#[source] Box<Failure>),
    #[error("{0}")]
    Defect(String),
}

impl StoreError {
    /// A stored value that the code cannot read, or a promise that a caller inside the process broke. `what` names
    /// the column or the promise and never quotes a personal value.
    pub fn defect(what: impl Into<String>) -> Self {
        Self(Failure::Defect(what.into()))
    }

    pub(crate) fn given_up(limit: std::time::Duration) -> Self {
        Self(Failure::GivenUp(limit.as_millis()))
    }

    /// The same failure while a transaction was being committed: unless the server refused, nobody knows what came of
    /// it.
    pub(crate) fn at_commit(self) -> Self {
        if self.is_transient() { Self(Failure::Unknown(Box::new(self.0))) } else { self }
    }

    /// What may help.
    pub(crate) fn remedy(&self) -> Remedy {
        match &self.0 {
            Failure::Broken(_) | Failure::Defect(_) => Remedy::Halve,
            Failure::Unknown(_) => Remedy::RunAgain,
            Failure::Unreachable(source) if is_lost(source) => Remedy::RunAgain,
            Failure::Unreachable(_) | Failure::Slow(_) | Failure::GivenUp(_) => Remedy::Wait,
        }
    }

    /// Whether the same work may succeed later without any change: no connection, a lock not obtained, out of time.
    /// What else fails, fails because of what is written or read.
    pub fn is_transient(&self) -> bool {
        !matches!(self.0, Failure::Broken(_) | Failure::Defect(_))
    }

    /// Whether the database itself stopped a statement that ran too long.
    pub(crate) fn is_slow(&self) -> bool {
        matches!(self.0, Failure::Slow(_))
    }

    /// What the caller of the service hears. Logs the failure, so call it once per failure.
    pub(crate) fn answer(&self, during: &'static str) -> Error {
        let chain = self.chain();
        if self.is_transient() {
            tracing::warn!(during, error = %chain, "the store is not available");
            Error::Busy { reason: Reason::StoreUnavailable }
        } else {
            tracing::error!(during, error = %chain, "the store failed");
            Error::Internal
        }
    }

    fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = self.source();
        while let Some(error) = next {
            text.push_str(": ");
            if let Some(code) = error.downcast_ref().and_then(code_of_a_value) {
                text.push_str("a value cannot be taken, SQLSTATE ");
                text.push_str(&code);
                break;
            }
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self(match &error {
            sqlx::Error::Database(database) => match database.code().as_deref().unwrap_or_default() {
                // Cancelled by statement_timeout; lock_timeout.
                "57014" | "55P03" => Failure::Slow(error),
                // Serialisation failure, deadlock, an idle transaction cut off, a server that became a standby.
                "40001" | "40P01" | "25P03" | "25006" => Failure::Unreachable(error),
                // Connections; disk, memory and other resources; shutdown and start of the server; its disk.
                code if ["08", "53", "57P", "58"].iter().any(|class| code.starts_with(class)) => {
                    Failure::Unreachable(error)
                }
                _ => Failure::Broken(error),
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Failure::Unreachable(error),
            _ => Failure::Broken(error),
        })
    }
}

/// The code of a refusal (class 22) whose text may quote the value that is refused, which may be anybody's.
fn code_of_a_value(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code().filter(|code| code.starts_with("22"))
}

/// Whether the connection is gone that the statement was sent on.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            true
        }
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            ["08", "57P"].iter().any(|class| code.starts_with(class))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, PgConnection};

    use super::*;
    use crate::scratch::ScratchDatabase;

    #[tokio::test]
    async fn what_postgresql_says_of_a_value_is_told_by_its_code() {
        let database = ScratchDatabase::new().await.expect("a server");
        let mut connection = PgConnection::connect(&database.url()).await.expect("it answers");
        for (statement, code) in [("select $1::text::int", "22P02"), ("select $1::text::date", "22007")] {
            let asked = sqlx::query(statement).bind("anna@example.com").execute(&mut connection).await;
            let refused = asked.expect_err("it is neither");
            assert!(refused.to_string().contains("anna"), "PostgreSQL quotes: {refused}");
            let told = StoreError::from(refused).chain();
            assert!(told.contains(code) && !told.contains("anna"), "{told}");
        }
        let unknown = sqlx::query("select 1 from nothing").execute(&mut connection).await;
        let told = StoreError::from(unknown.expect_err("there is none")).chain();
        assert!(told.contains("nothing"), "what quotes no value is told in full: {told}");
    }
}
