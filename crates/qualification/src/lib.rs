//! The qualification service: leads in, hand-overs, and what sales makes of them. It owns tenants, teams, users, leads,
//! handoffs and opportunities, and tells everybody else by its log only.
//!
//! The rules are `handoff-domain`'s, the statements `handoff-store`'s. What is here is the way between them and the
//! wire: `service` and those that end in `_service` have a line per RPC, `rpc` a file per RPC, `ledger` the one way to write,
//! `convert` the words, `feed` streams, `follower` takes in sla's calendars, `worker` has leads judged and handoffs routed whose
//! time has come, and `reevaluation` looks at all of them when what they are judged by takes effect.

mod app;
mod catalogue_service;
mod convert;
mod decision_service;
mod feed;
mod follower;
mod ledger;
mod people;
mod reevaluation;
mod reevaluation_service;
mod routing_service;
mod rpc;
mod score_service;
mod service;
mod stage_service;
mod version_service;
mod worker;

use clap::Parser;
use handoff_proto::qualification::v1::catalogue_service_server::CatalogueServiceServer;
use handoff_proto::qualification::v1::decision_service_server::DecisionServiceServer;
use handoff_proto::qualification::v1::qualification_service_server::QualificationServiceServer;
use handoff_proto::qualification::v1::reevaluation_service_server::ReevaluationServiceServer;
use handoff_proto::qualification::v1::routing_service_server::RoutingServiceServer;
use handoff_proto::qualification::v1::score_service_server::ScoreServiceServer;
use handoff_proto::qualification::v1::stage_service_server::StageServiceServer;
use handoff_proto::qualification::v1::version_service_server::VersionServiceServer;
use handoff_runtime::client::{self, Caller};
use handoff_runtime::config::{Configuration, DefaultAddresses, ServiceConfig};
use handoff_runtime::consumer::Consumer;
use handoff_runtime::event_log::EventLog;
use handoff_runtime::forget::Forgetter;
use handoff_runtime::server::{Service, serve};
use handoff_runtime::service::{Running, StartError};
use handoff_runtime::shutdown::Shutdown;
use handoff_store::batch::Limits;
use handoff_store::database::Service as Schema;
use tokio::sync::watch;
use tonic::service::Routes;

use crate::app::App;
use crate::catalogue_service::Vocabulary;
use crate::decision_service::Decisions;
use crate::follower::Follower;
use crate::reevaluation::Reevaluator;
use crate::reevaluation_service::Reevaluations;
use crate::routing_service::Routing;
use crate::score_service::Scores;
use crate::service::Qualification;
use crate::stage_service::Stages;
use crate::version_service::Versions;
use crate::worker::Worker;

/// Where the service listens unless it is told otherwise.
pub const ADDRESSES: DefaultAddresses = DefaultAddresses { grpc: "127.0.0.1:7431", health: "127.0.0.1:7441" };

/// What the service can be told.
#[derive(Debug, Clone, Parser)]
#[command(name = "handoff-qualification", version, about)]
pub struct Config {
    /// What all services can be told.
    #[command(flatten)]
    pub service: ServiceConfig,

    /// Where the sla service is, by whose calendars users and teams work.
    #[arg(long, env = "HANDOFF_SLA", value_name = "URL", default_value = "http://127.0.0.1:7432",
        value_parser = client::address, help_heading = "Peer")]
    pub sla: String,
}

impl Configuration for Config {
    const NAME: &'static str = "qualification";
    const ADDRESSES: DefaultAddresses = ADDRESSES;

    fn service(&self) -> &ServiceConfig {
        &self.service
    }
}

/// Starts the service; comes back once it serves. The sla service may come later, or go and come back.
///
/// # Errors
/// See [`StartError`]. A database that cannot be reached yet is waited for.
pub async fn start(config: Config, shutdown: Shutdown) -> Result<Running, StartError> {
    let batch = config.service.limits.batch();
    start_limited(config, batch, shutdown).await
}

/// The same in one process with the sla service, which listens only after this one does: where, comes by `sla`.
///
/// # Errors
/// As [`start`].
pub async fn start_beside(
    service: ServiceConfig,
    sla: watch::Receiver<Option<String>>,
    shutdown: Shutdown,
) -> Result<Running, StartError> {
    let batch = service.limits.batch();
    start_all(service, sla, batch, shutdown).await
}

/// Starts the service with other limits of its batches: to measure what a batch is worth.
///
/// # Errors
/// As [`start`].
pub async fn start_limited(config: Config, batch: Limits, shutdown: Shutdown) -> Result<Running, StartError> {
    let (_, sla) = watch::channel(Some(config.sla));
    start_all(config.service, sla, batch, shutdown).await
}

async fn start_all(
    config: ServiceConfig,
    sla: watch::Receiver<Option<String>>,
    batch: Limits,
    shutdown: Shutdown,
) -> Result<Running, StartError> {
    let wire = config.wire();
    let opened = config.open().await?;
    let credentials = opened.credentials.clone();
    let peer_at = move |address: &str| credentials.connect_lazy(address, &Caller::service("qualification"));
    // What is wrong with an address that is known is told before anything is served.
    sla.borrow().as_deref().map(&peer_at).transpose()?;
    let database = opened.database(Schema::Qualification, &shutdown).await?;
    let app = App::new(database.clone(), batch, shutdown.clone());
    let log = EventLog::new(database.clone(), shutdown.clone());
    let routes = Routes::new(wire.of(QualificationServiceServer::new(Qualification::new(app.clone()))))
        .add_service(wire.of(VersionServiceServer::new(Versions::new(app.clone()))))
        .add_service(wire.of(RoutingServiceServer::new(Routing::new(app.clone()))))
        .add_service(wire.of(ScoreServiceServer::new(Scores::new(app.clone()))))
        .add_service(wire.of(StageServiceServer::new(Stages::new(app.clone()))))
        .add_service(wire.of(ReevaluationServiceServer::new(Reevaluations::new(app.clone()))))
        .add_service(wire.of(CatalogueServiceServer::new(Vocabulary::new(app.clone()))))
        .add_service(wire.of(DecisionServiceServer::new(Decisions::new(app.clone()))))
        .add_service(log.server(wire));
    let mut service = Service::new("qualification", routes, &shutdown);
    let (worker, reevaluator) = (Worker::new(app.clone()), Reevaluator::new(app.clone()));
    let meter = database.meter().clone();
    let forgetter = Forgetter::new(&database, &shutdown);
    service.database = Some(database);
    service.background.spawn("sla's log", {
        let shutdown = shutdown.clone();
        move || {
            let (app, meter, peer_at) = (app.clone(), meter.clone(), peer_at.clone());
            let (mut sla, shutdown) = (sla.clone(), shutdown.clone());
            async move {
                // Whoever would have told where it is has given up: there is none to follow.
                let Ok(address) =
                    sla.wait_for(Option::is_some).await.map(|at| at.clone().unwrap_or_default())
                else {
                    return Ok(());
                };
                let consumer = Consumer::new(follower::SOURCE, peer_at(&address)?, Follower::new(app));
                consumer.measured(&meter, Schema::Qualification.schema()).run(&shutdown).await;
                Ok::<(), StartError>(())
            }
        }
    });
    service.background.spawn("judgements", move || worker.clone().run());
    service.background.spawn("re-evaluations", move || reevaluator.clone().run());
    service.background.spawn("request ids", move || forgetter.clone().run());
    serve(opened, service, shutdown).await
}
