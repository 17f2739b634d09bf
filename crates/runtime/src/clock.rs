//! The clock of the process: the only place that reads it. Rules take time as an argument; what is recorded uses the
//! database's time, which the store reads under the log's lock.

use chrono::{DateTime, SubsecRound, Utc};

/// The present instant in whole microseconds, as the store keeps them.
#[expect(clippy::disallowed_methods, reason = "this is the place that may")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
