//! The standard `OTEL_*` variables, read and judged as a whole: every fault names its variable, and none is passed over.
//! Variables that are empty count as not set, as OpenTelemetry has it.
//!
//! Values of headers may be secrets: a fault never quotes them.

use std::str::FromStr;
use std::time::Duration;

use http::Uri;
use opentelemetry_sdk::trace::Sampler;

/// Where exporters send to when they are asked for and no address is.
const DEFAULT_ENDPOINT: &str = "http://localhost:4317";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the environment says.
#[derive(Debug)]
pub(super) struct Settings {
    /// Nothing is to be measured or traced at all.
    pub(super) disabled: bool,
    /// It gives the service a name of its own.
    pub(super) names_the_service: bool,
    pub(super) traces: Option<Export>,
    pub(super) metrics: Option<Export>,
    pub(super) logs: Option<Export>,
    pub(super) sampler: Sampler,
    pub(super) span_queue: Queue,
    pub(super) log_queue: Queue,
    pub(super) metric_interval: Duration,
}

/// Where a signal goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Export {
    pub(super) endpoint: String,
    pub(super) timeout: Duration,
}

/// How a signal waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Queue {
    pub(super) size: usize,
    pub(super) batch: usize,
    pub(super) delay: Duration,
}

impl Settings {
    /// Reads them by `lookup`.
    ///
    /// # Errors
    /// Every fault, as a sentence that begins with the variable.
    pub(super) fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let mut reader = Reader { lookup, faults: Vec::new() };
        let settings = Self {
            disabled: reader.parsed("OTEL_SDK_DISABLED", "true or false", word).unwrap_or(false),
            names_the_service: reader.names_the_service(),
            traces: reader.export("TRACES"),
            metrics: reader.export("METRICS"),
            logs: reader.export("LOGS"),
            sampler: reader.sampler(),
            span_queue: reader.queue("OTEL_BSP", Duration::from_secs(5)),
            log_queue: reader.queue("OTEL_BLRP", Duration::from_secs(1)),
            metric_interval: reader.millis("OTEL_METRIC_EXPORT_INTERVAL").unwrap_or(Duration::from_secs(60)),
        };
        if reader.faults.is_empty() { Ok(settings) } else { Err(reader.faults) }
    }
}

struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn parsed<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.get(name)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            // A variable that all signals share is read for each of them.
            let fault = format!("{name} is `{value}`, and must be {wanted}");
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
        parsed
    }

    fn millis(&mut self, name: &str) -> Option<Duration> {
        self.parsed(name, "a whole number of milliseconds above 0", positive).map(Duration::from_millis)
    }

    /// The signal's own variable, else the one for all.
    fn of_signal(&self, signal: &str, what: &str) -> (String, Option<String>) {
        let own = format!("OTEL_EXPORTER_OTLP_{signal}_{what}");
        match self.get(&own) {
            Some(value) => (own, Some(value)),
            None => {
                let general = format!("OTEL_EXPORTER_OTLP_{what}");
                let value = self.get(&general);
                (general, value)
            }
        }
    }

    fn export(&mut self, signal: &str) -> Option<Export> {
        let exporter = format!("OTEL_{signal}_EXPORTER");
        let asked = self.parsed(&exporter, "otlp or none", |value| match value {
            "otlp" => Some(true),
            "none" => Some(false),
            _ => None,
        });
        let (name, endpoint) = self.of_signal(signal, "ENDPOINT");
        if let Some(endpoint) = &endpoint
            && !is_endpoint(endpoint)
        {
            self.fault(format!("{name} is `{endpoint}`, and must be an address like {DEFAULT_ENDPOINT}"));
        }
        let (name, protocol) = self.of_signal(signal, "PROTOCOL");
        if let Some(protocol) = protocol.filter(|protocol| protocol != "grpc") {
            self.fault(format!("{name} is `{protocol}`; only grpc is built in"));
        }
        let (name, compression) = self.of_signal(signal, "COMPRESSION");
        if let Some(compression) = compression.filter(|compression| compression != "none") {
            self.fault(format!("{name} is `{compression}`; no compression is built in"));
        }
        let (name, headers) = self.of_signal(signal, "HEADERS");
        if headers.is_some_and(|headers| !are_pairs(&headers)) {
            self.fault(format!("{name} must be pairs like key=value between commas"));
        }
        let (name, _) = self.of_signal(signal, "TIMEOUT");
        let timeout = self.millis(&name).unwrap_or(DEFAULT_TIMEOUT);
        let wanted = asked.unwrap_or(endpoint.is_some());
        let endpoint = endpoint.unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        wanted.then_some(Export { endpoint, timeout })
    }

    fn names_the_service(&mut self) -> bool {
        const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
        let attributes = self.get(NAME).unwrap_or_default();
        if !are_pairs(&attributes) {
            self.fault(format!("{NAME} must be pairs like key=value between commas"));
        }
        let named = |pair: &str| pair.trim_start().starts_with("service.name=");
        self.get("OTEL_SERVICE_NAME").is_some() || attributes.split(',').any(named)
    }

    fn sampler(&mut self) -> Sampler {
        const NAME: &str = "OTEL_TRACES_SAMPLER";
        let share = |text: &str| f64::from_str(text).ok().filter(|share| (0.0..=1.0).contains(share));
        let ratio = self.parsed("OTEL_TRACES_SAMPLER_ARG", "a share between 0 and 1", share).unwrap_or(1.0);
        let parent_based = |root: Sampler| Sampler::ParentBased(Box::new(root));
        let named = |value: &str| {
            Some(match value {
                "always_on" => Sampler::AlwaysOn,
                "always_off" => Sampler::AlwaysOff,
                "traceidratio" => Sampler::TraceIdRatioBased(ratio),
                "parentbased_always_on" => parent_based(Sampler::AlwaysOn),
                "parentbased_always_off" => parent_based(Sampler::AlwaysOff),
                "parentbased_traceidratio" => parent_based(Sampler::TraceIdRatioBased(ratio)),
                _ => return None,
            })
        };
        let wanted =
            "one of always_on, always_off, traceidratio, and each of them with parentbased_ before it";
        self.parsed(NAME, wanted, named).unwrap_or_else(|| parent_based(Sampler::AlwaysOn))
    }

    fn queue(&mut self, prefix: &str, delay: Duration) -> Queue {
        let wanted = "a whole number above 0";
        let number = |value: &str| positive(value).and_then(|number| usize::try_from(number).ok());
        let size = self.parsed(&format!("{prefix}_MAX_QUEUE_SIZE"), wanted, number).unwrap_or(2_048);
        let name = format!("{prefix}_MAX_EXPORT_BATCH_SIZE");
        let batch = self.parsed(&name, wanted, number);
        if let Some(batch) = batch.filter(|batch| *batch > size) {
            self.fault(format!("{name} is {batch}, and must not exceed the queue's {size}"));
        }
        let delay = self.millis(&format!("{prefix}_SCHEDULE_DELAY")).unwrap_or(delay);
        Queue { size, batch: batch.unwrap_or(512).min(size), delay }
    }

    /// Once, though every signal looks at what they share.
    fn fault(&mut self, fault: String) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

