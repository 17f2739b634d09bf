//! A world with a feed and services on a database of its own, and what the tests ask of it. Tests wait for events in
//! sla's log and for nothing else; what does not come within a time limit fails.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use handoff_domain::actor::Side;
use handoff_domain::id::TenantId;
use handoff_domain::target::Target;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{Cursor, Event, SubscribeEventsRequest, SubscribeEventsResponse};
use handoff_proto::sla::v1 as pb;
use handoff_proto::sla::v1::sla_service_client::SlaServiceClient;
use handoff_runtime::client::{Caller, Peer, connect_lazy};
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::service::Running;
use handoff_runtime::shutdown::Shutdown;
use handoff_runtime::{convert, limits};
use handoff_sla::{Config, start};
use handoff_store::scratch::ScratchDatabase;
use tonic::Streaming;

use crate::feed::{Feed, founded};

/// How long a test waits for what must come.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) type Client = SlaServiceClient<Peer>;

/// A database, a qualification that does as it is told, and the tenant `acme`.
pub(crate) struct World {
    pub(crate) feed: Feed,
    // Dropped last: services still work on it while they drain.
    database: ScratchDatabase,
}

impl World {
    /// With the tenant `acme`, whose starter contract has this target.
    pub(crate) async fn new(target: &str) -> Self {
        let database = ScratchDatabase::new().await.unwrap();
        let feed = Feed::start(&database.url()).await;
        let target: Target = target.parse().unwrap();
        feed.say("acme", founded(target)).await;
        Self { feed, database }
    }

    /// Another replica of the service.
    pub(crate) async fn start(&self) -> Sla {
        let shutdown = Shutdown::new();
        let config = Config {
            service: ServiceConfig::on_loopback(self.database.url()),
            qualification: self.feed.endpoint.clone(),
        };
        let running = start(config, shutdown.clone()).await.unwrap();
        Sla { endpoint: running.endpoint(), shutdown, running }
    }

    /// A replica that has heard of the tenant.
    pub(crate) async fn ready(&self) -> (Sla, Tail) {
        let sla = self.start().await;
        let mut tail = sla.tail("acme").await;
        tail.until(|seen| kinds(seen).contains(&"ContractEffective")).await;
        (sla, tail)
    }
}

/// A running service.
pub(crate) struct Sla {
    endpoint: String,
    shutdown: Shutdown,
    running: Running,
}

impl Sla {
    /// As a person of `acme`'s sales.
    pub(crate) fn client(&self) -> Client {
        self.client_of("acme")
    }

    /// As a person of a tenant's sales.
    pub(crate) fn client_of(&self, tenant: &str) -> Client {
        let caller = Caller::user(tenant, "sara", Side::Sales);
        SlaServiceClient::new(connect_lazy(&self.endpoint, &caller).unwrap())
    }

    /// The log of a tenant from its beginning.
    pub(crate) async fn tail(&self, tenant: &str) -> Tail {
        let peer = connect_lazy(&self.endpoint, &Caller::service("tests")).unwrap();
        let mut client = EventLogServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES);
        let tenant_uid = TenantId::from_slug(tenant).to_string();
        let request =
            SubscribeEventsRequest { cursors: vec![Cursor { tenant_uid: tenant_uid.clone(), position: 0 }] };
        let stream = client.subscribe_events(request).await.unwrap().into_inner();
        Tail { tenant_uid, stream, seen: Vec::new() }
    }

    /// Drains it and waits for its end.
    pub(crate) async fn stop(self) {
        self.shutdown.request();
        within(self.running.join()).await;
    }
}

/// What a tenant's log said so far.
pub(crate) struct Tail {
    tenant_uid: String,
    stream: Streaming<SubscribeEventsResponse>,
    seen: Vec<Event>,
}

impl Tail {
    /// Reads on until `enough` of what was seen; gives everything since the beginning.
    pub(crate) async fn until(&mut self, enough: impl Fn(&[Event]) -> bool) -> &[Event] {
        while !enough(&self.seen) {
            let message = tokio::time::timeout(LIMIT, self.stream.message()).await;
            let message = message.unwrap_or_else(|_| panic!("it never came: {:#?}", kinds(&self.seen)));
            let message = message.unwrap().expect("the stream goes on");
            if message.tenant_uid == self.tenant_uid {
                self.seen.extend(message.events);
            }
        }
        &self.seen
    }

    /// Reads on until so many events of a kind were seen; gives the last of them.
    pub(crate) async fn nth(&mut self, kind: &str, count: usize) -> Event {
        let of_kind = |event: &&Event| event.r#type == kind;
        let seen = self.until(|seen| seen.iter().filter(of_kind).count() >= count).await;
        seen.iter().filter(of_kind).nth(count - 1).unwrap().clone()
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> &[Event] {
        &self.seen
    }
}

/// The names of events.
pub(crate) fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.r#type.as_str()).collect()
}

/// When it happened in the world.
pub(crate) fn occurred_at(event: &Event) -> DateTime<Utc> {
    instant(event.occur_time)
}

/// What it says.
pub(crate) fn fact(event: &Event) -> &Fact {
    event.payload.as_ref().unwrap().fact.as_ref().unwrap()
}

/// An instant that must be there.
pub(crate) fn instant(time: Option<prost_types::Timestamp>) -> DateTime<Utc> {
    convert::from_timestamp(&time.expect("a time")).expect("an instant")
}

/// All clocks of `acme`, by deadline, latest first.
pub(crate) async fn clocks(client: &mut Client) -> Vec<pb::Clock> {
    client.list_clocks(pb::ListClocksRequest::default()).await.unwrap().into_inner().clocks
}

/// Waits for what must come within the limit.
pub(crate) async fn within<T: Debug>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("it comes in time")
}

/// A new request id.
pub(crate) fn request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    uuid::Uuid::from_u128(0x7 << 76 | u128::from(NEXT.fetch_add(1, Ordering::Relaxed))).to_string()
}

pub(crate) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}
