//! Serving a tenant: one batch after the other until nothing waits, and an answer for every command whatever happens.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;
use uuid::Uuid;

use handoff_domain::error::{Error, Reason};
use handoff_domain::id::TenantId;

use super::queue::{Entry, Next, Pending};
use super::request::{self, Outcome};
use super::transaction::{self, Ran, Unanswered};
use super::work::Work;
use super::{Envelope, Ledger, Priority, Shared};
use crate::database::spawned;
use crate::error::{Remedy, StoreError};
use crate::meter::{Ended, batch_span};

type Entries<L> = Arc<Vec<Entry<<L as Ledger>::Command>>>;
type Settled<L> = Result<<L as Ledger>::Answer, Error>;

/// Callers that are told of the end of their batch at once.
const HANDFUL: usize = 16;
const UNAVAILABLE: Error = Error::Busy { reason: Reason::StoreUnavailable };

/// Serves a tenant until its queue is empty. There is one of these per tenant that has a queue, so within this process
/// a tenant's batches follow one another.
pub(super) async fn serve<L: Ledger>(shared: Arc<Shared<L>>, tenant: TenantId) {
    // A slot per batch, not per tenant: tenants that wait for one take turns, and meanwhile their batches grow. The
    // semaphore is never closed.
    while let Ok(slot) = shared.slots.acquire().await {
        match shared.queues.take(tenant, Instant::now()) {
            Next::Batch(batch) => {
                let (started, meter) = (Instant::now(), &shared.meter);
                meter.taken(batch.priority, batch.commands.len(), batch.fill.bytes);
                for pending in &batch.commands {
                    meter.waited(batch.priority, started.saturating_duration_since(pending.since));
                }
                let priority = batch.priority;
                let traces = batch.commands.iter().filter_map(|pending| pending.traceparent());
                let span = batch_span(shared.database.service().schema(), batch.commands.len(), traces);
                settle(&shared, tenant, batch.commands, |ended| {
                    meter.ended(priority, ended, started.elapsed())
                })
                .instrument(span)
                .await;
                if priority == Priority::Bulk {
                    shared.queues.measured_bulk(batch.fill, started.elapsed());
                }
            }
            Next::Rest(until, caller_came) => {
                drop(slot);
                // Either way one looks again.
                let _ = timeout_at(until, caller_came.notified()).await;
            }
            Next::Nothing => return,
        }
    }
}

/// Carries out a batch and answers all its commands; before they hear of it, `note` is told how it ended.
async fn settle<L: Ledger>(
    shared: &Arc<Shared<L>>,
    tenant: TenantId,
    commands: Vec<Pending<L::Command, L::Answer>>,
    note: impl FnOnce(Ended),
) {
    let (entries, replies): (Vec<_>, Vec<_>) =
        commands.into_iter().map(|pending| (pending.entry, pending.reply)).unzip();
    let entries: Entries<L> = Arc::new(entries);
    let (open, repeats) = without_repeats(&entries);
    let mut answers: Vec<Option<Settled<L>>> = entries.iter().map(|_| None).collect();
    let (settled, transactions) = carry_out(shared, tenant, &entries, open).await;
    for (index, answer) in settled {
        answers[index] = Some(answer);
    }
    note(ended(transactions, answers.iter().flatten()));
    let mut replays = Replays::default();
    for (repeat, first) in repeats {
        answers[repeat] = match (&entries[repeat].envelope.request, &entries[first].envelope.request) {
            (Some(mine), Some(theirs)) if mine.hash != theirs.hash => Some(Err(request::reused(mine))),
            _ => answers[first].clone(),
        };
        replays.count(answers[repeat].as_ref());
    }
    shared.meter.replayed(replays.same, replays.other);
    if replies.len() <= HANDFUL {
        answer(replies, answers).await;
    } else {
        // The next batch need not wait for it.
        tokio::spawn(answer(replies, answers));
    }
}

/// Tells callers how their commands ended, and lets others have their turn between one handful of them and the next: all at
/// once they would stand before whatever another tenant is waiting for.
async fn answer<A>(replies: Vec<oneshot::Sender<Result<A, Error>>>, answers: Vec<Option<Result<A, Error>>>) {
    for (number, (reply, answer)) in replies.into_iter().zip(answers).enumerate() {
        if number > 0 && number % HANDFUL == 0 {
            yield_now().await;
        }
        // Whoever was cancelled asks again with the same request id.
        let _ = reply.send(answer.unwrap_or(Err(UNAVAILABLE)));
    }
}

/// How a batch ended that took so many transactions: what its commands were refused by is no failure, what the store
/// answered in place of them is.
fn ended<'a, A: 'a>(transactions: usize, mut answers: impl Iterator<Item = &'a Result<A, Error>>) -> Ended {
    let failure = answers.find_map(|answer| match answer {
        Err(Error::Busy { .. }) => Some("unavailable"),
        Err(Error::Internal) => Some("internal"),
        _ => None,
    });
    match failure {
        Some(failure) => Ended::Failed(failure),
        None if transactions > 1 => Ended::Repaired,
        None => Ended::Done,
    }
}

/// Requests that came before, with the same body or with another one.
#[derive(Default)]
struct Replays {
    same: u64,
    other: u64,
}

impl Replays {
    fn count<A>(&mut self, answer: Option<&Result<A, Error>>) {
        match answer {
            Some(Err(Error::AlreadyExists { reason: Reason::RequestIdReused, .. })) => self.other += 1,
            // What failed was answered to nobody before.
            None | Some(Err(Error::Busy { .. } | Error::Internal)) => {}
            Some(_) => self.same += 1,
        }
    }
}