fn word(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn positive(value: &str) -> Option<u64> {
    value.parse().ok().filter(|number| *number > 0)
}

fn is_endpoint(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

fn are_pairs(text: &str) -> bool {
    let pair = |pair: &str| pair.split_once('=').is_some_and(|(key, _)| !key.trim().is_empty());
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).all(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        Settings::read(&|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[track_caller]
    fn check_fault(variable: &str, value: &str) {
        let faults = read(&[(variable, value)]).expect_err(value);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with(variable), "{faults:?}");
    }

    #[test]
    fn without_a_collector_nothing_is_exported() {
        let settings = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]).expect("nothing is wrong");
        assert_eq!((settings.traces, settings.metrics, settings.logs), (None, None, None));
        assert!(!settings.disabled && !settings.names_the_service);
    }

    #[test]
    fn a_signals_own_variables_win_over_those_for_all() {
        let settings = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces.example"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "3000"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "500"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ])
        .expect("nothing is wrong");
        let export = |endpoint: &str, millis| {
            Some(Export { endpoint: endpoint.to_owned(), timeout: Duration::from_millis(millis) })
        };
        assert_eq!(settings.traces, export("https://traces.example", 3_000));
        assert_eq!(settings.metrics, export("http://collector:4317", 500));
        assert_eq!(settings.logs, None);
    }

    #[test]
    fn an_exporter_that_is_asked_for_without_an_address_has_the_usual_one() {
        let settings = read(&[("OTEL_TRACES_EXPORTER", "otlp")]).expect("nothing is wrong");
        assert_eq!(settings.traces.expect("asked for").endpoint, DEFAULT_ENDPOINT);
        assert_eq!(settings.metrics, None);
    }

    #[test]
    fn a_value_that_cannot_be_used_is_told_by_its_variable() {
        for (variable, value) in [
            ("OTEL_SDK_DISABLED", "perhaps"),
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "secret"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
            ("OTEL_RESOURCE_ATTRIBUTES", "production"),
            ("OTEL_TRACES_SAMPLER", "sometimes"),
            ("OTEL_TRACES_SAMPLER_ARG", "10"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "-1"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1.5"),
        ] {
            check_fault(variable, value);
        }
    }

    #[test]
    fn all_faults_are_told_at_once_and_no_header_is_quoted() {
        let faults = read(&[
            ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
            ("OTEL_TRACES_SAMPLER", "x"),
            ("OTEL_BSP_SCHEDULE_DELAY", "x"),
        ])
        .expect_err("three faults");
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(!faults.join("").contains("hunter2"), "{faults:?}");
    }

    #[test]
    fn the_sampler_is_the_named_one() {
        let sampler = |name: &str, share: &str| {
            let settings = read(&[("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", share)]);
            format!("{:?}", settings.expect("nothing is wrong").sampler)
        };
        assert_eq!(sampler("parentbased_traceidratio", "0.1"), "ParentBased(TraceIdRatioBased(0.1))");
        assert_eq!(sampler("always_off", ""), "AlwaysOff");
        assert_eq!(sampler("", ""), "ParentBased(AlwaysOn)");
    }

    #[test]
    fn a_small_queue_has_small_batches() {
        let settings = read(&[("OTEL_BSP_MAX_QUEUE_SIZE", "100")]).expect("nothing is wrong");
        assert_eq!((settings.span_queue.size, settings.span_queue.batch), (100, 100));
        assert_eq!((settings.log_queue.size, settings.log_queue.batch), (2_048, 512));
    }

    #[test]
    fn a_name_of_the_environment_is_kept() {
        for named in [
            ("OTEL_SERVICE_NAME", "leads"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod, service.name=leads"),
        ] {
            assert!(read(&[named]).expect("nothing is wrong").names_the_service, "{named:?}");
        }
    }
}
