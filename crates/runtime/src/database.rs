//! Waiting for the database at the start of a service: a cluster starts everything at once, and a service that gives
//! up would only be started again. What waiting cannot cure (a wrong URL, a schema that is too old) fails at once.

use std::error::Error as _;
use std::time::Duration;

use handoff_store::database::{ConnectError, Database, Options, Service};

use tokio::time::timeout;

use crate::retry::Delays;
use crate::service::StartError;
use crate::shutdown::Shutdown;

const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// Connects to the database at `url` as `service`, as often as it takes, and checks the schema. Every try that fails
/// is a line in the log.
///
/// # Errors
/// [`StartError::Database`] for what waiting cannot cure, [`StartError::Interrupted`] when asked to stop meanwhile.
pub async fn connect(
    url: &str,
    service: Service,
    options: Options,
    shutdown: &Shutdown,
) -> Result<Database, StartError> {
    let mut delays = Delays::up_to(LONGEST_DELAY);
    for attempt in 1_u64.. {
        let tried = tokio::select! {
            tried = Database::connect(url, service, options.clone()) => tried,
            () = shutdown.leaving() => break,
        };
        let failure = match tried {
            Ok(database) => {
                tracing::info!(schema = service.schema(), attempt, "connected to the database");
                return Ok(database);
            }
            Err(failure) if failure.is_unreachable() => failure,
            Err(failure) => return Err(failure.into()),
        };
        let delay = delays.next();
        tracing::warn!(
            attempt,
            again_in_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            error = chain(&failure),
            "waiting for the database"
        );
        if timeout(delay, shutdown.leaving()).await.is_ok() {
            break;
        }
    }
    Err(StartError::Interrupted)
}

fn chain(failure: &ConnectError) -> String {
    let mut text = failure.to_string();
    let mut next = failure.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}
