//! The reporting service on a database of its own, between two logs that a test writes. The logs are real: appended by
//! the store's batch, served by the runtime's EventLogService, followed over gRPC.

use std::time::Duration;

use chrono::{DateTime, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::Payload;
use handoff_proto::reporting::v1 as pb;
use handoff_proto::reporting::v1::reporting_service_client::ReportingServiceClient;
use handoff_reporting::Config;
use handoff_runtime::client::{self, Caller, Peer};
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::event_log::EventLog;
use handoff_runtime::limits;
use handoff_runtime::server::{self, Service};
use handoff_runtime::service::Running;
use handoff_runtime::shutdown::Shutdown;
use handoff_store::batch::{
    Batcher, Context, Decision, Envelope, EventRecord, Ledger, Limits, Priority, Reference, Round,
};
use handoff_store::database::{Database, Options, Service as Schema};
use handoff_store::error::StoreError;
use handoff_store::scratch::ScratchDatabase;
use handoff_store::tx::Tx;
use prost::Message;
use tonic::Status;
use tonic::service::Routes;

use crate::story::{Told, at, tenant};

pub(crate) const TENANT: &str = "acme";
const PATIENCE: Duration = Duration::from_secs(60);

/// A ledger that appends what it is told, as one batch and so with one time of recording.
struct Teller;

impl Ledger for Teller {
    type Command = Vec<Told>;
    type State = ();
    type Answer = i64;

    fn size(&self, told: &Vec<Told>) -> usize {
        told.len()
    }

    fn creates_tenant(&self, _: &Vec<Told>) -> bool {
        true
    }

    async fn load(
        &self,
        _: &mut Tx,
        _: TenantId,
        _: DateTime<Utc>,
        _: &[&Vec<Told>],
        _: &mut (),
    ) -> Result<Round, StoreError> {
        Ok(Round::Closed)
    }

    fn decide(
        &self,
        _: &mut (),
        told: &Vec<Told>,
        context: &mut Context<'_>,
    ) -> Result<Decision<i64>, Error> {
        let last = context.position - 1 + i64::try_from(told.len()).unwrap();
        let record = |told: &Told| EventRecord {
            event_id: context.ids().next(),
            kind: "Told",
            version: 1,
            occurred_at: told.at,
            payload: Payload { fact: Some(told.fact.clone()), source: None }.encode_to_vec(),
            person: vec![],
        };
        Ok(Decision { events: told.iter().map(record).collect(), answer: last })
    }

    async fn save(&self, _: &mut Tx, _: TenantId, _: DateTime<Utc>, _: &mut ()) -> Result<(), StoreError> {
        Ok(())
    }

    fn reference(&self, _: &i64) -> Reference {
        Reference::default()
    }

    async fn recall(
        &self,
        _: &mut Tx,
        _: TenantId,
        _: &Reference,
        _: i64,
    ) -> Result<Option<i64>, StoreError> {
        Ok(None)
    }
}

/// A log that a test writes.
struct Log {
    batcher: Batcher<Teller>,
    running: Running,
}

impl Log {
    async fn serve(scratch: &ScratchDatabase, schema: Schema, shutdown: &Shutdown) -> Self {
        let database = Database::connect(&scratch.url(), schema, Options::default()).await.unwrap();
        let config = ServiceConfig::on_loopback(scratch.url());
        let log = EventLog::new(database.clone(), shutdown.clone());
        let routes = Routes::new(log.server(config.wire()));
        let service = Service { database: Some(database.clone()), ..Service::new("log", routes, shutdown) };
        let running = server::serve(config.open().await.unwrap(), service, shutdown.clone()).await.unwrap();
        Self { batcher: Batcher::new(database, Teller, Limits::default()), running }
    }

    async fn tell(&self, tenant: TenantId, told: Vec<Told>) -> i64 {
        let envelope = Envelope {
            tenant,
            actor: Actor { principal: "services/test".to_owned(), side: Side::System },
            request: None,
            deadline: None,
            priority: Priority::Interactive,
            traceparent: None,
        };
        self.batcher.submit(envelope, told).await.unwrap()
    }
}

pub(crate) struct World {
    // Dropped last of what uses it: fields are dropped in their order.
    reporting: Option<(Running, Shutdown)>,
    qualification: Log,
    sla: Log,
    shutdown: Shutdown,
    scratch: ScratchDatabase,
    heads: [i64; 2],
}

impl World {
    /// Two logs and nobody who reads them.
    pub(crate) async fn unread() -> Self {
        let (scratch, shutdown) = (ScratchDatabase::new().await.unwrap(), Shutdown::new());
        let qualification = Log::serve(&scratch, Schema::Qualification, &shutdown).await;
        let sla = Log::serve(&scratch, Schema::Sla, &shutdown).await;
        Self { reporting: None, qualification, sla, shutdown, scratch, heads: [0, 0] }
    }

    /// A tenant in UTC, and the service reading its logs.
    pub(crate) async fn start() -> Self {
        let mut world = Self::unread().await;
        world.tell([tenant(TENANT, "UTC", at("2025-01-01"))]).await;
        world.start_reporting().await;
        world
    }

    pub(crate) async fn start_reporting(&mut self) {
        let shutdown = Shutdown::new();
        let config = Config {
            service: ServiceConfig::on_loopback(self.scratch.url()),
            qualification: self.qualification.running.endpoint(),
            sla: self.sla.running.endpoint(),
        };
        let running = handoff_reporting::start(config, shutdown.clone()).await.unwrap();
        self.reporting = Some((running, shutdown));
    }

    pub(crate) async fn stop_reporting(&mut self) {
        let (running, shutdown) = self.reporting.take().unwrap();
        shutdown.request();
        running.join().await;
    }

    pub(crate) fn tenant(&self) -> TenantId {
        TenantId::from_slug(TENANT)
    }

    /// Appends to qualification's log: everything is recorded at one time.
    pub(crate) async fn tell(&mut self, told: impl IntoIterator<Item = Told>) {
        self.heads[0] = self.qualification.tell(self.tenant(), told.into_iter().collect()).await;
    }

    /// Appends to sla's log.
    pub(crate) async fn tell_sla(&mut self, told: impl IntoIterator<Item = Told>) {
        self.heads[1] = self.sla.tell(self.tenant(), told.into_iter().collect()).await;
    }

    pub(crate) async fn client(&self) -> ReportingServiceClient<Peer> {
        self.client_of(TENANT).await
    }

    pub(crate) async fn client_of(&self, tenant: &str) -> ReportingServiceClient<Peer> {
        let endpoint = self.reporting.as_ref().unwrap().0.endpoint();
        let peer = client::connect(&endpoint, &Caller::user(tenant, "ada", Side::Sales)).await.unwrap();
        ReportingServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES)
    }

    /// Asks until the answer says that everything told has been seen.
    pub(crate) async fn catch_up(&self) {
        let mut client = self.client().await;
        let until = async {
            loop {
                // A range without facts, so that asking costs next to nothing.
                let request = pb::GetMqlReportRequest { query: Some(months("2000-01-01", "2000-02-01")) };
                let seen = client.get_mql_report(request).await;
                if seen.is_ok_and(|answer| positions(answer.get_ref().basis.as_ref()) == self.heads) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, until).await.expect("the logs are read to their heads");
    }

    /// Waits until reports of now come from rollups: where sla's facts were heard before the tenant, they are built first.
    pub(crate) async fn served_from_rollups(&self) {
        let mut client = self.client().await;
        let until = async {
            loop {
                let request = pb::GetMqlReportRequest { query: Some(months("2000-01-01", "2000-02-01")) };
                let answer = client.get_mql_report(request).await.unwrap().into_inner();
                if answer.basis.is_some_and(|basis| basis.source() == pb::Source::Rollup) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, until).await.expect("the rollups are built");
    }

    /// The MQL report, once everything told has been seen.
    pub(crate) async fn mql(&self, query: pb::ReportQuery) -> pb::GetMqlReportResponse {
        self.catch_up().await;
        self.try_mql(query).await.unwrap()
    }

    pub(crate) async fn try_mql(&self, query: pb::ReportQuery) -> Result<pb::GetMqlReportResponse, Status> {
        let request = pb::GetMqlReportRequest { query: Some(query) };
        Ok(self.client().await.get_mql_report(request).await?.into_inner())
    }

    /// The SQL report, once everything told has been seen.
    pub(crate) async fn sql(&self, query: pb::ReportQuery) -> pb::GetSqlReportResponse {
        self.catch_up().await;
        self.try_sql(query).await.unwrap()
    }

    pub(crate) async fn try_sql(&self, query: pb::ReportQuery) -> Result<pb::GetSqlReportResponse, Status> {
        let request = pb::GetSqlReportRequest { query: Some(query) };
        Ok(self.client().await.get_sql_report(request).await?.into_inner())
    }

    /// The velocity report, once everything told has been seen.
    pub(crate) async fn velocity(
        &self,
        request: pb::GetVelocityReportRequest,
    ) -> pb::GetVelocityReportResponse {
        self.catch_up().await;
        self.try_velocity(request).await.unwrap()
    }

    pub(crate) async fn try_velocity(
        &self,
        request: pb::GetVelocityReportRequest,
    ) -> Result<pb::GetVelocityReportResponse, Status> {
        Ok(self.client().await.get_velocity_report(request).await?.into_inner())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.request();
        if let Some((_, shutdown)) = &self.reporting {
            shutdown.request();
        }
    }
}

/// The positions of qualification's log and of sla's that an answer says it has seen.
pub(crate) fn positions(basis: Option<&pb::ReportBasis>) -> [i64; 2] {
    let position = |log: &str| {
        let mut positions = basis.unwrap().positions.iter();
        positions.find(|position| position.log == log).unwrap().position
    };
    [position("qualification"), position("sla")]
}

/// A query by months of UTC.
pub(crate) fn months(start: &str, end: &str) -> pb::ReportQuery {
    let (start_date, end_date) = (start.to_owned(), end.to_owned());
    pb::ReportQuery { start_date, end_date, ..pb::ReportQuery::default() }
}

/// A ratio as `2/5`.
pub(crate) fn parts(ratio: Option<&handoff_proto::common::v1::Ratio>) -> (i64, i64) {
    let ratio = ratio.unwrap();
    (ratio.numerator, ratio.denominator)
}
