//! The sla service: how long sales may take, by which calendar, and whether it kept to that. It owns contracts,
//! calendars and clocks, hears of tenants and hand-overs from qualification's log only, and tells everybody else by
//! its own.
//!
//! The rules are `handoff-domain`'s, the statements `handoff-store`'s. What is here is the way between them and the
//! wire: `follower` takes in what qualification did, `worker` lets deadlines pass, `service` has a line per RPC,
//! `rpc` a file per RPC, `ledger` the one way to write, `convert` the words.

mod app;
mod convert;
mod follower;
mod holidays;
mod ledger;
mod rpc;
mod service;
mod tally;
mod worker;

use std::convert::Infallible;
use std::sync::Arc;

use clap::Parser;
use handoff_proto::sla::v1::sla_service_server::SlaServiceServer;
use handoff_runtime::client::{self, Caller};
use handoff_runtime::config::{Configuration, DefaultAddresses, ServiceConfig};
use handoff_runtime::consumer::Consumer;
use handoff_runtime::event_log::EventLog;
use handoff_runtime::forget::Forgetter;
use handoff_runtime::server::{Service, serve};
use handoff_runtime::service::{Running, StartError};
use handoff_runtime::shutdown::Shutdown;
use handoff_store::database::Service as Schema;
use tonic::service::Routes;

use crate::app::App;
use crate::follower::Follower;
use crate::service::Sla;
use crate::tally::Tally;
use crate::worker::Worker;

/// Where the service listens unless it is told otherwise.
pub const ADDRESSES: DefaultAddresses = DefaultAddresses { grpc: "127.0.0.1:7432", health: "127.0.0.1:7442" };

/// What the service can be told.
#[derive(Debug, Clone, Parser)]
#[command(name = "handoff-sla", version, about)]
pub struct Config {
    /// What all services can be told.
    #[command(flatten)]
    pub service: ServiceConfig,

    /// Where the qualification service is, whose hand-overs are timed.
    #[arg(long, env = "HANDOFF_QUALIFICATION", value_name = "URL", default_value = "http://127.0.0.1:7431",
        value_parser = client::address, help_heading = "Peer")]
    pub qualification: String,
}

impl Configuration for Config {
    const NAME: &'static str = "sla";
    const ADDRESSES: DefaultAddresses = ADDRESSES;

    fn service(&self) -> &ServiceConfig {
        &self.service
    }
}

/// Starts the service; comes back once it serves. The qualification service may come later, or go and come back.
///
/// # Errors
/// See [`StartError`]. A database that cannot be reached yet is waited for.
pub async fn start(config: Config, shutdown: Shutdown) -> Result<Running, StartError> {
    let (limits, wire) = (config.service.limits.clone(), config.service.wire());
    let opened = config.service.open().await?;
    let peer = opened.credentials.connect_lazy(&config.qualification, &Caller::service("sla"))?;
    let database = opened.database(Schema::Sla, &shutdown).await?;
    let app = App::new(database.clone(), limits.batch());
    let log = EventLog::new(database.clone(), shutdown.clone());
    let routes =
        Routes::new(wire.of(SlaServiceServer::new(Sla::new(app.clone())))).add_service(log.server(wire));
    let mut service = Service::new("sla", routes, &shutdown);
    let forgetter = Forgetter::new(&database, &shutdown);
    let tally = Tally::new(&database, &shutdown);
    let meter = database.meter().clone();
    service.database = Some(database);

    let consumer = Consumer::new(follower::SOURCE, peer, Follower::new(app.clone()));
    let consumer = Arc::new(consumer.measured(&meter, Schema::Sla.schema()));
    let worker = Worker::new(app, consumer.log());
    service.background.spawn("qualification's log", {
        let shutdown = shutdown.clone();
        move || {
            let (consumer, shutdown) = (Arc::clone(&consumer), shutdown.clone());
            async move {
                consumer.run(&shutdown).await;
                Ok::<(), Infallible>(())
            }
        }
    });
    service.background.spawn("request ids", move || forgetter.clone().run());
    service.background.spawn("clock counts", move || tally.clone().run());
    service.background.spawn("deadlines", move || worker.clone().run());
    serve(opened, service, shutdown).await
}
