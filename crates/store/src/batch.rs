//! The one way to write: a command waits in its tenant's queue, is decided in a batch with others, and its changes,
//! its events and its request id become durable in one transaction that holds the tenant's log row.
//!
//! The store knows nothing of what is decided. A service gives a [`Ledger`], the batch calls it in a fixed order:
//! `load` until closed, `decide` each command in order, `save` what changed; then it appends the events itself.
//! What it refuses to do: run in a future that a caller can cancel, write two tenants at once, and let one command's
//! refusal or panic touch another.

mod append;
mod queue;
mod request;
mod settle;
mod transaction;
mod turns;
mod work;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use handoff_domain::actor::Actor;
use handoff_domain::error::{Error, Facts, Reason};
use handoff_domain::id::{EventId, IdSource, LeadId, TenantId};
use handoff_domain::qualification::record::Activity;

use crate::database::Database;
use crate::error::StoreError;
use crate::meter::BatchMeter;
use crate::tx::{Opening, Tx};

use queue::{Entry, Pending, Queues};

pub(crate) use request::{forget as forget_requests, has_before as has_requests_before};

/// What a service knows about its state: how to load it, change it and save it.
///
/// The futures are written as `async fn` in an implementation.
pub trait Ledger: Send + Sync + 'static {
    /// A parsed, well-formed wish of a caller, a consumer or a worker.
    type Command: Send + Sync + 'static;
    /// Everything that the commands of one batch can look at, and what they changed.
    type State: Default + Send + Sync;
    /// What a caller gets. It is cloned for a request that comes twice within a batch.
    type Answer: Clone + Send + Sync + 'static;

    /// About how many bytes the command will write; a batch holds at most 1 MiB.
    fn size(&self, command: &Self::Command) -> usize;

    /// What the first round of loading will ask, if it can be asked in the message that takes the log row. Whoever loads
    /// gets its answer in place of asking.
    fn opening(&self, tenant: TenantId, commands: &[&Self::Command]) -> Option<Opening> {
        let _ = (tenant, commands);
        None
    }

    /// Whether the command brings its tenant into being. Every other command on an unknown tenant is not found.
    fn creates_tenant(&self, command: &Self::Command) -> bool {
        let _ = command;
        false
    }

    /// Loads one round of what `commands` need at the batch's `now` into `state`. It is called again, with the state so far, until it says
    /// [`Round::Closed`]: a later round loads what the rows of an earlier one refer to.
    fn load(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        now: DateTime<Utc>,
        commands: &[&Self::Command],
        state: &mut Self::State,
    ) -> impl Future<Output = Result<Round, StoreError>> + Send;

    /// Decides one command and folds its events into `state`, so that the next command sees them. Pure: time,
    /// position and randomness are in `context`.
    ///
    /// # Errors
    /// A refusal, which refuses this command alone and must leave `state` as it was: decide first, apply then.
    fn decide(
        &self,
        state: &mut Self::State,
        command: &Self::Command,
        context: &mut Context<'_>,
    ) -> Result<Decision<Self::Answer>, Error>;

    /// Writes what the decided commands changed, with as few statements as there are tables. Not called when all
    /// were refused.
    fn save(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        now: DateTime<Utc>,
        state: &mut Self::State,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The activities among the changes, after the rest was saved: they are written with the events in one statement, as
    /// a busy tenant's batch is mostly made of them.
    fn activities(&self, state: &mut Self::State) -> Vec<Activity> {
        let _ = state;
        Vec::new()
    }

    /// What is kept of an answer, so that the same request gets it again: names and codes, nothing personal.
    fn reference(&self, answer: &Self::Answer) -> Reference;

    /// The answer that a reference stands for, from the records as they are now; `None` where the resource is gone,
    /// which the caller hears as not found. `position` is the log's last position once the command was done.
    fn recall(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        reference: &Reference,
        position: i64,
    ) -> impl Future<Output = Result<Option<Self::Answer>, StoreError>> + Send;
}

/// Whether a ledger needs another round of loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Rows came in that refer to others which are not loaded yet.
    Again,
    /// Nothing is missing.
    Closed,
}

/// What deciding a command gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<A> {
    /// Its events in order; none where nothing changed.
    pub events: Vec<EventRecord>,
    /// What the caller gets once the batch is durable.
    pub answer: A,
}

/// What a decision may know besides the state.
#[derive(Debug)]
pub struct Context<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// The time of the batch: the database's, taken under the log row's lock, never earlier than any recorded time.
    pub now: DateTime<Utc>,
    /// Who wants it.
    pub actor: &'a Actor,
    /// The position that the command's first event gets.
    pub position: i64,
    random: fn() -> [u8; 10],
}

impl<'a> Context<'a> {
    /// A context; the batch makes it, and tests of a ledger do.
    pub fn new(
        tenant: TenantId,
        now: DateTime<Utc>,
        actor: &'a Actor,
        position: i64,
        random: fn() -> [u8; 10],
    ) -> Self {
        Self { tenant, now, actor, position, random }
    }

    /// New ids that carry the time of the batch.
    pub fn ids(&mut self) -> IdSource<'_> {
        IdSource::new(self.now, &mut self.random)
    }
}

/// An event as the log keeps it. Position, recording time, actor and request id are the batch's to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// Its id, from [`Context::ids`].
    pub event_id: EventId,
    /// The event's name, `LeadQualified`.
    pub kind: &'static str,
    /// The version of its payload's meaning, from 1.
    pub version: i16,
    /// When it happened in the world.
    pub occurred_at: DateTime<Utc>,
    /// The service's own encoding; ids and facts that are not personal.
    pub payload: Vec<u8>,
    /// The personal values that belong to it, kept apart so that they can be erased.
    pub person: Vec<PersonValue>,
}

