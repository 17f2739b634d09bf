//! A qualification that does as it is told: its log is real (the store's batch, the runtime's event log, gRPC), what it
//! says is the test's. It tells how often its head was asked for, and can be stopped in the middle of a batch.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::Error;
use handoff_domain::id::{HandoffId, LeadId, TenantId};
use handoff_domain::target::Target;
use handoff_proto::event::v1::event_log_service_server::{EventLogService, EventLogServiceServer};
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{self as pb, GetLogHeadRequest, GetLogHeadResponse};
use handoff_proto::qualification::v1::Tenant;
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::convert;
use handoff_runtime::event_log::EventLog;
use handoff_runtime::server::{Service, serve};
use handoff_runtime::shutdown::Shutdown;
use handoff_store::batch::{
    Batcher, Context, Decision, Envelope, EventRecord, Ledger, Limits, Priority, Reference, Round,
};
use handoff_store::database::{Database, Options, Service as Schema};
use handoff_store::error::StoreError;
use handoff_store::tx::Tx;
use prost::Message;
use tokio::sync::{Notify, Semaphore, watch};
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// Longer than any test holds a log row.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is to be said, and when it happened; with the batch, unless that is given.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    fact: Fact,
    at: Option<DateTime<Utc>>,
}

/// A command: facts that are said at once, and whether to stop with the log row in hand.
#[derive(Debug)]
pub(crate) struct Saying {
    facts: Vec<Said>,
    hold: Option<Hold>,
}

/// A batch that stops with the log row in hand.
#[derive(Debug, Clone)]
struct Hold {
    holding: Arc<Notify>,
    go_on: Arc<Semaphore>,
}

/// A batch in flight: it holds the log row, its time is set, and it has not been committed.
pub(crate) struct InFlight {
    hold: Hold,
    task: tokio::task::JoinHandle<Result<DateTime<Utc>, Error>>,
}

impl InFlight {
    /// Lets it go on; gives the time of the batch.
    pub(crate) async fn land(self) -> DateTime<Utc> {
        self.hold.go_on.add_permits(1);
        self.task.await.unwrap().unwrap()
    }
}

struct Script;

impl Ledger for Script {
    type Command = Saying;
    type State = ();
    type Answer = DateTime<Utc>;

    fn size(&self, _: &Saying) -> usize {
        100
    }

    fn creates_tenant(&self, saying: &Saying) -> bool {
        saying.facts.iter().any(|said| matches!(said.fact, Fact::TenantChanged(_)))
    }

    async fn load(
        &self,
        _: &mut Tx,
        _: TenantId,
        _: DateTime<Utc>,
        sayings: &[&Saying],
        (): &mut (),
    ) -> Result<Round, StoreError> {
        for hold in sayings.iter().filter_map(|saying| saying.hold.as_ref()) {
            hold.holding.notify_one();
            hold.go_on.acquire().await.expect("it is never closed").forget();
        }
        Ok(Round::Closed)
    }

    fn decide(
        &self,
        (): &mut (),
        saying: &Saying,
        context: &mut Context<'_>,
    ) -> Result<Decision<DateTime<Utc>>, Error> {
        let record = |said: &Said| EventRecord {
            event_id: context.ids().next(),
            kind: "Said",
            version: 1,
            occurred_at: said.at.unwrap_or(context.now),
            payload: pb::Payload { fact: Some(said.fact.clone()), source: None }.encode_to_vec(),
            person: Vec::new(),
        };
        Ok(Decision { events: saying.facts.iter().map(record).collect(), answer: context.now })
    }

    async fn save(&self, _: &mut Tx, _: TenantId, _: DateTime<Utc>, (): &mut ()) -> Result<(), StoreError> {
        Ok(())
    }

    fn reference(&self, _: &DateTime<Utc>) -> Reference {
        Reference::default()
    }

    async fn recall(
        &self,
        _: &mut Tx,
        _: TenantId,
        _: &Reference,
        _: i64,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(None)
    }
}

/// The log, telling how often its head was asked for.
struct Watched {
    log: EventLog,
    heads_asked: watch::Sender<u64>,
}

#[tonic::async_trait]
impl EventLogService for Watched {
    type SubscribeEventsStream =
        Pin<Box<dyn tokio_stream::Stream<Item = Result<pb::SubscribeEventsResponse, Status>> + Send>>;

    async fn subscribe_events(
        &self,
        request: Request<pb::SubscribeEventsRequest>,
    ) -> Result<Response<Self::SubscribeEventsStream>, Status> {
        self.log.subscribe_events(request).await
    }

    async fn get_log_head(
        &self,
        request: Request<GetLogHeadRequest>,
    ) -> Result<Response<GetLogHeadResponse>, Status> {
        self.heads_asked.send_modify(|count| *count += 1);
        self.log.get_log_head(request).await
    }
}

/// The qualification of a test.
pub(crate) struct Feed {
    /// Where it serves its log.
    pub(crate) endpoint: String,
    /// How often its head was asked for.
    pub(crate) heads_asked: watch::Receiver<u64>,
    batcher: Batcher<Script>,
    shutdown: Shutdown,
}

