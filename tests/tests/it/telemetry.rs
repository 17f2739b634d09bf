//! A service's telemetry as a collector gets it that others have written: names, kinds, attributes, units and buckets are
//! those of the semantic conventions 1.42.0, and the service ends in time when nobody listens.

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1::GetTenantRequest;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_runtime::client::{self, Caller};
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::collector::{Collector, Received, Rotel, attribute};
use handoff_tests::process::{Process, command};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::Value;
use tokio::time::Instant;
use tonic::Code;

const METHOD: &str = "handoff.qualification.v1.QualificationService/GetTenant";
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// `handoff-qualification` on a scratch database with these variables, and where it serves.
async fn qualification(
    database: &ScratchDatabase,
    variables: &[(&str, &str)],
) -> anyhow::Result<(Process, String)> {
    let mut command = command("handoff-qualification")?;
    command.args(["--database-url", &database.url(), "--listen", "127.0.0.1:0", "--insecure-dev"]);
    command.args(["--health-listen", "127.0.0.1:0"]).envs(variables.iter().copied());
    let mut process = Process::start(command)?;
    let address = process
        .logs("where it serves", |line| {
            let line: Value = serde_json::from_str(line).ok()?;
            (line["message"] == "serving").then(|| line["address"].as_str().map(str::to_owned)).flatten()
        })
        .await?;
    Ok((process, format!("http://{address}")))
}

/// A call of a tenant that is not there.
async fn call(endpoint: &str) -> anyhow::Result<()> {
    let peer = client::connect(endpoint, &Caller::user("nobody", "ada", Side::Sales)).await?;
    let answer = QualificationServiceClient::new(peer).get_tenant(GetTenantRequest::default()).await;
    assert_ne!(answer.map(drop).unwrap_err().code(), Code::Ok);
    Ok(())
}

fn duration(received: &Received) -> Option<Metric> {
    received.metrics().find(|metric| metric.name == "rpc.server.call.duration").cloned()
}

#[tokio::test]
#[cfg_attr(not(test_clients), ignore = "HANDOFF_TEST_CLIENTS is not set")]
async fn a_collector_gets_what_the_conventions_say() -> anyhow::Result<()> {
    let mut collector = Collector::start()?;
    let rotel = Rotel::before(&collector).await?;
    let database = ScratchDatabase::new().await?;
    let (process, endpoint) = qualification(
        &database,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &rotel.endpoint()),
            ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
        ],
    )
    .await?;
    call(&endpoint).await?;

    let of_call = |received: &Received| received.spans().find(|span| span.name == METHOD).cloned();
    let span = collector.until("the call's span", of_call).await?;
    assert_eq!(span.kind, SpanKind::Server as i32);
    let get = |name| attribute(&span.attributes, name);
    assert_eq!(get("rpc.system.name").as_deref(), Some("grpc"));
    assert_eq!(get("rpc.method").as_deref(), Some(METHOD));
    assert_eq!(get("server.address").as_deref(), Some("127.0.0.1"));
    assert!(endpoint.ends_with(&get("server.port").context("a port")?));
    let status = get("rpc.response.status_code").context("a status")?;

    let metric = collector.until("the durations", duration).await?;
    assert_eq!(metric.unit, "s");
    let Some(Data::Histogram(histogram)) = metric.data else { panic!("{metric:?}") };
    let point = histogram
        .data_points
        .iter()
        .find(|point| attribute(&point.attributes, "rpc.method").as_deref() == Some(METHOD))
        .context("the call's durations")?;
    assert_eq!(point.explicit_bounds, BUCKETS);
    assert_eq!(attribute(&point.attributes, "rpc.response.status_code"), Some(status));
    assert_eq!(attribute(&point.attributes, "server.address"), None, "opt-in");

    let of_start = |received: &Received| received.log_records().find(|r| r.severity_text == "INFO").cloned();
    collector.until("a line of the log", of_start).await?;
    let received = collector.received();
    let resource = received.resources().next().context("a resource")?;
    assert_eq!(attribute(resource, "service.name").as_deref(), Some("handoff-qualification"));
    assert_eq!(attribute(resource, "service.namespace").as_deref(), Some("handoff"));
    assert_eq!(attribute(resource, "deployment.environment.name").as_deref(), Some("test"));
    process.stop().await?.well().map(drop)
}

#[tokio::test]
async fn what_is_left_is_sent_when_a_service_stops() -> anyhow::Result<()> {
    let mut collector = Collector::start()?;
    let database = ScratchDatabase::new().await?;
    // Nothing of its own accord for an hour.
    let hour = "3600000";
    let (process, endpoint) = qualification(
        &database,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
            ("OTEL_METRIC_EXPORT_INTERVAL", hour),
            ("OTEL_BSP_SCHEDULE_DELAY", hour),
        ],
    )
    .await?;
    call(&endpoint).await?;
    process.stop().await?.well()?;
    collector.until("the call's span", |got| got.spans().find(|span| span.name == METHOD).map(drop)).await?;
    collector.until("the durations", |got| duration(got).map(drop)).await
}

#[tokio::test]
async fn a_dead_collector_is_told_of_and_holds_nobody_up() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    // Port 9 discards, where anything listens at all.
    let dead = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "50"),
    ];
    let (mut process, endpoint) = qualification(&database, &dead).await?;
    call(&endpoint).await?;
    process
        .logs("that it takes nothing", |line| line.contains("the collector takes nothing").then_some(()))
        .await?;
    call(&endpoint).await?;
    let asked = Instant::now();
    process.stop().await?.well()?;
    assert!(asked.elapsed().as_secs() < 20, "{:?}", asked.elapsed());
    Ok(())
}

#[tokio::test]
async fn every_variable_that_cannot_be_used_is_told() -> anyhow::Result<()> {
    let mut command = command("handoff-qualification")?;
    command.args(["--database-url", "postgres://nowhere.invalid/x", "--insecure-dev"]);
    command.env("OTEL_TRACES_SAMPLER", "sometimes").env("OTEL_EXPORTER_OTLP_ENDPOINT", "collector");
    let told = Process::start(command)?.ended().await?.refused(2)?;
    assert!(told.contains("OTEL_TRACES_SAMPLER") && told.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{told}");
    Ok(())
}