/// A personal value of a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonValue {
    /// Whose.
    pub lead_id: LeadId,
    /// Which: `email`, `note`; unique within one event and lead.
    pub field: String,
    /// The value as text.
    pub value: String,
}

/// What is stored of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reference {
    /// The resource that was made or changed, `leads/…`; may be empty.
    pub resource: String,
    /// What else tells this answer from another, by name: `created=true`. Never a personal value.
    pub facts: Facts,
}

/// What accompanies a command.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Whose log it goes to.
    pub tenant: TenantId,
    /// Who wants it.
    pub actor: Actor,
    /// The caller's request id; `None` for consumers and workers, whose cursors and states make them repeatable.
    pub request: Option<RequestKey>,
    /// When it must have been started; a command that still queues then is answered `Expired`.
    pub deadline: Option<Instant>,
    /// Which queue.
    pub priority: Priority,
    /// The trace that it belongs to, in the form of the header `traceparent` (W3C Trace Context), at most 55 characters:
    /// its batch is a span there, and it is kept with each of its events. What has another form is left out.
    pub traceparent: Option<String>,
}

/// What makes a request the same request. Its scope is (tenant, principal, method).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The id that the caller chose.
    pub id: Uuid,
    /// The RPC, `CaptureLead`.
    pub method: &'static str,
    /// A hash of the body without the id: the same id with another hash is refused.
    pub hash: [u8; 32],
}

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Somebody waits for the answer.
    Interactive,
    /// Imports, re-evaluations, consumers and workers.
    Bulk,
}

/// The batch's limits. The defaults are those of production; tests make them smaller.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Commands in a batch.
    pub batch_commands: usize,
    /// Bytes in a batch.
    pub batch_bytes: usize,
    /// How long a bulk batch should take where callers wait behind it; how much goes into one adapts to that, down to a
    /// least size.
    pub bulk_target: Duration,
    /// The same where nobody waits behind it: more of them share one commit.
    pub bulk_target_alone: Duration,
    /// How long one transaction may take before it is given up.
    pub transaction: Duration,
    /// Commands that may wait per tenant and priority.
    pub queue_commands: usize,
    /// Bytes that may wait per tenant and priority.
    pub queue_bytes: usize,
    /// Bytes that may wait in all queues together: what bounds the process, however many tenants are busy.
    pub total_bytes: usize,
    /// How long an interactive command may expect to wait, by what its tenant's batches took lately. Whoever would
    /// wait longer is refused at once, instead of at its deadline.
    pub queue_wait: Duration,
    /// Batches of different tenants at once. If not given, three quarters of the pool: the rest is for reads.
    pub concurrent_batches: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_commands: 512,
            batch_bytes: 1 << 20,
            bulk_target: Duration::from_millis(5),
            bulk_target_alone: Duration::from_millis(200),
            transaction: Duration::from_secs(5),
            queue_commands: 4096,
            queue_bytes: 32 << 20,
            total_bytes: 256 << 20,
            queue_wait: Duration::from_secs(5),
            concurrent_batches: None,
        }
    }
}

/// Takes commands and answers them when they are durable. Cheap to clone; all clones share the queues.
pub struct Batcher<L: Ledger> {
    shared: Arc<Shared<L>>,
}

struct Shared<L: Ledger> {
    database: Database,
    ledger: L,
    limits: Limits,
    queues: Queues<L::Command, L::Answer>,
    slots: Semaphore,
    meter: Arc<BatchMeter>,
}

impl<L: Ledger> Batcher<L> {
    /// A batcher that writes `ledger` to `database`.
    pub fn new(database: Database, ledger: L, limits: Limits) -> Self {
        let most = limits.concurrent_batches.unwrap_or(database.connections() * 3 / 4);
        let slots = Semaphore::new(most.max(1));
        let meter = Arc::new(BatchMeter::new(database.meter(), database.service().schema()));
        let queues = Queues::new(&limits, Arc::clone(&meter));
        let shared = Arc::new(Shared { database, ledger, limits, queues, slots, meter });
        let seen = Arc::downgrade(&shared);
        shared.meter.watch(move || Some(seen.upgrade()?.queues.waiting()));
        Self { shared }
    }

    /// Puts a command into its tenant's queue and waits until it is durable or refused.
    ///
    /// Dropping the returned future takes nothing back: a command that is in a batch is finished, one that still
    /// queues may be left out.
    ///
    /// # Errors
    /// The ledger's refusals; `Expired`, `Exhausted` (the queue is full), `Busy` (the store cannot be reached; whether
    /// the command was done is unknown, repeat it with the same request id), `NotFound` (the tenant),
    /// `AlreadyExists` (the request id came with another body) and `Internal`.
    pub async fn submit(&self, envelope: Envelope, command: L::Command) -> Result<L::Answer, Error> {
        let tenant = envelope.tenant;
        let (reply, answer) = oneshot::channel();
        let size = self.shared.ledger.size(&command);
        let pending = Pending { entry: Entry { envelope, command }, size, since: Instant::now(), reply };
        if self.shared.queues.push(tenant, pending)? {
            tokio::spawn(settle::serve(Arc::clone(&self.shared), tenant));
        }
        // The sender is only dropped without an answer when the process is going down.
        answer.await.unwrap_or(Err(Error::Busy { reason: Reason::StoreUnavailable }))
    }

    /// The database that it writes to.
    pub fn database(&self) -> &Database {
        &self.shared.database
    }

    /// The number of tenants that have commands waiting or running.
    pub fn active_tenants(&self) -> usize {
        self.shared.queues.tenants()
    }
}

impl<L: Ledger> Clone for Batcher<L> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<L: Ledger> fmt::Debug for Batcher<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher").field("active_tenants", &self.active_tenants()).finish_non_exhaustive()
    }
}
