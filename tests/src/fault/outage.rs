//! Postgres goes away under the services: stopped as an operator does, ended at once so that it has to recover, and its
//! sessions ended one and all, twice a second.

use std::time::Duration;

use handoff_store::scratch::ScratchDatabase;
use handoff_store::sessions::terminate;
use tokio::time::Instant;

use crate::apart::Apart;
use crate::fault::Toll;
use crate::fault::audit::audit;
use crate::fault::canary::{Canary, TENANT};
use crate::fault::load::Load;
use crate::fault::random::Random;
use crate::postgres::Postgres;
use crate::waiting::until;

/// How often sessions are ended.
const EVERY: Duration = Duration::from_millis(500);

/// Stops Postgres that many times, fast and at once in turn, keeps it down for `down`, and starts it again.
///
/// # Errors
/// When something does not start, or answers what it should not.
pub async fn of_postgres(seed: u64, stops: u64, down: Duration) -> anyhow::Result<Toll> {
    let mut postgres = Postgres::start().await?;
    let url = postgres.url()?;
    let services = Apart::on(&url, &[]).await?;
    let mut canary = Canary::hatch(&services.endpoints, seed).await?;
    let mut load = Load::start(&services.endpoints, seed).await?;
    let (mut random, mut recoveries) = (Random::new(seed, 1), Vec::new());
    for stop in 0..stops {
        load.more(random.between(20, 400)).await?;
        if stop.is_multiple_of(2) {
            postgres.stop_immediately().await?;
        } else {
            postgres.stop_fast().await?;
        }
        let up_again = Instant::now() + down;
        until("it was down for a while", async || Ok((Instant::now() >= up_again).then_some(()))).await?;
        postgres.start_again().await?;
        // How long Postgres itself takes to recover is a matter of the disk.
        recoveries.push(canary.sing(Instant::now()).await?);
    }
    load.more(100).await?;
    let acknowledged = load.acknowledged();
    let mut ledgers = load.stop().await?;
    ledgers.insert(TENANT, canary.ledger());
    let findings = audit(&services.endpoints, &url, &ledgers, Instant::now()).await?;
    services.stop().await?;
    Ok(Toll { scenario: "Postgres is stopped", faults: (stops, "stops"), acknowledged, findings, recoveries })
}

/// Ends all sessions of the services, twice a second, that many times.
///
/// # Errors
/// As [`of_postgres`].
pub async fn of_sessions(seed: u64, times: u64) -> anyhow::Result<Toll> {
    let database = ScratchDatabase::new().await?;
    let url = database.url();
    let services = Apart::on(&url, &[]).await?;
    let mut canary = Canary::hatch(&services.endpoints, seed).await?;
    let mut load = Load::start(&services.endpoints, seed).await?;
    let mut next = Instant::now();
    let mut ended = 0;
    for _ in 0..times {
        // Something must get through in between, or nothing is shown.
        load.more(1).await?;
        until("it is time", async || Ok((Instant::now() >= next).then_some(()))).await?;
        ended += terminate(&url).await?;
        next += EVERY;
    }
    let recovery = canary.sing(Instant::now()).await?;
    load.more(100).await?;
    let acknowledged = load.acknowledged();
    let mut ledgers = load.stop().await?;
    ledgers.insert(TENANT, canary.ledger());
    let findings = audit(&services.endpoints, &url, &ledgers, Instant::now()).await?;
    services.stop().await?;
    Ok(Toll {
        scenario: "sessions are ended twice a second",
        faults: (u64::try_from(ended)?, "sessions"),
        acknowledged,
        findings,
        recoveries: vec![recovery],
    })
}
