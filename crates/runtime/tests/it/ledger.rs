//! A scratch database with logs in it: the smallest ledger that appends events.

use chrono::{DateTime, Utc};
use handoff_domain::actor::{Actor, Side};
use handoff_domain::error::Error;
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{Payload, UserChanged};
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::event_log::EventLog;
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
use tonic::service::Routes;

/// Appends this many events, each with a payload of about so many bytes.
#[derive(Clone, Copy)]
pub(crate) struct Append {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
}

pub(crate) struct Appender;

impl Ledger for Appender {
    type Command = Append;
    type State = ();
    type Answer = ();

    fn size(&self, command: &Append) -> usize {
        command.events * command.bytes
    }

    fn creates_tenant(&self, _: &Append) -> bool {
        true
    }

    async fn load(
        &self,
        _: &mut Tx,
        _: TenantId,
        _: DateTime<Utc>,
        _: &[&Append],
        _: &mut (),
    ) -> Result<Round, StoreError> {
        Ok(Round::Closed)
    }

    fn decide(&self, _: &mut (), command: &Append, context: &mut Context<'_>) -> Result<Decision<()>, Error> {
        let user = format!("users/{}", "a".repeat(command.bytes));
        let fact = Fact::UserChanged(UserChanged { user, ..UserChanged::default() });
        let payload = Payload { fact: Some(fact), ..Payload::default() }.encode_to_vec();
        let events = (0..command.events)
            .map(|_| EventRecord {
                event_id: context.ids().next(),
                kind: "UserChanged",
                version: 1,
                occurred_at: context.now,
                payload: payload.clone(),
                person: vec![],
            })
            .collect();
        Ok(Decision { events, answer: () })
    }

    async fn save(&self, _: &mut Tx, _: TenantId, _: DateTime<Utc>, _: &mut ()) -> Result<(), StoreError> {
        Ok(())
    }

    fn reference(&self, (): &()) -> Reference {
        Reference::default()
    }

    async fn recall(&self, _: &mut Tx, _: TenantId, _: &Reference, _: i64) -> Result<Option<()>, StoreError> {
        Ok(Some(()))
    }
}

/// A log that can be written, and served as often as a test wants.
pub(crate) struct Logs {
    scratch: ScratchDatabase,
    batcher: Batcher<Appender>,
}

impl Logs {
    pub(crate) async fn new() -> Self {
        let scratch = ScratchDatabase::new().await.unwrap();
        let database = connect(&scratch).await;
        Self { scratch, batcher: Batcher::new(database, Appender, Limits::default()) }
    }

    pub(crate) async fn append(&self, tenant: &str, command: Append) {
        self.append_in(tenant, command, None).await;
    }

    /// Appends within a trace.
    pub(crate) async fn append_in(&self, tenant: &str, command: Append, traceparent: Option<&str>) {
        let envelope = Envelope {
            tenant: TenantId::from_slug(tenant),
            actor: Actor { principal: "users/ada".into(), side: Side::Marketing },
            request: None,
            deadline: None,
            priority: Priority::Interactive,
            traceparent: traceparent.map(str::to_owned),
        };
        self.batcher.submit(envelope, command).await.unwrap();
    }

    /// Serves the log as another process would, which shares nothing with the writer but the database.
    pub(crate) async fn serve(&self, listen: &str) -> Served {
        self.serve_from(connect(&self.scratch).await, listen).await
    }

    /// Serves the log from the process that writes it.
    pub(crate) async fn serve_beside_the_writer(&self) -> Served {
        self.serve_from(self.batcher.database().clone(), "127.0.0.1:0").await
    }

    async fn serve_from(&self, database: Database, listen: &str) -> Served {
        let shutdown = Shutdown::new();
        let mut config = ServiceConfig::on_loopback(self.scratch.url());
        config.server.listen = listen.parse().unwrap();
        let routes = Routes::new(EventLog::new(database.clone(), shutdown.clone()).server(config.wire()));
        let service = Service { database: Some(database), ..Service::new("log", routes, &shutdown) };
        let running = server::serve(config.open().await.unwrap(), service, shutdown.clone()).await.unwrap();
        Served { shutdown, running }
    }
}

async fn connect(scratch: &ScratchDatabase) -> Database {
    Database::connect(&scratch.url(), Schema::Qualification, Options::default()).await.unwrap()
}

pub(crate) struct Served {
    pub(crate) shutdown: Shutdown,
    pub(crate) running: Running,
}

impl Served {
    pub(crate) async fn stop(self) {
        self.shutdown.request();
        self.running.join().await;
    }
}
