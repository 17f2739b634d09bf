//! The three services as processes of their own on one database, as they run past one machine. Each can be stopped,
//! killed and started again where it was.

use std::net::SocketAddr;

use anyhow::Context;
use handoff_store::scratch::ScratchDatabase;
use rustix::process::Pid;
use serde_json::Value;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::endpoints::Endpoints;
use crate::process::{Process, command};

/// One of the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// `handoff-qualification`.
    Qualification,
    /// `handoff-sla`.
    Sla,
    /// `handoff-reporting`.
    Reporting,
}

impl Name {
    /// All of them, in the order in which they start.
    pub const ALL: [Self; 3] = [Self::Qualification, Self::Sla, Self::Reporting];

    fn program(self) -> &'static str {
        match self {
            Self::Qualification => "handoff-qualification",
            Self::Sla => "handoff-sla",
            Self::Reporting => "handoff-reporting",
        }
    }
}

/// A service that runs, and where it serves. Dropping it kills it.
#[derive(Debug)]
pub struct Service {
    process: Process,
    address: SocketAddr,
    health: String,
    is_tls: bool,
}

/// The services. Dropping them kills them.
#[derive(Debug)]
pub struct Apart {
    /// Where they are; it stays the same when one of them is stopped and started again.
    pub endpoints: Endpoints,
    url: String,
    /// Those of each service besides its own, in the order of [`Name::ALL`].
    arguments: [Vec<String>; 3],
    /// Of the environment of each.
    variables: Vec<(String, String)>,
    /// Whether they believe development headers.
    is_insecure: bool,
    /// In the order of [`Name::ALL`]; none while it is stopped.
    services: [Option<Service>; 3],
    /// Where sla listens.
    sla: SocketAddr,
    // Dropped last: the services work on it.
    _database: Option<ScratchDatabase>,
}

/// A port that was free a moment ago.
fn reserved_port() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.local_addr()
}

impl Apart {
    /// Starts them on free ports and a scratch database, and waits until they are ready.
    ///
    /// # Errors
    /// When one does not start, with all that it said.
    pub async fn start() -> anyhow::Result<Self> {
        let database = ScratchDatabase::new().await?;
        let apart = Self::on(&database.url(), &[]).await?;
        Ok(Self { _database: Some(database), ..apart })
    }

    /// Starts them on free ports and the database at `url`, each with `arguments` besides its own, and waits until they
    /// are ready.
    ///
    /// # Errors
    /// When one does not start, with all that it said.
    pub async fn on(url: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::begin(url, Self::same(arguments), &[], true).await
    }

    /// The same, with these variables in their environment.
    ///
    /// # Errors
    /// When one does not start, with all that it said.
    pub async fn told(url: &str, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::begin(url, Self::same(&[]), variables, true).await
    }

    /// The same, of services that believe only what `arguments` say.
    ///
    /// # Errors
    /// When one does not start, with all that it said.
    pub async fn proving(url: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::begin(url, Self::same(arguments), &[], false).await
    }

    /// The same, each with arguments of its own.
    ///
    /// # Errors
    /// When one does not start, with all that it said.
    pub async fn proving_each(
        url: &str,
        arguments: impl Fn(Name) -> anyhow::Result<Vec<String>>,
    ) -> anyhow::Result<Self> {
        let [qualification, sla, reporting] = Name::ALL.map(arguments);
        Self::begin(url, [qualification?, sla?, reporting?], &[], false).await
    }

    fn same(arguments: &[&str]) -> [Vec<String>; 3] {
        Name::ALL.map(|_| arguments.iter().map(|&argument| argument.to_owned()).collect())
    }

    async fn begin(
        url: &str,
        arguments: [Vec<String>; 3],
        variables: &[(&str, &str)],
        is_insecure: bool,
    ) -> anyhow::Result<Self> {
        let nowhere = String::new;
        // Qualification has to be told where sla will be, before there is one.
        let sla = reserved_port()?;
        let mut apart = Self {
            endpoints: Endpoints { qualification: nowhere(), sla: nowhere(), reporting: nowhere() },
            sla,
            url: url.to_owned(),
            arguments,
            variables: variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            is_insecure,
            services: [const { None }; 3],
            _database: None,
        };
        for name in Name::ALL {
            apart.start_one(name).await?;
        }
        Ok(apart)
    }

