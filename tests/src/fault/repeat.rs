//! Every request comes one to five times at once, through two processes of qualification on one database: it has one
//! effect, and all its answers are the same.

use futures_util::future::try_join_all;
use handoff_store::scratch::ScratchDatabase;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::apart::{Apart, Name};
use crate::endpoints::Endpoints;
use crate::fault::Toll;
use crate::fault::audit::audit;
use crate::fault::journey::{Guide, found};
use crate::fault::ledger::Ledger;
use crate::fault::random::Random;

const TENANT: &str = "acme";
/// Callers at the same time.
const CALLERS: u64 = 8;
/// How often a request comes at most.
const COPIES_MAX: u64 = 5;

/// Takes that many leads along.
///
/// # Errors
/// When something does not start, or two answers to a request differ.
pub async fn through_two_processes(seed: u64, leads: u64) -> anyhow::Result<Toll> {
    let database = ScratchDatabase::new().await?;
    let services = Apart::on(&database.url(), &[]).await?;
    let second = services.another(Name::Qualification).await?;
    let mut random = Random::new(seed, 0);
    found(&services.endpoints, TENANT, &mut random).await?;
    let other = Endpoints { qualification: second.endpoint(), ..services.endpoints.clone() };
    let both = [services.endpoints.clone(), other];
    let answers = watch::Sender::new(0);
    let callers = (0..CALLERS).map(|caller| {
        let guide = Guide::new(&both, TENANT, Random::new(seed, caller + 1), COPIES_MAX, &answers);
        async move {
            let mut guide = guide?;
            for lead in (caller..leads).step_by(usize::try_from(CALLERS)?) {
                guide.take(&format!("D-{lead}")).await?;
            }
            anyhow::Ok(guide.ledger)
        }
    });
    let mut ledger = Ledger::default();
    try_join_all(callers).await?.into_iter().for_each(|one| ledger.merge(one));
    let acknowledged = *answers.borrow();
    let ledgers = [(TENANT, ledger)].into();
    let findings = audit(&services.endpoints, &database.url(), &ledgers, Instant::now()).await?;
    second.stop().await?;
    services.stop().await?;
    Ok(Toll {
        scenario: "requests come up to five times",
        faults: (acknowledged, "requests"),
        acknowledged,
        findings,
        recoveries: Vec::new(),
    })
}
