//! The qualification service: leads in, hand-overs, and what sales makes of them. It owns tenants, teams, users, leads,
//! handoffs and opportunities, and tells everybody else by its log only.
//!
//! The rules are `handoff-domain`'s, the statements `handoff-store`'s. What is here is the way between them and the
//! wire: `service` and those that end in `_service` have a line per RPC, `rpc` a file per RPC, `ledger` the one way to write,
//! `convert` the words, `watch` streams, `worker` has leads judged whose time has come, and `reevaluation` looks at all of them
//! when what they are judged by takes effect.

mod app;
mod catalogue_service;
mod convert;
mod decision_service;
mod ledger;
mod people;
mod reevaluation;
mod reevaluation_service;
mod rpc;
mod score_service;
mod service;
mod stage_service;
mod version_service;
mod watch;
mod worker;

use clap::Parser;
use handoff_proto::qualification::v1::catalogue_service_server::CatalogueServiceServer;
use handoff_proto::qualification::v1::decision_service_server::DecisionServiceServer;
use handoff_proto::qualification::v1::qualification_service_server::QualificationServiceServer;
use handoff_proto::qualification::v1::reevaluation_service_server::ReevaluationServiceServer;
use handoff_proto::qualification::v1::score_service_server::ScoreServiceServer;
use handoff_proto::qualification::v1::stage_service_server::StageServiceServer;
use handoff_proto::qualification::v1::version_service_server::VersionServiceServer;
use handoff_runtime::config::{Configuration, DefaultAddresses, ServiceConfig};
use handoff_runtime::event_log::EventLog;
use handoff_runtime::forget::Forgetter;
use handoff_runtime::server::{Service, serve};
use handoff_runtime::service::{Running, StartError};
use handoff_runtime::shutdown::Shutdown;
use handoff_store::batch::Limits;
use handoff_store::database::Service as Schema;
use tonic::service::Routes;

use crate::app::App;
use crate::catalogue_service::Vocabulary;
use crate::decision_service::Decisions;
use crate::reevaluation::Reevaluator;
use crate::reevaluation_service::Reevaluations;
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
}

impl Configuration for Config {
    const NAME: &'static str = "qualification";
    const ADDRESSES: DefaultAddresses = ADDRESSES;

    fn service(&self) -> &ServiceConfig {
        &self.service
    }
}

/// Starts the service; comes back once it serves.
///
/// # Errors
/// See [`StartError`]. A database that cannot be reached yet is waited for.
pub async fn start(config: Config, shutdown: Shutdown) -> Result<Running, StartError> {
    let batch = config.service.limits.batch();
    start_limited(config, batch, shutdown).await
}

/// Starts the service with other limits of its batches: to measure what a batch is worth.
///
/// # Errors
/// As [`start`].
pub async fn start_limited(config: Config, batch: Limits, shutdown: Shutdown) -> Result<Running, StartError> {
    let wire = config.service.wire();
    let opened = config.service.open().await?;
    let database = opened.database(Schema::Qualification, &shutdown).await?;
    let app = App::new(database.clone(), batch, shutdown.clone());
    let log = EventLog::new(database.clone(), shutdown.clone());
    let routes = Routes::new(wire.of(QualificationServiceServer::new(Qualification::new(app.clone()))))
        .add_service(wire.of(VersionServiceServer::new(Versions::new(app.clone()))))
        .add_service(wire.of(ScoreServiceServer::new(Scores::new(app.clone()))))
        .add_service(wire.of(StageServiceServer::new(Stages::new(app.clone()))))
        .add_service(wire.of(ReevaluationServiceServer::new(Reevaluations::new(app.clone()))))
        .add_service(wire.of(CatalogueServiceServer::new(Vocabulary::new(app.clone()))))
        .add_service(wire.of(DecisionServiceServer::new(Decisions::new(app.clone()))))
        .add_service(log.server(wire));
    let mut service = Service::new("qualification", routes, &shutdown);
    let (worker, reevaluator) = (Worker::new(app.clone()), Reevaluator::new(app));
    let forgetter = Forgetter::new(&database, &shutdown);
    service.database = Some(database);
    service.background.spawn("judgements", move || worker.clone().run());
    service.background.spawn("re-evaluations", move || reevaluator.clone().run());
    service.background.spawn("request ids", move || forgetter.clone().run());
    serve(opened, service, shutdown).await
}
