//! What a service tells those who run it: traces, metrics and logs by OpenTelemetry, and the same metrics as Prometheus
//! reads them. Configured by the standard `OTEL_*` variables alone; docs/TELEMETRY.md lists them and every name.
//!
//! Where no collector is named nothing is exported, and spans are not even made. A collector that is slow or gone costs a
//! call nothing: queues are bounded, what does not fit is dropped and counted.
//!
//! Nothing personal belongs here, and no tenant or lead is ever a label.

pub(crate) mod calls;
mod export;
pub(crate) mod measured;
pub(crate) mod propagation;
mod settings;
pub(crate) mod spans;

use std::env;
use std::sync::{LazyLock, OnceLock};
use std::thread;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Meter};
use opentelemetry::trace::TracerProvider;
use opentelemetry::{InstrumentationScope, KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_semantic_conventions::SCHEMA_URL;
use opentelemetry_semantic_conventions::attribute::{CODE_FILE_PATH, CODE_LINE_NUMBER};
use prometheus::{Registry, TextEncoder};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing_subscriber::filter::LevelFilter;

use crate::logging;
use crate::service::StartError;

use export::Exports;
use settings::Settings;

pub use propagation::traceparent;
pub use spans::{consumer_span, span_layer};

/// How long the end may wait for what has not been exported yet.
const FLUSH: Duration = Duration::from_secs(2);
/// The scope of everything that we measure and trace.
const SCOPE: &str = "handoff";

/// What [`prometheus`] reads.
static REGISTRY: OnceLock<Registry> = OnceLock::new();

/// Telemetry that was started. Ask it to shut down before the process ends: what is in its queues is lost otherwise.
#[derive(Debug)]
#[must_use = "what is in its queues is lost unless it is shut down"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    logs: Option<SdkLoggerProvider>,
}

/// What is wrong with the variables that `lookup` knows, a line each. They are judged before anything is started.
pub(crate) fn faults(lookup: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    Settings::read(lookup).err().unwrap_or_default()
}

/// Starts telemetry and logging for the whole process, by its environment. `service` is its name unless
/// `OTEL_SERVICE_NAME` gives another. Needs a running tokio runtime, which the exporters work on.
///
/// # Errors
/// [`StartError::Configuration`] with every variable that cannot be used.
pub fn start(service: &str) -> Result<Telemetry, StartError> {
    let settings =
        Settings::read(&|name| env::var(name).ok()).map_err(|faults| StartError::Configuration { faults })?;
    if settings.disabled {
        logging::install(LevelFilter::INFO, None, None);
        return Ok(Telemetry { traces: None, metrics: None, logs: None });
    }
    let resource = resource(service, &settings);
    // Metrics first: the queues of the others count in them what they drop.
    let registry = Registry::new();
    let metrics = export::metrics(&settings, resource.clone(), &registry)?;
    global::set_meter_provider(metrics.clone());
    // A second start in one process keeps the first one's text; there is one process and one `main`.
    let _ = REGISTRY.set(registry);
    let Exports { traces, logs } = export::traces_and_logs(&settings, resource)?;
    logging::install(LevelFilter::INFO, traces.as_ref(), logs.as_ref());
    Ok(Telemetry { traces, metrics: Some(metrics), logs })
}

impl Telemetry {
    /// Sends what is left and ends, within two seconds whatever the collector does.
    pub async fn shutdown(self) {
        // Threads of their own: the SDK blocks, and a runtime waits at its end for blocking work that it was given.
        let (ended, mut all) = mpsc::channel::<()>(1);
        let apart = |end: Box<dyn FnOnce() + Send>| {
            let ended = ended.clone();
            thread::spawn(move || {
                end();
                drop(ended);
            });
        };
        // What fails here the exporters have said.
        if let Some(traces) = self.traces {
            apart(Box::new(move || drop(traces.shutdown_with_timeout(FLUSH))));
        }
        if let Some(metrics) = self.metrics {
            apart(Box::new(move || drop(metrics.shutdown_with_timeout(FLUSH))));
        }
        if let Some(logs) = self.logs {
            apart(Box::new(move || drop(logs.shutdown_with_timeout(FLUSH))));
        }
        drop(ended);
        if timeout(FLUSH, all.recv()).await.is_err() {
            tracing::warn!(limit = ?FLUSH, "the collector did not take the last telemetry in time");
        }
    }
}

/// All metrics of this process in Prometheus's text format; nothing where telemetry was not started or is switched off.
pub fn prometheus() -> String {
    let families = REGISTRY.get().map(Registry::gather).unwrap_or_default();
    TextEncoder::new().encode_to_string(&families).unwrap_or_else(|error| {
        tracing::error!(%error, "the metrics cannot be written as text");
        String::new()
    })
}

/// Ours, with the version of the conventions that our names are of.
fn meter() -> Meter {
    global::meter_with_scope(scope())
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(SCOPE)
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(SCHEMA_URL)
        .build()
}

fn tracer(provider: &SdkTracerProvider) -> opentelemetry_sdk::trace::SdkTracer {
    provider.tracer_with_scope(scope())
}

fn resource(service: &str, settings: &Settings) -> Resource {
    use opentelemetry_semantic_conventions::attribute::{SERVICE_NAMESPACE, SERVICE_VERSION};

    let ours = [
        KeyValue::new(SERVICE_NAMESPACE, "handoff"),
        KeyValue::new(SERVICE_VERSION, env!("CARGO_PKG_VERSION")),
    ];
    let named = if settings.names_the_service {
        Resource::builder()
    } else {
        Resource::builder().with_service_name(service.to_owned())
    };
    named.with_schema_url(ours, SCHEMA_URL).build()
}

/// Counts a panic, wherever it happened. For a panic hook: that of [`start`] does it.
pub fn count_panic(place: Option<&std::panic::Location<'_>>) {
    static PANICS: LazyLock<Counter<u64>> = LazyLock::new(|| {
        meter()
            .u64_counter("handoff.panics")
            .with_unit("{panic}")
            .with_description("Panics of this process, by the line of code.")
            .build()
    });
    match place {
        // As many as there are lines that can panic.
        Some(place) => PANICS.add(
            1,
            &[
                KeyValue::new(CODE_FILE_PATH, place.file().to_owned()),
                KeyValue::new(CODE_LINE_NUMBER, i64::from(place.line())),
            ],
        ),
        None => PANICS.add(1, &[]),
    }
}
