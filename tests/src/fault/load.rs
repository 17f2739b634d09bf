//! What goes on while things go wrong: callers who take leads along without a pause, and an import, for two tenants.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use chrono::TimeDelta;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::import_response::Result as Answer;
use handoff_runtime::client::Caller;
use handoff_runtime::{clock, convert};
use prost_types::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_stream::iter;
use tonic::Code;

use crate::endpoints::Endpoints;
use crate::fault::journey::{Guide, found};
use crate::fault::ledger::Ledger;
use crate::fault::patience::is_passing;
use crate::fault::random::Random;
use crate::waiting::{LIMIT, pause};

/// The tenants.
pub const TENANTS: [&str; 2] = ["acme", "other"];

/// Callers per tenant.
const CALLERS: u64 = 8;

/// Items of an import in one stream; each stream follows on from the one before.
const ITEMS: usize = 200;

/// The work.
#[derive(Debug)]
pub struct Load {
    progress: watch::Sender<u64>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<anyhow::Result<(&'static str, Ledger)>>,
    ledgers: BTreeMap<&'static str, Ledger>,
}

impl Load {
    /// Founds the tenants and begins.
    ///
    /// # Errors
    /// When a tenant cannot be founded.
    pub async fn start(endpoints: &Endpoints, seed: u64) -> anyhow::Result<Self> {
        let mut load = Self {
            progress: watch::Sender::new(0),
            stop: watch::Sender::new(false),
            tasks: JoinSet::new(),
            ledgers: BTreeMap::new(),
        };
        let mut random = Random::new(seed, 0);
        for tenant in TENANTS {
            found(endpoints, tenant, &mut random).await?;
            for caller in 0..CALLERS {
                let random = Random::new(random.draw(), caller);
                let guide = Guide::new(std::slice::from_ref(endpoints), tenant, random, 1, &load.progress)?;
                load.tasks.spawn(call(guide, tenant, caller, load.stop.subscribe()));
            }
            load.tasks.spawn(import(endpoints.clone(), tenant, load.progress.clone(), load.stop.subscribe()));
        }
        Ok(load)
    }

    /// Answers so far.
    pub fn acknowledged(&self) -> u64 {
        *self.progress.borrow()
    }

    /// Waits until that many more answers have come.
    ///
    /// # Errors
    /// When they do not, or somebody heard what should not be said.
    pub async fn more(&mut self, answers: u64) -> anyhow::Result<()> {
        let target = self.acknowledged() + answers;
        let mut progress = self.progress.subscribe();
        tokio::select! {
            reached = timeout(LIMIT, progress.wait_for(|count| *count >= target)) => {
                reached.with_context(|| format!("{answers} more answers did not come in {LIMIT:?}"))??;
                Ok(())
            }
            Some(ended) = self.tasks.join_next() => {
                ended??;
                bail!("somebody stopped working")
            }
        }
    }

    /// Lets everybody finish what is begun; what each tenant was promised.
    ///
    /// # Errors
    /// When somebody heard what should not be said.
    pub async fn stop(mut self) -> anyhow::Result<BTreeMap<&'static str, Ledger>> {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            let (tenant, ledger) = ended??;
            self.ledgers.entry(tenant).or_default().merge(ledger);
        }
        Ok(self.ledgers)
    }
}

async fn call(
    mut guide: Guide,
    tenant: &'static str,
    caller: u64,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<(&'static str, Ledger)> {
    for lead in 0_u64.. {
        if *stop.borrow() {
            break;
        }
        guide.take(&format!("C-{caller}-{lead}")).await?;
    }
    Ok((tenant, guide.ledger))
}

/// Imports leads, every other one with a hand-over of last month. An item that was not answered, or was told to come
/// again, goes into the next stream.
async fn import(
    endpoints: Endpoints,
    tenant: &'static str,
    progress: watch::Sender<u64>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<(&'static str, Ledger)> {
    let mut client = endpoints.qualification(&Caller::user(tenant, "import", Side::System))?;
    let last_month = convert::to_timestamp(clock::now() - TimeDelta::days(30));
    let (mut ledger, mut next, mut waiting) = (Ledger::default(), 0..u64::MAX, Vec::new());
    while !*stop.borrow() {
        waiting.extend(next.by_ref().take(ITEMS - waiting.len()));
        ledger.tried.extend(waiting.iter().map(|&number| external_id(number)));
        let items: Vec<_> = waiting.iter().map(|&number| item(number, last_month)).collect();
        let mut again = Vec::new();
        let mut unanswered = waiting.iter().copied();
        let ended = match client.import(iter(items)).await {
            Ok(answers) => {
                let mut answers = answers.into_inner();
                loop {
                    let answer = match answers.message().await {
                        Ok(Some(answer)) => answer,
                        Ok(None) => break Ok(()),
                        Err(status) => break Err(status),
                    };
                    let number = unanswered.next().context("an answer to an item that was not sent")?;
                    match answer.result.context("an answer says something")? {
                        Answer::Imported(imported) => {
                            ledger.leads.insert(external_id(number), imported.lead);
                            progress.send_modify(|answered| *answered += 1);
                        }
                        Answer::Refused(refused) if refused.code == i32::from(Code::Unavailable) => {
                            again.push(number);
                        }
                        Answer::Refused(refused) => bail!("item {number} is refused: {refused:?}"),
                    }
                }
            }
            Err(status) => Err(status),
        };
        if let Err(status) = ended.as_ref()
            && !is_passing(status)
        {
            bail!("an import breaks off: {status:?}");
        }
        again.extend(unanswered);
        waiting = again;
        if !waiting.is_empty() {
            pause().await;
        }
    }
    Ok((tenant, ledger))
}

fn external_id(number: u64) -> String {
    format!("I-{number}")
}

/// The item with that number: the same each time.
fn item(number: u64, then: Timestamp) -> pb::ImportRequest {
    let person = pb::Person { external_id: external_id(number), ..pb::Person::default() };
    let lead = pb::Lead { person: Some(person), ..pb::Lead::default() };
    let qualified = pb::HistoryEntry {
        occur_time: Some(then),
        entry: Some(pb::history_entry::Entry::Qualified(pb::ImportedQualification {})),
        ..pb::HistoryEntry::default()
    };
    pb::ImportRequest {
        source_key: format!("tests/{number}"),
        subject: Some(pb::import_request::Subject::Lead(lead)),
        capture_time: Some(then),
        history: if number.is_multiple_of(2) { vec![qualified] } else { Vec::new() },
    }
}
