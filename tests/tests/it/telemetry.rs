//! A service's telemetry as a collector gets it that others have written: names, kinds, attributes, units and buckets are
//! those of the semantic conventions 1.42.0, and the service ends in time when nobody listens.

use std::time::Duration;

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1::GetTenantRequest;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_runtime::client::{self, Caller};
use handoff_store::scratch::ScratchDatabase;
use handoff_tests::alone::Alone;
use handoff_tests::collector::{Collector, Received, Rotel, attribute};
use handoff_tests::http::get;
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

/// A span of an export that does not come back holds a place in a queue of eight: the rest has no room.
#[tokio::test]
async fn what_a_slow_collector_leaves_no_room_for_is_dropped_and_counted() -> anyhow::Result<()> {
    let collector = Collector::answering_after(Duration::from_secs(3_600))?;
    let database = ScratchDatabase::new().await?;
    let variables = [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.endpoint()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000".to_owned()),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "8".to_owned()),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4".to_owned()),
    ];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let service = Alone::told(&database.url(), &["--insecure-dev"], &variables).await?;
    let endpoint = service.endpoints().qualification;
    for _ in 0..50 {
        call(&endpoint).await?;
    }
    let text = get(&format!("http://{}/metrics", service.health)).await?;
    let dropped = text.lines().find_map(|line| {
        let line = line.strip_prefix("otel_sdk_processor_span_processed_total{")?;
        line.contains("error_type=\"queue_full\"").then(|| line.rsplit(' ').next()?.parse::<u64>().ok())?
    });
    let dropped = dropped.with_context(|| format!("what was dropped is counted: {text}"))?;
    // Those in the queue and those on their way: all others are gone.
    assert!(dropped >= 50 - (8 + 4), "{dropped}");
    service.stop().await
}

/// Variables that cannot be used, and the one of them that each line names.
const FAULTS: [(&str, &str); 2] =
    [("OTEL_TRACES_SAMPLER", "sometimes"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")];

/// Each of these begins a line of its own, and there are no others.
fn check_faults(told: &str, begins: &[&str]) {
    for begin in begins.iter().chain(FAULTS.iter().map(|(variable, _)| variable)) {
        let line = format!("error: {begin}");
        assert_eq!(told.lines().filter(|told| told.starts_with(&line)).count(), 1, "{line}: {told}");
    }
    assert_eq!(told.lines().count(), begins.len() + FAULTS.len(), "{told}");
}

#[tokio::test]
async fn every_variable_that_cannot_be_used_is_told_with_all_that_is_wrong() -> anyhow::Result<()> {
    let mut service = command("handoff-qualification")?;
    // A value, what is missing, a file, and the variables.
    service.args(["--listen", "here", "--insecure-dev", "--token-file", "none"]).envs(FAULTS);
    let told = Process::start(service)?.ended().await?.refused(2)?;
    check_faults(&told, &["--listen: ", "the token in none: "]);

    let mut service = command("handoff-qualification")?;
    service.arg("--insecure-dev").envs(FAULTS);
    let told = Process::start(service)?.ended().await?.refused(2)?;
    check_faults(&told, &["no database: "]);

    let mut check = command("handoff")?;
    check.args(["config", "check", "--", "--token-file", "none", "--insecure-dev"]);
    check.args(["--database-url", "postgres://host/db"]).envs(FAULTS);
    let ended = Process::start(check)?.ended().await?;
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
    // Three services, and each line once.
    check_faults(&ended.stderr, &["the token in none: "]);

    let mut up = command("handoff")?;
    up.args(["up", "--port", "0", "--data-folder", "none"]).envs(FAULTS);
    let told = Process::start(up)?.ended().await?.refused(2)?;
    check_faults(&told, &[]);
    Ok(())
}

#[tokio::test]
async fn all_services_in_one_process_tell_what_each_of_them_does() -> anyhow::Result<()> {
    let mut collector = Collector::start()?;
    let database = ScratchDatabase::new().await?;
    let mut up = command("handoff")?;
    up.args(["up", "--port", "0", "--database-url", &database.url()]);
    up.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let mut process = Process::start(up)?;
    let mut said = async |service: &str| {
        let found = |line: &str| {
            let mut words = line.split_whitespace();
            let health = || Some(line.split_once("(health ")?.1.trim_end_matches(')').to_owned());
            (words.next() == Some(service)).then(|| Some((words.next()?.to_owned(), health()?))).flatten()
        };
        process.logs(&format!("where {service} is"), found).await
    };
    let (endpoint, _) = said("qualification").await?;
    let (_, health) = said("sla").await?;
    call(&endpoint).await?;
    let text = get(&format!("http://{health}/metrics")).await?;
    for metric in [
        format!("rpc_server_call_duration_seconds_count{{rpc_method=\"{METHOD}\""),
        "handoff_queue_tenants{handoff_schema=\"qualification\"}".to_owned(),
        "db_client_connection_max{db_client_connection_pool_name=\"reporting.rpcs\"}".to_owned(),
        "handoff_consumer_lag_seconds{handoff_consumer_source=\"qualification\",handoff_schema=\"sla\"}"
            .to_owned(),
    ] {
        assert!(text.lines().any(|line| line.starts_with(&metric)), "{metric}: {text}");
    }
    process.stop().await?.well()?;
    collector
        .until("the call's span", |got| got.spans_of("handoff").find(|span| span.name == METHOD).map(drop))
        .await?;
    collector.until("the durations", |got| duration(got).map(drop)).await?;

    // What did not come up tells of itself too: its last lines are sent before it ends.
    let mut up = command("handoff")?;
    up.args(["up", "--port", "0", "--database-url", "postgres://nobody@127.0.0.1:9/none"]);
    up.envs([("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()), ("OTEL_SERVICE_NAME", "short".into())]);
    up.env("OTEL_METRIC_EXPORT_INTERVAL", "3600000");
    Process::start(up)?.ended().await?.refused(1)?;
    collector.until("the metrics of what failed", |got| of_service(got, "short").then_some(())).await
}

/// Whether metrics of a service with this name came.
fn of_service(received: &Received, name: &str) -> bool {
    let resources = received.metrics.iter().flat_map(|request| &request.resource_metrics);
    resources
        .filter_map(|metrics| metrics.resource.as_ref())
        .any(|resource| attribute(&resource.attributes, "service.name").as_deref() == Some(name))
}
