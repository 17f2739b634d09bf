//! One batch as one transaction: take the log row, load, decide, save, append, commit. Nothing here can be cancelled
//! by a caller; what fails half-way is undone by the database.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};

use handoff_domain::error::Error;
use handoff_domain::id::{EventId, TenantId};

use super::append::{Appended, append};
use super::queue::Entry;
use super::request::{Columns, Outcome};
use super::{Context, Ledger, Round, Shared};
use crate::database::{Party, within};
use crate::entropy;
use crate::error::StoreError;
use crate::log::{self, Head};
use crate::tx::{Locked, Tx};

/// How often a ledger may ask for another round. References are three or four deep; more is a cycle.
const ROUNDS: usize = 8;

/// What running a batch came to.
pub(super) enum Ran<A> {
    /// An answer or a refusal for each command, with its place; durable, but for refusals where there is nothing to
    /// write them to.
    Settled(Vec<(usize, Result<A, Error>)>),
    /// Undone: some request ids were answered before. Look them up and run the rest.
    AnsweredBefore,
    /// Undone: the command at this place panicked, and may have left the state half changed. Run the rest.
    Panicked(usize),
}

/// What a transaction wrote whose commit was sent and has no answer: whoever holds the log row next can see whether it is
/// durable, by its last event.
pub(super) struct Unanswered<A> {
    position: i64,
    event: EventId,
    answers: Vec<(usize, Result<A, Error>)>,
}

/// What the commands came to before any of it is written.
struct Decided<A> {
    answers: Vec<(usize, Result<A, Error>)>,
    events: Appended,
    requests: Columns,
    position: i64,
    /// Whether any command was accepted, so that there may be something to save.
    is_changed: bool,
    /// Whether the tenant existed before, or a command brought it into being.
    tenant_exists: bool,
}

/// How a transaction that went well ends.
enum End {
    /// The last of its events, if it has any.
    Commit(Option<(i64, EventId)>),
    Undo,
}

/// Runs the commands at `open` in their order. What takes longer than it may is cut off, before the commit so that
/// nothing of it is durable.
///
/// `unanswered` is what an earlier run of the same commands left: if that is durable, it is what they came to. Where
/// this run's commit gets no answer, it leaves the same.
pub(super) async fn run<L: Ledger>(
    shared: &Shared<L>,
    tenant: TenantId,
    entries: &[Entry<L::Command>],
    open: &[usize],
    unanswered: &mut Option<Unanswered<L::Answer>>,
) -> Result<Ran<L::Answer>, StoreError> {
    let limit = shared.limits.transaction;
    let (tx, ran, end) = within(limit, prepare(shared, tenant, entries, open, unanswered)).await?;
    match end {
        End::Commit(last) => match (tx.commit(limit).await, ran) {
            (Ok(()), ran) => {
                shared.database.announce();
                Ok(ran)
            }
            (Err(failure), ran) => {
                *unanswered = match (last, ran) {
                    (Some((position, event)), Ran::Settled(answers)) => {
                        Some(Unanswered { position, event, answers })
                    }
                    _ => None,
                };
                Err(failure)
            }
        },
        End::Undo => {
            within(limit, tx.rollback()).await?;
            Ok(ran)
        }
    }
}

/// All but the end of the transaction.
async fn prepare<L: Ledger>(
    shared: &Shared<L>,
    tenant: TenantId,
    entries: &[Entry<L::Command>],
    open: &[usize],
    unanswered: &mut Option<Unanswered<L::Answer>>,
) -> Result<(Tx, Ran<L::Answer>, End), StoreError> {
    let commands: Vec<&L::Command> = open.iter().map(|&index| &entries[index].command).collect();
    let opening = shared.ledger.opening(tenant, &commands);
    let place = shared.database.pool().place(Party::Writes(tenant)).await?;
    let (mut tx, locked) = Tx::lock(place, tenant, opening).await?;
    let written = async {
        // The row was waited for, so that the earlier run has ended one way or the other.
        match durable(&mut tx, tenant, unanswered).await? {
            Some(answers) => Ok((Ran::Settled(answers), End::Undo)),
            None => write(&shared.ledger, &mut tx, locked, tenant, entries, open, &commands).await,
        }
    };
    match written.await {
        Ok((ran, end)) => Ok((tx, ran, end)),
        Err(failure) => {
            // The connection goes back if it still works, and is closed if it does not.
            let _ = tx.rollback().await;
            Err(failure)
        }
    }
}

/// The answers of an earlier run, if it is durable after all.
async fn durable<A>(
    tx: &mut Tx,
    tenant: TenantId,
    unanswered: &mut Option<Unanswered<A>>,
) -> Result<Option<Vec<(usize, Result<A, Error>)>>, StoreError> {
    let Some(run) = &unanswered else { return Ok(None) };
    let there = log::load_after(tx, tenant, run.position - 1, 1, 0).await?;
    let is_ours = there.first().is_some_and(|event| event.event_id == run.event);
    Ok(unanswered.take().filter(|_| is_ours).map(|run| run.answers))
}

