//! The three services as processes of their own on one database, as they run past one machine.

use std::net::SocketAddr;

use anyhow::Context;
use handoff_store::scratch::ScratchDatabase;
use serde_json::Value;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::endpoints::Endpoints;
use crate::process::{Process, command};

/// A service and where it serves.
#[derive(Debug)]
struct Service {
    process: Process,
    address: SocketAddr,
}

/// The services. Dropping them kills them.
#[derive(Debug)]
pub struct Apart {
    /// Where they are; it stays the same when one of them is stopped and started again.
    pub endpoints: Endpoints,
    qualification: Service,
    /// None while it is stopped.
    sla: Option<Service>,
    reporting: Service,
    // Dropped last: the services work on it.
    database: ScratchDatabase,
}

impl Apart {
    /// Starts them on free ports and a scratch database, and waits until they are ready.
    ///
    /// # Errors
    /// When one does not start, with all that it said.
    pub async fn start() -> anyhow::Result<Self> {
        let database = ScratchDatabase::new().await?;
        let url = database.url();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let qualification = Service::start("handoff-qualification", &url, any, &[]).await?;
        let peer = qualification.endpoint();
        let sla = Service::start("handoff-sla", &url, any, &["--qualification", &peer]).await?;
        let peers = ["--qualification", &peer, "--sla", &sla.endpoint()];
        let reporting = Service::start("handoff-reporting", &url, any, &peers).await?;
        let endpoints = Endpoints {
            qualification: qualification.endpoint(),
            sla: sla.endpoint(),
            reporting: reporting.endpoint(),
        };
        Ok(Self { endpoints, qualification, sla: Some(sla), reporting, database })
    }

    /// Stops sla as an operator would.
    ///
    /// # Errors
    /// When it does not end with 0.
    pub async fn stop_sla(&mut self) -> anyhow::Result<()> {
        self.sla.take().context("sla runs")?.stop().await
    }

    /// Starts sla again, where it was.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_sla(&mut self) -> anyhow::Result<()> {
        let address = self.endpoints.sla.trim_start_matches("http://").parse()?;
        let peers = ["--qualification", &self.endpoints.qualification];
        self.sla = Some(Service::start("handoff-sla", &self.database.url(), address, &peers).await?);
        Ok(())
    }

    /// Stops all of them, each as an operator would.
    ///
    /// # Errors
    /// When one does not end with 0.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.reporting.stop().await?;
        if let Some(sla) = self.sla {
            sla.stop().await?;
        }
        self.qualification.stop().await
    }
}

impl Service {
    async fn start(name: &str, url: &str, listen: SocketAddr, peers: &[&str]) -> anyhow::Result<Self> {
        let mut command = command(name)?;
        command.args(["--database-url", url, "--listen", &listen.to_string()]);
        command.args(["--health-listen", "127.0.0.1:0", "--insecure-dev"]).args(peers);
        let mut process = Process::start(command)?;
        // A line of the log, as a machine reads it: stderr is no terminal here.
        let (address, health) = process.logs("where it serves", serving).await.context(name.to_owned())?;
        until_ready(&health).await.context(name.to_owned())?;
        Ok(Self { process, address: address.parse()? })
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await?.well().map(drop)
    }
}

/// The addresses of gRPC and of health in a line of the log.
fn serving(line: &str) -> Option<(String, String)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let said = line["message"] == "serving";
    let health = line["health_address"].as_str()?.strip_prefix("Some(")?.strip_suffix(')')?;
    said.then_some((line["address"].as_str()?.to_owned(), health.to_owned()))
}

/// Waits until the service says that it is ready, as a probe hears it.
async fn until_ready(address: &str) -> anyhow::Result<()> {
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let mut health = HealthClient::new(channel);
    let mut told = health.watch(HealthCheckRequest { service: "readiness".into() }).await?.into_inner();
    while let Some(status) = told.message().await? {
        if status.status() == ServingStatus::Serving {
            return Ok(());
        }
    }
    anyhow::bail!("it stopped before it was ready")
}
