//! A service whose deciding and reading take as long as a part of the benchmark wants: the smallest ledger there is, an
//! event for each command, in the batch that every service writes by and behind the layers that every service has. It
//! exists here only: no service that is shipped can be slowed down.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::stream::{Pending, pending};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::event::v1::event_log_service_server::{EventLogService, EventLogServiceServer};
use handoff_proto::event::v1::{
    GetLogHeadRequest, GetLogHeadResponse, SubscribeEventsRequest, SubscribeEventsResponse,
};
use handoff_runtime::client::{Caller, Peer, connect};
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::deadline::Deadline;
use handoff_runtime::identity::Identity;
use handoff_runtime::server::{self, Service};
use handoff_runtime::service::Running;
use handoff_runtime::shutdown::Shutdown;
use handoff_runtime::status::from_error;
use handoff_store::batch::{
    Batcher, Context, Decision, Envelope, EventRecord, Ledger, Priority, Reference, Round,
};
use handoff_store::database::{Database, Options, Service as Schema};
use handoff_store::error::StoreError;
use handoff_store::log;
use handoff_store::tx::Tx;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use crate::load::Call;
use crate::threads::Threads;

/// The service, on threads of its own. It runs until it is stopped.
pub(crate) struct Slowed {
    shutdown: Shutdown,
    running: Running,
    _threads: Threads,
}

/// How long things take, of which nobody's processor knows: it is the service that is slow, not the machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Slowness {
    /// Deciding a command.
    pub(crate) command: Duration,
    /// A statement of the database: one to read, and one more of a batch.
    pub(crate) statement: Duration,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A command, durable.
    Write,
    /// A read of one row.
    Read,
}

/// Somebody who calls for a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    kind: Kind,
    client: EventLogServiceClient<Peer>,
}

impl Slowed {
    /// Starts it with the limits of production, so slow; a tenant may make so many calls a second, if that is limited.
    pub(crate) async fn start(
        database_url: &str,
        slowness: Slowness,
        tenant_calls_per_second: Option<NonZeroU32>,
    ) -> anyhow::Result<Self> {
        let (threads, shutdown) = (Threads::start()?, Shutdown::new());
        let (url, requested) = (database_url.to_owned(), shutdown.clone());
        let running = threads.run(async move {
            let database = Database::connect(&url, Schema::Qualification, Options::default()).await?;
            let mut config = ServiceConfig::on_loopback(&url);
            config.limits.tenant_calls_per_second = tenant_calls_per_second;
            let batcher = Batcher::new(database.clone(), Appender { slowness }, config.limits.batch());
            let routes = Routes::new(EventLogServiceServer::new(Rpcs { batcher, slowness }));
            let service = Service { database: Some(database), ..Service::new("slowed", routes, &requested) };
            Ok(server::serve(config.open().await?, service, requested).await?)
        });
        Ok(Self { running: running.await?, shutdown, _threads: threads })
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> String {
        self.running.endpoint()
    }

    pub(crate) async fn stop(self) {
        self.shutdown.request();
        self.running.join().await;
    }
}

impl Client {
    /// A connection of its own, on which somebody calls for this tenant. It belongs to the threads that make it.
    pub(crate) async fn connect(endpoint: &str, tenant: &str, kind: Kind) -> anyhow::Result<Self> {
        let peer = connect(endpoint, &Caller::user(tenant, "bob", Side::Sales)).await?;
        Ok(Self { kind, client: EventLogServiceClient::new(peer) })
    }

    /// A call that has so long.
    pub(crate) async fn call_within(&mut self, time: Duration) -> Result<(), Status> {
        let mut request = Request::new(self.request());
        request.set_timeout(time);
        self.client.get_log_head(request).await.map(drop)
    }

    fn request(&self) -> GetLogHeadRequest {
        let kind = if self.kind == Kind::Write { "write" } else { "read" };
        GetLogHeadRequest { tenant_uid: kind.to_owned() }
    }
}

impl Call for Client {
    async fn make(&mut self) -> anyhow::Result<()> {
        let request = self.request();
        Ok(self.client.get_log_head(request).await.map(drop)?)
    }
}

/// One event for each command.
struct Appender {
    slowness: Slowness,
}

impl Ledger for Appender {
    type Command = ();
    type State = ();
    type Answer = ();

    fn size(&self, (): &()) -> usize {
        256
    }

    fn creates_tenant(&self, (): &()) -> bool {
        true
    }

    /// Takes the time that deciding the batch is to take. Here, because a decision that waited would hold a processor that
    /// others need.
    async fn load(
        &self,
        _: &mut Tx,
        _: TenantId,
        _: DateTime<Utc>,
        commands: &[&()],
        (): &mut (),
    ) -> Result<Round, StoreError> {
        let commands = u32::try_from(commands.len()).unwrap_or(u32::MAX);
        pass(self.slowness.statement + self.slowness.command * commands).await;
        Ok(Round::Closed)
    }

    fn decide(&self, (): &mut (), (): &(), context: &mut Context<'_>) -> Result<Decision<()>, Error> {
        let event = EventRecord {
            event_id: context.ids().next(),
            kind: "UserChanged",
            version: 1,
            occurred_at: context.now,
            payload: vec![0; 64],
            person: vec![],
        };
        Ok(Decision { events: vec![event], answer: () })
    }

    async fn save(&self, _: &mut Tx, _: TenantId, _: DateTime<Utc>, (): &mut ()) -> Result<(), StoreError> {
        Ok(())
    }

    fn reference(&self, (): &()) -> Reference {
        Reference::default()
    }

    async fn recall(&self, _: &mut Tx, _: TenantId, _: &Reference, _: i64) -> Result<Option<()>, StoreError> {
        Ok(Some(()))
    }
}

/// Lets time pass.
#[expect(clippy::disallowed_methods, reason = "slowness is what is measured")]
async fn pass(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

struct Rpcs {
    batcher: Batcher<Appender>,
    slowness: Slowness,
}

#[tonic::async_trait]
impl EventLogService for Rpcs {
    type SubscribeEventsStream = Pending<Result<SubscribeEventsResponse, Status>>;

    async fn subscribe_events(
        &self,
        _: Request<SubscribeEventsRequest>,
    ) -> Result<Response<Self::SubscribeEventsStream>, Status> {
        Ok(Response::new(pending()))
    }

    /// Writes or reads, whichever the request names.
    async fn get_log_head(
        &self,
        request: Request<GetLogHeadRequest>,
    ) -> Result<Response<GetLogHeadResponse>, Status> {
        let tenant = Identity::of(&request)?.tenant()?.id;
        let deadline = Deadline::of(&request).instant();
        if request.get_ref().tenant_uid == "write" {
            let actor = Actor { principal: "users/bob".to_owned(), side: Side::Sales };
            let (request, priority, traceparent) = (None, Priority::Interactive, None);
            let envelope = Envelope { tenant, actor, request, deadline, priority, traceparent };
            self.batcher.submit(envelope, ()).await.map_err(from_error)?;
        } else {
            let database = self.batcher.database();
            let time = self.slowness.statement;
            let read = database.read(tenant, deadline, move |tx| {
                Box::pin(async move {
                    pass(time).await;
                    log::load_head(tx, tenant).await
                })
            });
            read.await.map_err(from_error)?;
        }
        Ok(Response::new(GetLogHeadResponse::default()))
    }
}