async fn write<L: Ledger>(
    ledger: &L,
    tx: &mut Tx,
    mut locked: Locked,
    tenant: TenantId,
    entries: &[Entry<L::Command>],
    open: &[usize],
    commands: &[&L::Command],
) -> Result<(Ran<L::Answer>, End), StoreError> {
    let mut tenant_exists = locked.head.is_some();
    if !tenant_exists && commands.iter().any(|command| ledger.creates_tenant(command)) {
        tenant_exists = !log::create_head(tx, tenant, locked.clock).await?;
        locked = tx.take_log(tenant).await?;
    }
    let Locked { head: Some(head), clock } = locked else {
        let answers = open.iter().map(|&index| (index, Err(unknown(tenant)))).collect();
        return Ok((Ran::Settled(answers), End::Undo));
    };
    let now = head.recorded_at.max(clock);

    let mut state = L::State::default();
    load(ledger, tx, tenant, now, commands, &mut state).await?;

    let decided = match decide(ledger, &mut state, entries, open, &head, now, tenant_exists) {
        Ok(decided) => decided,
        Err(Panicked(index)) => return Ok((Ran::Panicked(index), End::Undo)),
    };
    let is_empty = !decided.is_changed && decided.requests.len() == 0;
    if is_empty || !decided.tenant_exists {
        return Ok((Ran::Settled(decided.answers), End::Undo));
    }
    if decided.is_changed {
        ledger.save(tx, tenant, now, &mut state).await?;
    }
    let head = Head { tenant, position: decided.position, recorded_at: now };
    let activities = if decided.is_changed { ledger.activities(&mut state) } else { Vec::new() };
    let stored = append(tx, &head, &decided.events, &decided.requests, activities).await?;
    if stored < decided.requests.len() {
        return Ok((Ran::AnsweredBefore, End::Undo));
    }
    Ok((Ran::Settled(decided.answers), End::Commit(decided.events.last())))
}

fn unknown(tenant: TenantId) -> Error {
    Error::not_found(format!("tenants/{tenant}"))
}

async fn load<L: Ledger>(
    ledger: &L,
    tx: &mut Tx,
    tenant: TenantId,
    now: DateTime<Utc>,
    commands: &[&L::Command],
    state: &mut L::State,
) -> Result<(), StoreError> {
    for _ in 0..ROUNDS {
        if ledger.load(tx, tenant, now, commands, state).await? == Round::Closed {
            return Ok(());
        }
    }
    Err(StoreError::defect(format!("a ledger asked for more than {ROUNDS} rounds of loading")))
}

/// The command at this place panicked.
struct Panicked(usize);

fn decide<L: Ledger>(
    ledger: &L,
    state: &mut L::State,
    entries: &[Entry<L::Command>],
    open: &[usize],
    head: &Head,
    now: DateTime<Utc>,
    tenant_exists: bool,
) -> Result<Decided<L::Answer>, Panicked> {
    let mut decided = Decided {
        answers: Vec::with_capacity(open.len()),
        events: Appended::default(),
        requests: Columns::default(),
        position: head.position,
        is_changed: false,
        tenant_exists,
    };
    for &index in open {
        let Entry { envelope, command } = &entries[index];
        if !decided.tenant_exists && !ledger.creates_tenant(command) {
            decided.answers.push((index, Err(unknown(head.tenant))));
            continue;
        }
        let actor = &envelope.actor;
        let mut context = Context::new(head.tenant, now, actor, decided.position + 1, entropy::ten_bytes);
        // The state may be half changed behind a panic, and is thrown away with the transaction.
        let result: Result<_, Error> = catch_unwind(AssertUnwindSafe(|| {
            let decision = ledger.decide(state, command, &mut context)?;
            let reference = ledger.reference(&decision.answer);
            Ok((decision, reference))
        }))
        .map_err(|_| {
            tracing::error!(tenant = %head.tenant, "a command panicked while it was decided");
            Panicked(index)
        })?;
        let request = envelope.request.as_ref();
        let (answer, outcome) = match result {
            Ok((decision, reference)) => {
                for event in decision.events {
                    decided.position += 1;
                    decided.events.push(decided.position, event, envelope);
                }
                decided.is_changed = true;
                decided.tenant_exists = true;
                (Ok(decision.answer), Outcome::Done(reference))
            }
            Err(error) => (Err(error.clone()), Outcome::Refused(error)),
        };
        if let Some(request) = request {
            decided.requests.push(&actor.principal, request, decided.position, outcome);
        }
        decided.answers.push((index, answer));
    }
    Ok(decided)
}
