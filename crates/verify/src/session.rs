//! Nothing is held open on the server.

use std::time::Instant;

use chrono::TimeDelta;
use handoff_store::error::StoreError;
use handoff_store::verify::{Reader, session};

use crate::docket::Docket;
use crate::law::Law;

const LAW: Law = Law::Sessions;

/// Looks at the sessions on this database; none of ours may sit idle in a transaction for longer than `idle_max`.
pub(crate) async fn judge(
    reader: &Reader,
    idle_max: TimeDelta,
    docket: &mut Docket,
) -> Result<(), StoreError> {
    let start = Instant::now();
    let mut tx = reader.directories().await?;
    session::each_session(&mut tx, |session| {
        docket.checked(LAW, 1);
        let idle = session.state.as_deref().is_some_and(|state| state.starts_with("idle in transaction"));
        let age = session.since.map_or(TimeDelta::zero(), |since| session.now - since);
        if idle && age > idle_max {
            let place = format!("session {} of {}", session.pid, session.application);
            let expected = format!("at most {} s idle in a transaction", idle_max.num_seconds());
            docket.violated(LAW, place, expected, format_args!("{} s", age.num_seconds()));
        }
    })
    .await?;
    session::each_prepared(&mut tx, |name| {
        docket.checked(LAW, 1);
        docket.violated(
            LAW,
            format_args!("prepared transaction {name}"),
            "none",
            "one that nobody has ended",
        );
    })
    .await?;
    handoff_store::verify::end(tx).await?;
    docket.took(LAW, start);
    Ok(())
}