    /// Starts a service that was stopped or killed, where it was.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_one(&mut self, name: Name) -> anyhow::Result<()> {
        let endpoint = self.endpoint(name);
        let listen = match endpoint.split_once("://") {
            Some((_, address)) => address.parse()?,
            None if name == Name::Sla => self.sla,
            None => SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let service = self.launch(name, listen).await?;
        match name {
            Name::Qualification => self.endpoints.qualification = service.endpoint(),
            Name::Sla => self.endpoints.sla = service.endpoint(),
            Name::Reporting => self.endpoints.reporting = service.endpoint(),
        }
        self.services[name as usize] = Some(service);
        Ok(())
    }

    /// A service that runs.
    ///
    /// # Errors
    /// When it does not.
    pub fn one(&self, name: Name) -> anyhow::Result<&Service> {
        self.services[name as usize].as_ref().context("it runs")
    }

    /// A second process of a service beside the first, on a free port.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn another(&self, name: Name) -> anyhow::Result<Service> {
        self.launch(name, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Stops a service as an operator would.
    ///
    /// # Errors
    /// When it does not end with 0.
    pub async fn stop_one(&mut self, name: Name) -> anyhow::Result<()> {
        self.services[name as usize].take().context("it runs")?.stop().await
    }

    /// Kills a service (SIGKILL), and waits until it is gone.
    ///
    /// # Errors
    /// When it had ended before.
    pub async fn kill_one(&mut self, name: Name) -> anyhow::Result<()> {
        let service = self.services[name as usize].take().context("it runs")?;
        service.process.kill().await.map(drop)
    }

    /// The process id of a service that runs.
    ///
    /// # Errors
    /// When it does not.
    pub fn pid(&self, name: Name) -> anyhow::Result<Pid> {
        self.services[name as usize].as_ref().context("it runs")?.process.pid()
    }

    /// Stops all that run, each as an operator would.
    ///
    /// # Errors
    /// When one does not end with 0.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop_and_tell().await.map(drop)
    }

    /// The same; all that they said on stderr.
    ///
    /// # Errors
    /// As [`Apart::stop`].
    pub async fn stop_and_tell(mut self) -> anyhow::Result<String> {
        let mut said = String::new();
        for service in self.services.iter_mut().rev().filter_map(Option::take) {
            said += &service.end().await?;
        }
        Ok(said)
    }

    fn endpoint(&self, name: Name) -> &str {
        match name {
            Name::Qualification => &self.endpoints.qualification,
            Name::Sla => &self.endpoints.sla,
            Name::Reporting => &self.endpoints.reporting,
        }
    }

    async fn launch(&self, name: Name, listen: SocketAddr) -> anyhow::Result<Service> {
        let qualification = self.endpoints.qualification.as_str();
        let scheme =
            if self.arguments[Name::Sla as usize].iter().any(|argument| argument == "--tls-certificate") {
                "https"
            } else {
                "http"
            };
        let sla = format!("{scheme}://{}", self.sla);
        let sla = sla.as_str();
        let peers: &[&str] = match name {
            Name::Qualification => &["--sla", sla],
            Name::Sla => &["--qualification", qualification],
            Name::Reporting => &["--qualification", qualification, "--sla", sla],
        };
        let mut command = command(name.program())?;
        command.args(["--database-url", &self.url, "--listen", &listen.to_string()]);
        command.args(["--health-listen", "127.0.0.1:0"]).args(peers).args(&self.arguments[name as usize]);
        command.args(self.is_insecure.then_some("--insecure-dev"));
        // Nobody balances load here. By the environment, so that a test can say otherwise.
        command.env("HANDOFF_DRAIN_WAIT", "0s");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let is_tls = self.arguments[name as usize].iter().any(|argument| argument == "--tls-certificate");
        Service::start(command, is_tls).await.context(name.program())
    }
}

impl Service {
    async fn start(command: tokio::process::Command, is_tls: bool) -> anyhow::Result<Self> {
        let mut process = Process::start(command)?;
        // A line of the log, as a machine reads it: stderr is no terminal here.
        let (address, health) = process.logs("where it serves", serving).await?;
        until_ready(&health).await?;
        Ok(Self { process, address: address.parse()?, health, is_tls })
    }

    /// Where it serves health and metrics.
    pub fn health_address(&self) -> &str {
        &self.health
    }

    /// All that it has said so far, on both streams.
    pub fn said(&self) -> String {
        self.process.said()
    }

    /// Where it serves, as clients take it.
    pub fn endpoint(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Stops it as an operator would.
    ///
    /// # Errors
    /// When it does not end with 0.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.end().await.map(drop)
    }

    async fn end(self) -> anyhow::Result<String> {
        let ended = self.process.stop().await?;
        let said = ended.stderr.clone();
        ended.well().map(|_| said)
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
