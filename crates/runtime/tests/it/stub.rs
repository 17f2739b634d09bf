//! A service whose every answer a test decides: an event log without a log. What it does is told by the tenant that a
//! call names, and by a script for subscriptions.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use handoff_domain::actor::Side;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::event::v1::event_log_service_server::{EventLogService, EventLogServiceServer};
use handoff_proto::event::v1::{
    Cursor, GetLogHeadRequest, GetLogHeadResponse, SubscribeEventsRequest, SubscribeEventsResponse,
};
use handoff_runtime::client::{self, Caller, Peer};
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::identity::Identity;
use handoff_runtime::server::{self, Service};
use handoff_runtime::service::Running;
use handoff_runtime::shutdown::Shutdown;
use tokio::sync::Semaphore;
use tokio_stream::{Stream, StreamExt};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

pub(crate) type Client = EventLogServiceClient<Peer>;

/// The database of a service that has none.
pub(crate) const NOWHERE: &str = "postgres://nowhere/none";

/// What a subscription gets before it is left waiting.
pub(crate) type Script = Vec<SubscribeEventsResponse>;

#[derive(Clone)]
pub(crate) struct Stub {
    /// Gets a permit for every call of `wait` that has come in.
    pub(crate) entered: Arc<Semaphore>,
    /// Lets as many calls of `wait` through as it has permits.
    pub(crate) gate: Arc<Semaphore>,
    /// What the next subscriptions get, each its own; then they end.
    pub(crate) scripts: Arc<Mutex<VecDeque<Script>>>,
    /// What the next calls for a head are answered, before anything else.
    pub(crate) refusals: Arc<Mutex<VecDeque<Status>>>,
    /// The cursors that subscriptions came with.
    pub(crate) cursors: Arc<Mutex<Vec<Vec<Cursor>>>>,
}

#[tonic::async_trait]
impl EventLogService for Stub {
    type SubscribeEventsStream = Pin<Box<dyn Stream<Item = Result<SubscribeEventsResponse, Status>> + Send>>;

    async fn subscribe_events(
        &self,
        request: Request<SubscribeEventsRequest>,
    ) -> Result<Response<Self::SubscribeEventsStream>, Status> {
        let cursors = request.into_inner().cursors;
        if let Some(panics) = cursors.iter().find(|cursor| cursor.tenant_uid.starts_with("panic")) {
            let words = panics.tenant_uid.clone();
            let panics = tokio_stream::once(()).map(move |()| panic!("a defect in a stream: {words}"));
            return Ok(Response::new(Box::pin(panics)));
        }
        self.cursors.lock().unwrap().push(cursors);
        let script = self.scripts.lock().unwrap().pop_front();
        let script = tokio_stream::iter(script.unwrap_or_default().into_iter().map(Ok));
        Ok(Response::new(Box::pin(script.chain(tokio_stream::pending()))))
    }

    async fn get_log_head(
        &self,
        request: Request<GetLogHeadRequest>,
    ) -> Result<Response<GetLogHeadResponse>, Status> {
        let identity = Identity::of(&request)?;
        if let Some(refusal) = self.refusals.lock().unwrap().pop_front() {
            return Err(refusal);
        }
        match request.get_ref().tenant_uid.as_str() {
            // Quotes what was sent, as a defect would.
            words if words.starts_with("panic") => panic!("a defect in a call: {words}"),
            "never" => std::future::pending::<()>().await,
            "wait" => {
                self.entered.add_permits(1);
                self.gate.acquire().await.unwrap().forget();
            }
            "who" => return Err(Status::unknown(format!("{:?}", identity.actor))),
            _ => {}
        }
        Ok(Response::new(GetLogHeadResponse { position: 7, record_time: None }))
    }
}

/// A stub that serves.
pub(crate) struct World {
    pub(crate) stub: Stub,
    pub(crate) shutdown: Shutdown,
    pub(crate) running: Running,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(ServiceConfig::on_loopback(NOWHERE)).await
    }

    pub(crate) async fn with(config: ServiceConfig) -> Self {
        let stub = Stub {
            entered: Arc::new(Semaphore::new(0)),
            gate: Arc::new(Semaphore::new(0)),
            scripts: Arc::default(),
            refusals: Arc::default(),
            cursors: Arc::default(),
        };
        let shutdown = Shutdown::new();
        let routes = Routes::new(config.wire().of(EventLogServiceServer::new(stub.clone())));
        let service = Service::new("stub", routes, &shutdown);
        let running = server::serve(config.open().await.unwrap(), service, shutdown.clone()).await.unwrap();
        Self { stub, shutdown, running }
    }

    pub(crate) async fn peer(&self) -> Peer {
        client::connect(&self.running.endpoint(), &Caller::user("acme", "ada", Side::Sales)).await.unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        Client::new(self.peer().await)
    }

    /// Waits until a call of `wait` has reached its handler.
    pub(crate) async fn entered(&self) {
        self.stub.entered.acquire().await.unwrap().forget();
    }
}

pub(crate) async fn head(client: &mut Client, tenant: &str) -> Result<i64, Status> {
    let request = GetLogHeadRequest { tenant_uid: tenant.to_owned() };
    client.get_log_head(request).await.map(|answer| answer.into_inner().position)
}

pub(crate) fn subscription(tenant: &str) -> SubscribeEventsRequest {
    SubscribeEventsRequest { cursors: vec![Cursor { tenant_uid: tenant.to_owned(), position: 0 }] }
}
