//! The smallest ledger that can show what the batch promises: named counters. A counter's value is kept where the
//! cursors are, which every schema has, so that these tests need no table of their own.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Waker};

use chrono::{DateTime, Utc};
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::{Error, Facts, Reason};
use handoff_domain::id::{LeadId, TenantId};
use handoff_store::batch::{
    Batcher, Context, Decision, Envelope, EventRecord, Ledger, Limits, PersonValue, Priority, Reference,
    RequestKey, Round,
};
use handoff_store::database::{Database, Options, Service};
use handoff_store::error::StoreError;
use handoff_store::log::cursor;
use handoff_store::scratch::ScratchDatabase;
use handoff_store::tx::Tx;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Brings the tenant into being.
    Found,
    /// Adds to the counter; refuses beyond 1,000,000.
    Add(&'static str, i64),
    /// Adds, with a personal value of this lead.
    AddFor(&'static str, LeadId),
    /// Changes the state and then panics.
    Panic(&'static str),
    /// Adds an event that the database refuses.
    Poison(&'static str),
    /// Meets a row that the ledger cannot read.
    Unreadable(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) value: i64,
    pub(crate) position: i64,
    /// Whether it was rebuilt from what is stored.
    pub(crate) recalled: bool,
}

/// Holds a batch between its lock and its first load, so that a test decides what gathers meanwhile.
pub(crate) struct Gate {
    /// Gets the number of commands of each batch that arrives.
    pub(crate) arrived: mpsc::UnboundedReceiver<usize>,
    /// Lets as many batches through as it has permits.
    pub(crate) open: std::sync::Arc<Semaphore>,
}

pub(crate) struct Counters {
    arrived: mpsc::UnboundedSender<usize>,
    open: std::sync::Arc<Semaphore>,
}

#[derive(Default)]
pub(crate) struct Values {
    loaded: BTreeMap<&'static str, i64>,
    values: BTreeMap<&'static str, i64>,
}

fn counter(command: &Command) -> Option<&'static str> {
    match command {
        Command::Found => None,
        Command::Add(name, _)
        | Command::AddFor(name, _)
        | Command::Panic(name)
        | Command::Poison(name)
        | Command::Unreadable(name) => Some(name),
    }
}

impl Ledger for Counters {
    type Command = Command;
    type State = Values;
    type Answer = Answer;

    fn size(&self, _: &Command) -> usize {
        100
    }

    fn creates_tenant(&self, command: &Command) -> bool {
        *command == Command::Found
    }

    async fn load(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        _now: DateTime<Utc>,
        commands: &[&Command],
        state: &mut Values,
    ) -> Result<Round, StoreError> {
        let names = commands.iter().filter_map(|command| counter(command));
        // One counter a round: the batch has to ask again until all are there.
        for name in names {
            if !state.values.contains_key(name) {
                if state.values.is_empty() {
                    let _ = self.arrived.send(commands.len());
                    self.open.acquire().await.expect("it is never closed").forget();
                }
                let value = cursor::load(tx, tenant, name).await?;
                state.loaded.insert(name, value);
                state.values.insert(name, value);
                return Ok(Round::Again);
            }
        }
        if commands.iter().any(|command| matches!(command, Command::Unreadable(_))) {
            return Err(StoreError::defect("a counter holds a word"));
        }
        Ok(Round::Closed)
    }

    fn decide(
        &self,
        state: &mut Values,
        command: &Command,
        context: &mut Context<'_>,
    ) -> Result<Decision<Answer>, Error> {
        let mut event = EventRecord {
            event_id: context.ids().next(),
            kind: "CounterAdded",
            version: 1,
            occurred_at: context.now,
            payload: b"an encoded event".to_vec(),
            person: vec![],
        };
        let answer = |value| Answer { value, position: context.position, recalled: false };
        let Some(name) = counter(command) else {
            event.kind = "TenantChanged";
            return Ok(Decision { events: vec![event], answer: answer(0) });
        };
        let value = state.values.entry(name).or_default();
        let by = if let Command::Add(_, by) = command { *by } else { 1 };
        if *value + by > 1_000_000 {
            return Err(Error::refused(Reason::IllegalState, [("value", value.to_string())]));
        }
        *value += by;
        match command {
            Command::Panic(_) => panic!("a defect in a decision"),
            Command::Poison(_) => event.version = 0,
            Command::AddFor(_, lead_id) => event.person.push(PersonValue {
                lead_id: *lead_id,
                field: "email".into(),
                value: "ada@example.com".into(),
            }),
            Command::Add(..) | Command::Unreadable(_) | Command::Found => {}
        }
        Ok(Decision { events: vec![event], answer: answer(*value) })
    }

    async fn save(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        _: DateTime<Utc>,
        state: &mut Values,
    ) -> Result<(), StoreError> {
        for (name, value) in &state.values {
            let loaded = state.loaded.get(name).copied().unwrap_or_default();
            if loaded != *value {
                cursor::advance(tx, tenant, name, loaded, *value).await?;
            }
        }
        Ok(())
    }

    fn reference(&self, answer: &Answer) -> Reference {
        Reference {
            resource: "counters".into(),
            facts: Facts::from([("value".into(), answer.value.to_string())]),
        }
    }

    async fn recall(
        &self,
        _: &mut Tx,
        _: TenantId,
        reference: &Reference,
        position: i64,
    ) -> Result<Option<Answer>, StoreError> {
        let value = reference.facts.get("value").and_then(|value| value.parse().ok());
        Ok(value.map(|value| Answer { value, position, recalled: true }))
    }
}

/// A command that is in its queue.
pub(crate) type Started = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

/// A scratch database with one tenant and a batcher.
pub(crate) struct World {
    pub(crate) batcher: Batcher<Counters>,
    pub(crate) tenant: TenantId,
    pub(crate) gate: Gate,
    pub(crate) scratch: ScratchDatabase,
}

impl World {
    /// With the gate open for good.
    pub(crate) async fn open() -> Self {
        let world = Self::gated(Limits::default(), Options::default()).await;
        world.gate.open.add_permits(1_000_000);
        world
    }

    /// With the gate shut.
    pub(crate) async fn gated(limits: Limits, options: Options) -> Self {
        let scratch = ScratchDatabase::new().await.expect("there is a test server");
        let database = Database::connect(&scratch.url(), Service::Qualification, options)
            .await
            .expect("the scratch database is migrated");
        let (sender, arrived) = mpsc::unbounded_channel();
        let gate = Gate { arrived, open: std::sync::Arc::new(Semaphore::new(0)) };
        let ledger = Counters { arrived: sender, open: std::sync::Arc::clone(&gate.open) };
        let batcher = Batcher::new(database, ledger, limits);
        let world = Self { batcher, tenant: TenantId::from_slug("acme"), gate, scratch };
        world.batcher.submit(envelope(world.tenant), Command::Found).await.expect("the tenant is new");
        world
    }

    pub(crate) fn database(&self) -> &Database {
        self.batcher.database()
    }

    pub(crate) async fn submit(&self, command: Command) -> Result<Answer, Error> {
        self.batcher.submit(envelope(self.tenant), command).await
    }

    /// Sends a command with a request id.
    pub(crate) async fn request(&self, id: u128, body: u8, command: Command) -> Result<Answer, Error> {
        self.batcher.submit(with_request(envelope(self.tenant), id, body), command).await
    }

    /// Puts a command into the queue.
    pub(crate) fn start(&self, command: Command) -> Started {
        self.start_as(envelope(self.tenant), command)
    }

    /// Puts a command with its envelope into the queue.
    pub(crate) fn start_as(&self, envelope: Envelope, command: Command) -> Started {
        let batcher = self.batcher.clone();
        started(async move { batcher.submit(envelope, command).await })
    }

    /// Occupies the tenant: a batch that holds the log row until the gate opens.
    pub(crate) async fn occupy(&mut self) -> Started {
        let first = self.start(Command::Add("first", 1));
        assert_eq!(self.gate.arrived.recv().await, Some(1));
        first
    }

    /// A batcher on the same database that shares nothing else, as another process would. Its gate is this one's.
    pub(crate) async fn beside(&self) -> Batcher<Counters> {
        self.beside_through(&self.scratch.url(), Options::default()).await
    }

    /// As [`World::beside`], by a way of its own to the database.
    pub(crate) async fn beside_through(&self, url: &str, options: Options) -> Batcher<Counters> {
        let database = Database::connect(url, Service::Qualification, options)
            .await
            .expect("the scratch database is migrated");
        let (arrived, _) = mpsc::unbounded_channel();
        let ledger = Counters { arrived, open: std::sync::Arc::clone(&self.gate.open) };
        Batcher::new(database, ledger, Limits::default())
    }

    /// Opens the gate for good.
    pub(crate) fn open_gate(&self) {
        self.gate.open.add_permits(1_000_000);
    }
}

pub(crate) fn envelope(tenant: TenantId) -> Envelope {
    Envelope {
        tenant,
        actor: Actor { principal: "users/ada".into(), side: Side::Marketing },
        request: None,
        deadline: None,
        priority: Priority::Interactive,
        traceparent: None,
    }
}

pub(crate) fn with_request(envelope: Envelope, id: u128, body: u8) -> Envelope {
    let request = RequestKey { id: Uuid::from_u128(id), method: "Add", hash: [body; 32] };
    Envelope { request: Some(request), ..envelope }
}

/// Polls a future once, so that it has done what it does before it waits: a submitted command is in its queue.
pub(crate) fn started<F: Future + Send + 'static>(
    future: F,
) -> Pin<Box<dyn Future<Output = F::Output> + Send>> {
    let mut future = Box::pin(future);
    let mut context = TaskContext::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending(), "it waits for its batch");
    future
}
