//! What a test's own work leaves in traces, metrics and logs, kept in memory.
//!
//! Spans and lines are those of the test's thread, on which a tokio test runs all that it starts. Metrics are the whole
//! program's, so a test looks for labels that only it has, or asks for "at least".

use std::io::{self, Write};
use std::panic;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use handoff_runtime::{logging, telemetry};
use opentelemetry::{Value, global};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, registry};

static METRICS: LazyLock<(SdkMeterProvider, InMemoryMetricExporter)> = LazyLock::new(|| {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    global::set_meter_provider(provider.clone());
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        telemetry::count_panic(panic.location());
        usual(panic);
    }));
    (provider, exporter)
});

/// What is seen while this is not dropped.
pub(crate) struct Seen {
    spans: InMemorySpanExporter,
    lines: Lines,
    // Both end with the test.
    _provider: SdkTracerProvider,
    _default: DefaultGuard,
}

impl Seen {
    /// With every trace sampled that no caller has decided about.
    pub(crate) fn all() -> Self {
        Self::sampled(Sampler::AlwaysOn)
    }

    /// With those traces sampled that `root` picks.
    pub(crate) fn sampled(root: Sampler) -> Self {
        LazyLock::force(&METRICS);
        let spans = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(root)))
            .with_simple_exporter(spans.clone())
            .build();
        let lines = Lines::default();
        // All that we say, and of others what is said unless somebody asks for more.
        let said = Targets::new().with_target("handoff", LevelFilter::TRACE).with_default(LevelFilter::INFO);
        let subscriber = registry()
            .with(telemetry::span_layer(&provider))
            .with(logging::json_lines(lines.clone()).with_filter(said));
        let _default = tracing::subscriber::set_default(subscriber);
        Self { spans, lines, _provider: provider, _default }
    }

    /// The spans that have ended.
    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.spans.get_finished_spans().unwrap()
    }

    /// The only one of this kind and name that has ended.
    #[track_caller]
    pub(crate) fn span(&self, kind: &opentelemetry::trace::SpanKind, name: &str) -> SpanData {
        let mut found = self.spans();
        found.retain(|span| span.span_kind == *kind && span.name == name);
        assert_eq!(found.len(), 1, "{name}: {:?}", self.spans());
        found.remove(0)
    }

    /// All that was logged.
    pub(crate) fn log(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }
}

/// An attribute as text.
pub(crate) fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.as_str().into_owned())
}

/// One set of labels of a metric.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    pub(crate) labels: Vec<(String, String)>,
    /// How often it was measured, or what it counts.
    pub(crate) count: u64,
    /// Boundaries of its buckets, where it has some.
    pub(crate) bounds: Vec<f64>,
}

impl Point {
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The metric of this name and unit as it stands now.
pub(crate) fn points(name: &str, unit: &str) -> Vec<Point> {
    let (provider, exporter) = &*METRICS;
    provider.force_flush().unwrap();
    let collected = exporter.get_finished_metrics().unwrap();
    let Some(last) = collected.last() else { return Vec::new() };
    let metrics = last.scope_metrics().flat_map(|scope| scope.metrics());
    let mut points = Vec::new();
    for metric in metrics.filter(|metric| metric.name() == name) {
        assert_eq!(metric.unit(), unit);
        match metric.data() {
            AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                points.extend(histogram.data_points().map(|point| Point {
                    labels: labels(point.attributes()),
                    count: point.count(),
                    bounds: point.bounds().collect(),
                }));
            }
            AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                points.extend(sum.data_points().map(|point| Point {
                    labels: labels(point.attributes()),
                    count: point.value(),
                    bounds: Vec::new(),
                }));
            }
            other => panic!("{name} is {other:?}"),
        }
    }
    points
}

/// Everything that is measured, as text.
pub(crate) fn all_metrics() -> String {
    let (provider, exporter) = &*METRICS;
    provider.force_flush().unwrap();
    format!("{:?}", exporter.get_finished_metrics().unwrap().last())
}

fn labels<'a>(attributes: impl Iterator<Item = &'a opentelemetry::KeyValue>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().into_owned();
    attributes.map(|attribute| (attribute.key.to_string(), text(&attribute.value))).collect()
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
