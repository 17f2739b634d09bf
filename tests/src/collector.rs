//! A collector of OpenTelemetry that keeps what it is sent, to be looked at: the receiving end of OTLP over gRPC.
//! [`Rotel`] is one that was written by others; it prints what it takes.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use futures_util::FutureExt;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::clients;
use crate::process::Process;
use crate::waiting::{self, LIMIT};

/// What was sent, by signal.
#[derive(Debug, Default, Clone)]
pub struct Received {
    /// Traces.
    pub traces: Vec<ExportTraceServiceRequest>,
    /// Metrics, the later the newer.
    pub metrics: Vec<ExportMetricsServiceRequest>,
    /// Logs.
    pub logs: Vec<ExportLogsServiceRequest>,
}

impl Received {
    /// Every span.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        let scopes = self.traces.iter().flat_map(|request| &request.resource_spans);
        scopes.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans)
    }

    /// Every span of the service with this name.
    pub fn spans_of(&self, service: &str) -> impl Iterator<Item = &Span> {
        let of_service = move |spans: &&ResourceSpans| {
            let resource = spans.resource.as_ref();
            resource.and_then(|it| attribute(&it.attributes, "service.name")).as_deref() == Some(service)
        };
        let resources = self.traces.iter().flat_map(|request| &request.resource_spans).filter(of_service);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans)
    }

    /// Every metric, each as often as it was sent.
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        let scopes = self.metrics.iter().flat_map(|request| &request.resource_metrics);
        scopes.flat_map(|resource| &resource.scope_metrics).flat_map(|scope| &scope.metrics)
    }

    /// Every record of a log.
    pub fn log_records(&self) -> impl Iterator<Item = &LogRecord> {
        let scopes = self.logs.iter().flat_map(|request| &request.resource_logs);
        scopes.flat_map(|resource| &resource.scope_logs).flat_map(|scope| &scope.log_records)
    }

    /// The attributes of every resource that traces came from.
    pub fn resources(&self) -> impl Iterator<Item = &[KeyValue]> {
        let resources = self.traces.iter().flat_map(|request| &request.resource_spans);
        resources.filter_map(|spans| spans.resource.as_ref()).map(|resource| resource.attributes.as_slice())
    }
}

/// The attribute of this name, as text.
pub fn attribute(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match &found.value {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => Some(text.clone()),
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}

/// The collector. Dropping it ends it.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    received: watch::Receiver<Received>,
    _stop: oneshot::Sender<()>,
}

impl Collector {
    /// One on a free port of this machine.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start() -> anyhow::Result<Self> {
        Self::answering_after(Duration::ZERO)
    }

    /// The same; it takes so long for every answer.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn answering_after(delay: Duration) -> anyhow::Result<Self> {
        let incoming = TcpIncoming::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = incoming.local_addr()?;
        let (keep, received) = watch::channel(Received::default());
        let (_stop, stopped) = oneshot::channel::<()>();
        let keeper = Keeper { keep, delay };
        let server = Server::builder()
            .add_service(TraceServiceServer::new(keeper.clone()))
            .add_service(MetricsServiceServer::new(keeper.clone()))
            .add_service(LogsServiceServer::new(keeper))
            .serve_with_incoming_shutdown(incoming, stopped.map(drop));
        tokio::spawn(server);
        Ok(Self { address, received, _stop })
    }

    /// Where it is, as `OTEL_EXPORTER_OTLP_ENDPOINT` takes it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that it was sent so far.
    pub fn received(&self) -> Received {
        self.received.borrow().clone()
    }

    /// Waits until what it was sent gives something.
    ///
    /// # Errors
    /// When it does not for too long, with what was there instead.
    pub async fn until<T>(&mut self, what: &str, find: impl Fn(&Received) -> Option<T>) -> anyhow::Result<T> {
        let found = async {
            loop {
                if let Some(found) = find(&self.received.borrow_and_update()) {
                    return Some(found);
                }
                self.received.changed().await.ok()?;
            }
        };
        let found = timeout(LIMIT, found).await.ok().flatten();
        found.with_context(|| format!("the collector was never sent {what}: {:?}", self.received()))
    }
}

#[derive(Clone)]
struct Keeper {
    keep: watch::Sender<Received>,
    delay: Duration,
}

impl Keeper {
    #[expect(clippy::disallowed_methods, reason = "to be slow is what it is for")]
    async fn keep(&self, add: impl FnOnce(&mut Received)) {
        self.keep.send_modify(add);
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
    }
}

#[tonic::async_trait]
impl TraceService for Keeper {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.keep(|received| received.traces.push(request.into_inner())).await;
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Keeper {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.keep(|received| received.metrics.push(request.into_inner())).await;
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Keeper {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.keep(|received| received.logs.push(request.into_inner())).await;
        Ok(Response::new(Default::default()))
    }
}

/// The collector `rotel` of the Python package, which prints all traces and metrics that it takes. Dropping it kills it.
#[derive(Debug)]
pub struct Rotel {
    address: SocketAddr,
    // Its process id is written there.
    _folder: TempDir,
    process: Process,
}

impl Rotel {
    /// One that keeps nothing. (It cannot hand on to [`Collector`]: it compresses whatever it is told.)
    ///
    /// # Errors
    /// Where the package is not there, or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (grpc, http) = (free_address()?, free_address()?);
        let mut command = Command::new(agent()?);
        command.args(["start", "--exporter", "blackhole", "--debug-log-verbosity", "detailed"]);
        command.args(["--debug-log", "traces", "--debug-log", "metrics"]);
        command.args(["--otlp-grpc-endpoint", &grpc.to_string(), "--otlp-http-endpoint", &http.to_string()]);
        command.arg("--pid-file").arg(folder.path().join("pid"));
        let process = Process::start(command)?;
        let rotel = Self { address: grpc, _folder: folder, process };
        waiting::until("rotel listens", async || Ok(TcpStream::connect(grpc).await.ok().map(drop))).await?;
        Ok(rotel)
    }

    /// Where it is, as `OTEL_EXPORTER_OTLP_ENDPOINT` takes it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it; all that it printed.
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn stop(self) -> anyhow::Result<String> {
        let ended = self.process.stop().await?;
        Ok(ended.stdout + &ended.stderr)
    }
}

fn agent() -> anyhow::Result<PathBuf> {
    let agent = clients::folder()?.join("rotel/rotel-agent");
    anyhow::ensure!(agent.is_file(), "{} is not there: run `./x test`", agent.display());
    Ok(agent)
}

/// One that is free now. Somebody else may take it before it is used; then what wanted it does not start, and says so.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