/// Runs the commands at `open`: as one transaction, or as several one after the other where one command stands in the
/// way of the rest. Says how many it took.
async fn carry_out<L: Ledger>(
    shared: &Arc<Shared<L>>,
    tenant: TenantId,
    entries: &Entries<L>,
    open: Vec<usize>,
) -> (Vec<(usize, Settled<L>)>, usize) {
    let mut answers = Vec::with_capacity(open.len());
    let mut transactions = 0;
    let mut work = Work::new(open);
    // Of the group that comes next: a group whose commit got no answer is run again before any other.
    let mut unanswered = None;
    while let Some(group) = work.next() {
        transactions += 1;
        let (ran, left_unanswered) = transact(shared, tenant, entries, &group, unanswered).await;
        unanswered = left_unanswered;
        let settled = match ran {
            Ok(Ran::Settled(settled)) => settled,
            Ok(Ran::Panicked(index)) => vec![(index, Err(Error::Internal))],
            Ok(Ran::AnsweredBefore) => match recall(shared, tenant, entries, &group).await {
                // Their ids were forgotten just now; whoever still waits asks again.
                Ok(settled) if settled.is_empty() => all(&group, &UNAVAILABLE),
                Ok(settled) => settled,
                Err(error) => {
                    // What is stored of one of them may be what cannot be read.
                    let remedy = if error == Error::Internal { Remedy::Halve } else { Remedy::Wait };
                    answers.extend(all(&work.failed(group, remedy), &error));
                    continue;
                }
            },
            Err(failure) => {
                let given_up = work.failed(group, failure.remedy());
                if !given_up.is_empty() {
                    // A repeat is decided anew before anybody knows that it is one, and may trip over its own effect.
                    let before = recall(shared, tenant, entries, &given_up).await.unwrap_or_default();
                    let failed = left(given_up, &before);
                    answers.extend(before);
                    if !failed.is_empty() {
                        answers.extend(all(&failed, &failure.answer("a batch")));
                    }
                }
                continue;
            }
        };
        work.went_well(left(group, &settled));
        answers.extend(settled);
    }
    (answers, transactions)
}

/// Those of a group that have no answer yet.
fn left<A>(group: Vec<usize>, settled: &[(usize, A)]) -> Vec<usize> {
    if settled.len() == group.len() {
        return Vec::new();
    }
    let done: HashSet<usize> = settled.iter().map(|(index, _)| *index).collect();
    group.into_iter().filter(|index| !done.contains(index)).collect()
}

/// The same answer for all.
fn all<A>(commands: &[usize], error: &Error) -> Vec<(usize, Result<A, Error>)> {
    commands.iter().map(|&index| (index, Err(error.clone()))).collect()
}

/// The commands to carry out, and those that repeat the request id of an earlier one with the place of that one.
fn without_repeats<C>(entries: &[Entry<C>]) -> (Vec<usize>, Vec<(usize, usize)>) {
    let mut seen: HashMap<(&str, &str, Uuid), usize> = HashMap::new();
    let (mut open, mut repeats) = (Vec::with_capacity(entries.len()), Vec::new());
    for (index, entry) in entries.iter().enumerate() {
        let Envelope { actor, request, .. } = &entry.envelope;
        let first = request.as_ref().map_or(index, |request| {
            *seen.entry((&actor.principal, request.method, request.id)).or_insert(index)
        });
        if first == index {
            open.push(index);
        } else {
            repeats.push((index, first));
        }
    }
    (open, repeats)
}

async fn transact<L: Ledger>(
    shared: &Arc<Shared<L>>,
    tenant: TenantId,
    entries: &Entries<L>,
    open: &[usize],
    mut unanswered: Option<Unanswered<L::Answer>>,
) -> (Result<Ran<L::Answer>, StoreError>, Option<Unanswered<L::Answer>>) {
    let (shared, entries, open) = (Arc::clone(shared), Arc::clone(entries), open.to_vec());
    let run = spawned(async move {
        let ran = transaction::run(&shared, tenant, &entries, &open, &mut unanswered).await;
        Ok((ran, unanswered))
    });
    run.await.unwrap_or_else(|failure| (Err(failure), None))
}

/// Looks up which of the open commands were answered before, and gives their callers the same answer.
async fn recall<L: Ledger>(
    shared: &Arc<Shared<L>>,
    tenant: TenantId,
    entries: &Entries<L>,
    open: &[usize],
) -> Result<Vec<(usize, Settled<L>)>, Error> {
    let database = shared.database.clone();
    let meter = Arc::clone(&shared.meter);
    let (shared, entries, open) = (Arc::clone(shared), Arc::clone(entries), open.to_vec());
    let settled = database
        .read(tenant, None, move |tx| {
            Box::pin(async move {
                let envelopes: Vec<&Envelope> = open.iter().map(|&index| &entries[index].envelope).collect();
                let mut settled = Vec::new();
                for found in request::load_answered(tx, tenant, &envelopes).await? {
                    let answer = match (&envelopes[found.index].request, found.outcome) {
                        (Some(request), _) if !found.same_body => Err(request::reused(request)),
                        (_, Outcome::Refused(error)) => Err(error),
                        (_, Outcome::Done(reference)) => shared
                            .ledger
                            .recall(tx, tenant, &reference, found.position)
                            .await?
                            .ok_or(Error::NotFound { resource: reference.resource }),
                    };
                    settled.push((open[found.index], answer));
                }
                Ok(settled)
            })
        })
        .await?;
    let mut replays = Replays::default();
    settled.iter().for_each(|(_, answer)| replays.count(Some(answer)));
    meter.replayed(replays.same, replays.other);
    Ok(settled)
}
