//! A mesh that sends again by itself: Envoy before qualification, twice for each call that ends UNAVAILABLE or CANCELLED,
//! while the service is stopped, killed and halted. A call that Envoy gave up may go on in the service, so the same
//! request is under way twice; and whoever called Envoy sends again as well, where that was not enough.

use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use handoff_store::scratch::ScratchDatabase;
use rustix::process::{Signal, kill_process};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::apart::{Apart, Name};
use crate::endpoints::Endpoints;
use crate::envoy::{Envoy, Setup};
use crate::fault::Toll;
use crate::fault::audit::audit;
use crate::fault::canary::{Canary, TENANT as CANARY};
use crate::fault::journey::{Guide, found};
use crate::fault::ledger::Ledger;
use crate::fault::random::Random;
use crate::waiting::{LIMIT, until};

const TENANT: &str = "acme";
/// Callers at the same time.
const CALLERS: u64 = 16;
/// When the proxy beside the service gives up; a halt is longer, so that its calls are given up and done all the same.
const PATIENCE: Duration = Duration::from_millis(150);
const HALT: Duration = Duration::from_millis(400);

/// Has that many mutating calls answered through Envoy, with a fault after every `calls_per_fault` of them or so.
///
/// # Errors
/// When something does not start, a call is refused, or Envoy never sent anything again.
pub async fn sends_again(seed: u64, calls: u64, calls_per_fault: u64) -> anyhow::Result<Toll> {
    let database = ScratchDatabase::new().await?;
    let mut services = Apart::on(&database.url(), &[]).await?;
    let mut canary = Canary::hatch(&services.endpoints, seed).await?;
    let mut random = Random::new(seed, 0);
    found(&services.endpoints, TENANT, &mut random).await?;
    let service = services.endpoints.qualification.trim_start_matches("http://").parse()?;
    let envoy = Envoy::start(&Setup { service, timeout: PATIENCE, certificates: None }).await?;
    let through = Endpoints { qualification: envoy.endpoint.clone(), ..services.endpoints.clone() };

    let answers = watch::Sender::new(0);
    let callers = (0..CALLERS).map(|caller| {
        let random = Random::new(seed, caller + 1);
        let guide = Guide::new(std::slice::from_ref(&through), TENANT, random, 1, &answers);
        let answers = answers.subscribe();
        async move {
            let mut guide = guide?;
            for lead in 0_u64.. {
                if *answers.borrow() >= calls {
                    break;
                }
                guide.take(&format!("E-{caller}-{lead}")).await?;
            }
            anyhow::Ok(guide.ledger)
        }
    });
    let mut progress = answers.subscribe();
    let (mut recoveries, mut faults) = (Vec::new(), 0);
    let hurt = async {
        loop {
            let next = *answers.borrow() + random.between(calls_per_fault / 2, calls_per_fault * 3 / 2);
            if next >= calls {
                return anyhow::Ok(());
            }
            timeout(LIMIT, progress.wait_for(|count| *count >= next)).await.context("no answers come")??;
            let started = match faults % 3 {
                0 => {
                    let process = services.pid(Name::Qualification)?;
                    kill_process(process, Signal::STOP)?;
                    let end = Instant::now() + HALT;
                    until("it was halted for a while", async || Ok((Instant::now() >= end).then_some(())))
                        .await?;
                    kill_process(process, Signal::CONT)?;
                    Instant::now()
                }
                1 => {
                    services.kill_one(Name::Qualification).await?;
                    let killed = Instant::now();
                    services.start_one(Name::Qualification).await?;
                    killed
                }
                _ => {
                    services.stop_one(Name::Qualification).await?;
                    let stopped = Instant::now();
                    services.start_one(Name::Qualification).await?;
                    stopped
                }
            };
            faults += 1;
            recoveries.push(canary.sing(started).await?);
        }
    };
    let (ledgers, hurt) = tokio::join!(try_join_all(callers), hurt);
    hurt?;
    let mut ledger = Ledger::default();
    ledgers?.into_iter().for_each(|one| ledger.merge(one));

    let retried = envoy.count("cluster.sidecar.upstream_rq_retry").await?;
    let helped = envoy.count("cluster.sidecar.upstream_rq_retry_success").await?;
    let given_up = envoy.count("cluster.service.upstream_rq_timeout").await?;
    println!(
        "{calls} calls and {faults} faults: Envoy gave {given_up} calls up, sent {retried} again, {helped} of them well"
    );
    ensure!(
        retried > 0 && helped > 0 && given_up > 0,
        "Envoy gave {given_up} calls up, sent {retried} again, and {helped} of them helped: nothing is shown"
    );
    let acknowledged = *answers.borrow();
    ensure!(usize::try_from(acknowledged)? == ledger.promises.len(), "an answer without a promise");
    let ledgers = [(TENANT, ledger), (CANARY, canary.ledger())].into();
    let findings = audit(&services.endpoints, &database.url(), &ledgers, Instant::now()).await?;
    envoy.stop().await?;
    services.stop().await?;
    Ok(Toll {
        scenario: "Envoy sends again",
        faults: (faults, "restarts and halts"),
        acknowledged,
        findings,
        recoveries,
    })
}
