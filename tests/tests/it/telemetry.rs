//! A service's telemetry as a collector gets it that others have written: names, kinds, attributes, units and buckets are
//! those of the semantic conventions 1.42.0, and the service ends in time when nobody listens.

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1::GetTenantRequest;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_runtime::client::{self, Caller};
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::collector::{Collector, Received, Rotel};
use handoff_tests::process::{Process, command};
use opentelemetry_proto::tonic::metrics::v1::Metric;
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
    let refusal = answer.map(drop).err().context("there is no such tenant")?;
    ensure!(refusal.code() == Code::NotFound, "{refusal:?}");
    Ok(())
}

fn duration(received: &Received) -> Option<Metric> {
    received.metrics().find(|metric| metric.name == "rpc.server.call.duration").cloned()
}

#[tokio::test]
#[cfg_attr(not(test_clients), ignore = "HANDOFF_TEST_CLIENTS is not set")]
async fn a_strangers_collector_gets_what_the_conventions_say() -> anyhow::Result<()> {
    let rotel = Rotel::start().await?;
    let database = ScratchDatabase::new().await?;
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test");
    let address = rotel.endpoint();
    let (process, endpoint) =
        qualification(&database, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &address), attributes]).await?;
    call(&endpoint).await?;
    process.stop().await?.well()?;
    let told = rotel.stop().await?;

    let span = part(&told, &format!("Name           : {METHOD}"), "Span #")?;
    let port = endpoint.rsplit(':').next().context("a port")?;
    for line in [
        "Kind           : SPAN_KIND_SERVER".to_owned(),
        "-> rpc.system.name: Str(grpc)".to_owned(),
        format!("-> rpc.method: Str({METHOD})"),
        "-> rpc.response.status_code: Str(".to_owned(),
        "-> server.address: Str(127.0.0.1)".to_owned(),
        format!("-> server.port: Int({port})"),
    ] {
        assert!(span.contains(&line), "{line}: {span}");
    }
    let metric = part(&told, "-> Name: rpc.server.call.duration", "-> Name:")?;
    for line in ["-> Unit: s", "-> DataType: Histogram", &format!("-> rpc.method: Str({METHOD})")] {
        assert!(metric.contains(line), "{line}: {metric}");
    }
    for (number, bound) in BUCKETS.iter().enumerate() {
        assert!(metric.contains(&format!("ExplicitBounds #{number}: {bound}\n")), "{bound}: {metric}");
    }
    for line in [
        "https://opentelemetry.io/schemas/1.42.0",
        "-> service.name: Str(handoff-qualification)",
        "-> service.namespace: Str(handoff)",
        "-> deployment.environment.name: Str(test)",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    Ok(())
}

/// What was printed from `first` up to the `next` of its kind.
fn part<'a>(told: &'a str, first: &str, next: &str) -> anyhow::Result<&'a str> {
    let (_, rest) = told.split_once(first).with_context(|| format!("{first} in {told}"))?;
    Ok(rest.split_once(next).map_or(rest, |(part, _)| part))
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
