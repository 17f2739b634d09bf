//! The providers of the three signals, as the settings want them: OTLP over gRPC behind bounded queues, and the metrics for
//! Prometheus besides. The SDK's queues count what they drop (`otel.sdk.processor.*.processed` with `queue_full`).
//!
//! A collector that takes nothing is told about once, and once more when it takes something again: a line for every batch
//! would fill the log.

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    BatchConfigBuilder as LogQueue, BatchLogProcessor, LogBatch, LogExporter as ExportsLogs,
    SdkLoggerProvider,
};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder as SpanQueue, BatchSpanProcessor, SdkTracerProvider, SpanData,
    SpanExporter as ExportsSpans,
};
use prometheus::Registry;

use super::settings::Settings;
use crate::service::StartError;

/// What is exported and not kept to be asked for.
pub(super) struct Exports {
    pub(super) traces: Option<SdkTracerProvider>,
    pub(super) logs: Option<SdkLoggerProvider>,
}

/// Metrics: always into `registry`, and to a collector if there is one.
pub(super) fn metrics(
    settings: &Settings,
    resource: Resource,
    registry: &Registry,
) -> Result<SdkMeterProvider, StartError> {
    let text = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        // The scope of every metric is ours; labels that say so would double the text.
        .scope_info_enabled(false)
        .build()
        .map_err(|source| failed("the metrics cannot be offered as text", source))?;
    let mut provider = SdkMeterProvider::builder().with_resource(resource).with_reader(text);
    if let Some(export) = &settings.metrics {
        let exporter = MetricExporter::builder()
            .with_tonic()
            .with_endpoint(&export.endpoint)
            .with_timeout(export.timeout)
            .build()
            .map_err(unusable)?;
        let reader = PeriodicReader::builder(Told::new("metrics", exporter))
            .with_interval(settings.metric_interval)
            .build();
        provider = provider.with_reader(reader);
    }
    Ok(provider.build())
}

/// Spans and log records, as far as there is a collector for them.
pub(super) fn traces_and_logs(settings: &Settings, resource: Resource) -> Result<Exports, StartError> {
    let traces = match &settings.traces {
        None => None,
        Some(export) => {
            let exporter = SpanExporter::builder()
                .with_tonic()
                .with_endpoint(&export.endpoint)
                .with_timeout(export.timeout)
                .build()
                .map_err(unusable)?;
            let queue = SpanQueue::default()
                .with_max_queue_size(settings.span_queue.size)
                .with_max_export_batch_size(settings.span_queue.batch)
                .with_scheduled_delay(settings.span_queue.delay)
                .build();
            let processor = BatchSpanProcessor::new(Told::new("traces", exporter), queue);
            let provider = SdkTracerProvider::builder()
                .with_resource(resource.clone())
                .with_sampler(settings.sampler.clone())
                .with_span_processor(processor);
            Some(provider.build())
        }
    };
    let logs = match &settings.logs {
        None => None,
        Some(export) => {
            let exporter = LogExporter::builder()
                .with_tonic()
                .with_endpoint(&export.endpoint)
                .with_timeout(export.timeout)
                .build()
                .map_err(unusable)?;
            let queue = LogQueue::default()
                .with_max_queue_size(settings.log_queue.size)
                .with_max_export_batch_size(settings.log_queue.batch)
                .with_scheduled_delay(settings.log_queue.delay)
                .build();
            let processor =
                BatchLogProcessor::builder(Told::new("logs", exporter)).with_batch_config(queue).build();
            let provider = SdkLoggerProvider::builder().with_resource(resource).with_log_processor(processor);
            Some(provider.build())
        }
    };
    Ok(Exports { traces, logs })
}

fn unusable(source: ExporterBuildError) -> StartError {
    failed("telemetry cannot be exported", source)
}

fn failed(what: &str, source: impl std::error::Error + Send + Sync + 'static) -> StartError {
    StartError::Other { what: what.to_owned(), source: source.into() }
}

/// An exporter whose failures are told.
#[derive(Debug)]
struct Told<E> {
    signal: &'static str,
    exporter: E,
    failing: AtomicBool,
}

impl<E> Told<E> {
    fn new(signal: &'static str, exporter: E) -> Self {
        Self { signal, exporter, failing: AtomicBool::new(false) }
    }

    fn tell(&self, result: OTelSdkResult) -> OTelSdkResult {
        let failed = result.is_err();
        if self.failing.swap(failed, Ordering::Relaxed) != failed {
            match &result {
                Err(error) => {
                    tracing::warn!(signal = self.signal, %error, "the collector takes nothing; it is dropped until it does");
                }
                Ok(()) => tracing::info!(signal = self.signal, "the collector takes telemetry again"),
            }
        }
        result
    }
}

impl<E: ExportsSpans> ExportsSpans for Told<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.tell(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: ExportsLogs> ExportsLogs for Told<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        self.tell(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter + Debug> PushMetricExporter for Told<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.tell(self.exporter.export(metrics).await)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
