//! The reporting service: how well both sides keep their word. It gathers facts from the logs of qualification and sla
//! and answers from nothing else; it writes no event and changes no state of theirs.
//!
//! What a fact is and what a figure means is `handoff-domain`'s (`metric`), the statements are `handoff-store`'s. What is
//! here: `follower` hears the logs, `project` folds events into `facts`, `ledger` makes that durable with what it
//! adds to the rollups (`rollup`), which `builder` builds where there are none; `service` has a line per RPC, `rpc` a file per RPC, `query` reads what every report takes, `report` loads and cuts what they share,
//! `convert` the words.

mod app;
mod builder;
mod convert;
mod facts;
mod follower;
mod ledger;
mod project;
mod query;
mod report;
mod rollup;
mod rpc;
mod service;

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use clap::Parser;
use handoff_domain::id::TenantId;
use handoff_proto::reporting::v1::reporting_service_server::ReportingServiceServer;
use handoff_runtime::background::Background;
use handoff_runtime::client::{self, Caller};
use handoff_runtime::config::{Configuration, DefaultAddresses, ServiceConfig};
use handoff_runtime::consumer::Consumer;
use handoff_runtime::server::{self, serve};
use handoff_runtime::service::{Running, StartError};
use handoff_runtime::shutdown::Shutdown;
use handoff_store::batch::Limits;
use handoff_store::database::{Database, Options, Service as Schema};
use tonic::service::Routes;

use crate::app::App;
use crate::builder::Builder;
use crate::follower::Follower;
use crate::ledger::Wish;
use crate::service::Reporting;

/// Where the service listens unless it is told otherwise.
pub const ADDRESSES: DefaultAddresses = DefaultAddresses { grpc: "127.0.0.1:7433", health: "127.0.0.1:7443" };

/// What the service can be told.
#[derive(Debug, Clone, Parser)]
#[command(name = "handoff-reporting", version, about)]
pub struct Config {
    /// What all services can be told.
    #[command(flatten)]
    pub service: ServiceConfig,

    /// Where the qualification service is, whose hand-overs are counted.
    #[arg(long, env = "HANDOFF_QUALIFICATION", value_name = "URL", default_value = "http://127.0.0.1:7431",
        value_parser = client::address, help_heading = "Peer")]
    pub qualification: String,

    /// Where the sla service is, whose clocks are held against its targets.
    #[arg(long, env = "HANDOFF_SLA", value_name = "URL", default_value = "http://127.0.0.1:7432",
        value_parser = client::address, help_heading = "Peer")]
    pub sla: String,
}

impl Configuration for Config {
    const NAME: &'static str = "reporting";
    const ADDRESSES: DefaultAddresses = ADDRESSES;

    fn service(&self) -> &ServiceConfig {
        &self.service
    }
}

/// Starts the service; comes back once it serves. The services that it follows may come later, or go and come back:
/// reports then say how far they had been followed.
///
/// # Errors
/// See [`StartError`]. A database that cannot be reached yet is waited for.
pub async fn start(config: Config, shutdown: Shutdown) -> Result<Running, StartError> {
    let caller = Caller::service("reporting");
    let (limits, wire) = (config.service.limits.clone(), config.service.wire());
    let opened = config.service.open().await?;
    let qualification = opened.credentials.connect_lazy(&config.qualification, &caller)?;
    let sla = opened.credentials.connect_lazy(&config.sla, &caller)?;
    let database = opened.database(Schema::Reporting, &shutdown).await?;
    let (app, unbuilt) = App::new(database.clone(), limits.batch());
    let routes = Routes::new(wire.of(ReportingServiceServer::new(Reporting::new(app.clone()))));
    let mut service = server::Service::new("reporting", routes, &shutdown);
    let meter = database.meter().clone();
    service.database = Some(database);
    let builder = Builder::new(app.clone(), unbuilt);
    service.background.spawn("rollups", move || builder.clone().run());
    let logs = [("qualification's log", QUALIFICATION, qualification), ("sla's log", SLA, sla)];
    for (task, source, peer) in logs {
        let consumer = Consumer::new(source, peer, Follower::new(source, app.clone()));
        let consumer = consumer.measured(&meter, Schema::Reporting.schema());
        follow(&service.background, task, consumer, &shutdown);
    }
    serve(opened, service, shutdown).await
}

/// Builds the rollups of the tenant with this slug anew from its facts, in steps between which the service goes on; gives
/// the generation that is served then. None if nothing is known of the tenant that could be built.
///
/// # Errors
/// The database cannot be reached or its schema is another one; or a step failed: then what is built stands, and the
/// service goes on with it.
pub async fn rebuild(database_url: &str, slug: &str) -> Result<Option<i32>, Box<dyn Error + Send + Sync>> {
    let database = Database::connect(database_url, Schema::Reporting, Options::default()).await?;
    let (app, _) = App::new(database.clone(), Limits::default());
    let tenant = TenantId::from_slug(slug);
    let failed = |error| format!("a step failed: {error}");
    let begun = app.write(tenant, Wish::Rebuild).await.map_err(failed)?;
    if begun.building.is_some() {
        while app.write(tenant, Wish::Build).await.map_err(failed)?.more {}
    }
    database.close().await;
    Ok(begun.building)
}

/// The logs that are followed.
const QUALIFICATION: &str = "qualification";
const SLA: &str = "sla";

fn follow(background: &Background, task: &'static str, consumer: Consumer<Follower>, shutdown: &Shutdown) {
    let (consumer, shutdown) = (Arc::new(consumer), shutdown.clone());
    background.spawn(task, move || {
        let (consumer, shutdown) = (Arc::clone(&consumer), shutdown.clone());
        async move {
            consumer.run(&shutdown).await;
            Ok::<(), Infallible>(())
        }
    });
}
