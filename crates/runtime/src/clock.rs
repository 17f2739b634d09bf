//! The clock of the process: the only place that reads it or waits for it. Rules take time as an argument; what is recorded uses the
//! database's time, which the store reads under the log's lock.

use chrono::{DateTime, SubsecRound, Utc};
use tokio::time::Instant;

/// The present instant in whole microseconds, as the store keeps them.
#[expect(clippy::disallowed_methods, reason = "this is the place that may")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Waits until `at`. Workers wait with [`crate::shutdown::Shutdown::pause`], which ends when the process is asked to.
#[expect(clippy::disallowed_methods, reason = "this is the place that may")]
pub(crate) async fn sleep_until(at: Instant) {
    tokio::time::sleep_until(at).await;
}