impl Feed {
    /// Serves the log of qualification's schema in the database at `url`.
    pub(crate) async fn start(url: &str) -> Self {
        let options = Options { lock_timeout: PATIENCE, statement_timeout: PATIENCE, ..Options::default() };
        let database = Database::connect(url, Schema::Qualification, options).await.unwrap();
        let limits = Limits { transaction: PATIENCE, ..Limits::default() };
        let batcher = Batcher::new(database.clone(), Script, limits);
        let shutdown = Shutdown::new();
        let (asked, heads_asked) = watch::channel(0);
        let log = EventLog::new(database.clone(), shutdown.clone());
        let routes = Routes::new(EventLogServiceServer::new(Watched { log, heads_asked: asked }));
        let mut service = Service::new("feed", routes, &shutdown);
        service.database = Some(database);
        let running = serve(ServiceConfig::on_loopback(url).open().await.unwrap(), service, shutdown.clone())
            .await
            .unwrap();
        Self { endpoint: running.endpoint(), heads_asked, batcher, shutdown }
    }

    /// Says this in one batch; gives the time of the batch.
    pub(crate) async fn say(&self, tenant: &str, facts: impl Into<Vec<Said>>) -> DateTime<Utc> {
        let saying = Saying { facts: facts.into(), hold: None };
        self.batcher.submit(envelope(tenant), saying).await.unwrap()
    }

    /// Waits until a tenant's log, which has the database's time, is past `at`.
    pub(crate) async fn past(&self, tenant: &str, at: DateTime<Utc>) {
        let tenant = TenantId::from_slug(tenant);
        while self.batcher.database().head_now(tenant).await.unwrap().unwrap().recorded_at <= at {}
    }

    /// Says this in a batch that stops before it is committed; comes back once it holds the log row.
    pub(crate) async fn say_held(&self, tenant: &str, facts: impl Into<Vec<Said>>) -> InFlight {
        let hold = Hold { holding: Arc::new(Notify::new()), go_on: Arc::new(Semaphore::new(0)) };
        let saying = Saying { facts: facts.into(), hold: Some(hold.clone()) };
        let (batcher, envelope) = (self.batcher.clone(), envelope(tenant));
        let task = tokio::spawn(async move { batcher.submit(envelope, saying).await });
        hold.holding.notified().await;
        InFlight { hold, task }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

fn envelope(tenant: &str) -> Envelope {
    Envelope {
        tenant: TenantId::from_slug(tenant),
        actor: Actor { principal: "services/tests".to_owned(), side: Side::System },
        request: None,
        deadline: None,
        priority: Priority::Interactive,
        traceparent: None,
    }
}

impl Said {
    /// It happened then, and is recorded now.
    pub(crate) fn at(self, at: DateTime<Utc>) -> Self {
        Self { at: Some(at), ..self }
    }
}

impl From<Said> for Vec<Said> {
    fn from(said: Said) -> Self {
        vec![said]
    }
}

fn said(fact: Fact) -> Said {
    Said { fact, at: None }
}

/// The handoff that a test calls `number`.
pub(crate) fn handoff(number: u128) -> HandoffId {
    HandoffId(Uuid::from_u128(0xda0 << 64 | number))
}

/// Its lead.
pub(crate) fn lead(number: u128) -> LeadId {
    LeadId(Uuid::from_u128(0x1ead << 64 | number))
}

/// A tenant in Rome was founded, long ago, with this starter target.
pub(crate) fn founded(target: Target) -> Said {
    let tenant = Tenant {
        name: "tenants/acme".to_owned(),
        time_zone: "Europe/Rome".to_owned(),
        starter_target: Some(convert::to_target(target)),
        ..Tenant::default()
    };
    let since = DateTime::from_timestamp(1_700_000_000, 0).map(convert::to_timestamp);
    said(Fact::TenantChanged(pb::TenantChanged { tenant: Some(tenant), contract_effective_time: since }))
}

/// A lead became an MQL.
pub(crate) fn qualified(number: u128) -> Said {
    qualified_as(number, false)
}

/// A lead became an MQL in imported history.
pub(crate) fn imported(number: u128) -> Said {
    qualified_as(number, true)
}

fn qualified_as(number: u128, imported: bool) -> Said {
    said(Fact::LeadQualified(pb::LeadQualified {
        r#move: Some(pb::TrackMove { lead_id: lead(number).to_string(), ..pb::TrackMove::default() }),
        handoff_id: handoff(number).to_string(),
        imported,
        ..pb::LeadQualified::default()
    }))
}

/// Sales accepted.
pub(crate) fn accepted(number: u128) -> Said {
    let handoff_id = handoff(number).to_string();
    said(Fact::HandoffAccepted(pb::HandoffAccepted { handoff_id, ..pb::HandoffAccepted::default() }))
}

/// The source system was already further.
pub(crate) fn implied(number: u128) -> Said {
    let handoff_id = handoff(number).to_string();
    said(Fact::HandoffAccepted(pb::HandoffAccepted {
        handoff_id,
        implied: true,
        ..pb::HandoffAccepted::default()
    }))
}

/// Sales rejected.
pub(crate) fn rejected(number: u128) -> Said {
    let handoff_id = handoff(number).to_string();
    said(Fact::HandoffRejected(pb::HandoffRejected { handoff_id, ..pb::HandoffRejected::default() }))
}

/// It was taken back.
pub(crate) fn withdrawn(number: u128) -> Said {
    let handoff_id = handoff(number).to_string();
    said(Fact::HandoffWithdrawn(pb::HandoffWithdrawn { handoff_id, ..pb::HandoffWithdrawn::default() }))
}

/// Something that no clock cares about.
pub(crate) fn noise() -> Said {
    said(Fact::LeadCaptured(pb::LeadCaptured::default()))
}
