//! Connections are cut around COMMIT: before the server hears it, right after, and once it has answered, which nobody on
//! our side can tell apart. Whatever became of it, nothing that was promised may be lost, and nothing done twice.

use anyhow::Context;
use handoff_store::scratch::{Moment, Proxy, ScratchDatabase, Verdict};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::apart::Apart;
use crate::fault::Toll;
use crate::fault::audit::audit;
use crate::fault::canary::{Canary, TENANT};
use crate::fault::load::Load;
use crate::fault::random::Random;
use crate::waiting::LIMIT;

/// One in so many commits is cut.
const ONE_IN: u64 = 8;

/// Cuts that many connections of the services.
///
/// # Errors
/// When something does not start, or answers what it should not.
pub async fn at_commit(seed: u64, cuts: u64) -> anyhow::Result<Toll> {
    let database = ScratchDatabase::new().await?;
    let (cutting, is_cutting) = watch::channel(false);
    let (counted, mut cut) = watch::channel(0);
    let mut random = Random::new(seed, 1);
    let proxy = Proxy::start(&database, move |moment| {
        if moment != Moment::Commit || !*is_cutting.borrow() || random.below(ONE_IN) != 0 {
            return Verdict::Pass;
        }
        counted.send_modify(|cuts| *cuts += 1);
        match random.below(3) {
            0 => Verdict::CutBefore,
            1 => Verdict::CutAfter,
            _ => Verdict::CutAnswer,
        }
    });
    let proxy = proxy.await?;
    let services = Apart::on(proxy.url(), &[]).await?;
    let mut canary = Canary::hatch(&services.endpoints, seed).await?;
    let mut load = Load::start(&services.endpoints, seed).await?;
    cutting.send_replace(true);
    let mut seen = 0;
    while seen < cuts {
        // Something must get through in between, or nothing is shown.
        load.more(1).await?;
        timeout(LIMIT, cut.changed()).await.context("nothing is cut")??;
        seen = *cut.borrow_and_update();
    }
    cutting.send_replace(false);
    let recovery = canary.sing(Instant::now()).await?;
    load.more(100).await?;
    let acknowledged = load.acknowledged();
    let mut ledgers = load.stop().await?;
    ledgers.insert(TENANT, canary.ledger());
    let findings = audit(&services.endpoints, &database.url(), &ledgers, Instant::now()).await?;
    services.stop().await?;
    Ok(Toll {
        scenario: "connections are cut at COMMIT",
        faults: (seen, "cuts"),
        acknowledged,
        findings,
        recoveries: vec![recovery],
    })
}
