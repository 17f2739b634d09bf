//! SIGKILL: of `handoff up`, whose Postgres lives on and is attached to by the next; and of each service by itself, as a
//! machine would lose it. Each time while calls and imports go on, and each time it is started again at once.

use anyhow::ensure;
use handoff_store::scratch::ScratchDatabase;
use tokio::time::Instant;

use crate::apart::{Apart, Name};
use crate::fault::Toll;
use crate::fault::audit::audit;
use crate::fault::canary::{Canary, TENANT};
use crate::fault::load::Load;
use crate::fault::random::Random;
use crate::together::{DataFolder, Together, free_port};

/// Kills `handoff up` that many times.
///
/// # Errors
/// When something does not start, or answers what it should not.
pub async fn of_up(seed: u64, kills: u64) -> anyhow::Result<Toll> {
    let (folder, port) = (DataFolder::new()?, free_port()?);
    let mut up = Together::in_folder_at(folder.path(), port).await?;
    let postgres = folder.postgres();
    let mut canary = Canary::hatch(&up.endpoints, seed).await?;
    let mut load = Load::start(&up.endpoints, seed).await?;
    let (mut random, mut recoveries) = (Random::new(seed, 1), Vec::new());
    for _ in 0..kills {
        load.more(random.between(20, 400)).await?;
        up.kill().await?;
        let start = Instant::now();
        up = Together::in_folder_at(folder.path(), port).await?;
        ensure!(folder.postgres() == postgres, "another Postgres was started");
        recoveries.push(canary.sing(start).await?);
    }
    load.more(100).await?;
    let acknowledged = load.acknowledged();
    let mut ledgers = load.stop().await?;
    ledgers.insert(TENANT, canary.ledger());
    let url = up.postgres_url().await?;
    let findings = audit(&up.endpoints, &url, &ledgers, Instant::now()).await?;
    up.stop().await?;
    ensure!(folder.postgres().is_none(), "the Postgres that was attached to runs on");
    Ok(Toll {
        scenario: "handoff up is killed",
        faults: (kills, "kills"),
        acknowledged,
        findings,
        recoveries,
    })
}

/// Kills one service after the other, that many times in all.
///
/// # Errors
/// As [`of_up`].
pub async fn of_services(seed: u64, kills: u64) -> anyhow::Result<Toll> {
    let database = ScratchDatabase::new().await?;
    let mut services = Apart::on(&database.url(), &[]).await?;
    let mut canary = Canary::hatch(&services.endpoints, seed).await?;
    let mut load = Load::start(&services.endpoints, seed).await?;
    let (mut random, mut recoveries) = (Random::new(seed, 1), Vec::new());
    for kill in 0..kills {
        load.more(random.between(20, 400)).await?;
        let victim = Name::ALL[usize::try_from(kill)? % Name::ALL.len()];
        services.kill_one(victim).await?;
        let start = Instant::now();
        services.start_one(victim).await?;
        recoveries.push(canary.sing(start).await?);
    }
    load.more(100).await?;
    let acknowledged = load.acknowledged();
    let mut ledgers = load.stop().await?;
    ledgers.insert(TENANT, canary.ledger());
    let findings = audit(&services.endpoints, &database.url(), &ledgers, Instant::now()).await?;
    services.stop().await?;
    Ok(Toll { scenario: "services are killed", faults: (kills, "kills"), acknowledged, findings, recoveries })
}
