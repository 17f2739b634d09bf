//! A provider for one test, and what a collector would have of it.

use std::collections::BTreeSet;
use std::fmt::Debug;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

/// What measures during a test, and nothing else does.
pub(super) struct Meters {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

/// What kind of instrument a metric comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
}

/// A distribution.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Distribution {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) max: f64,
    pub(super) bounds: Vec<f64>,
}

#[derive(Debug, Clone)]
enum Value {
    Number(f64),
    Distribution(Distribution),
}

#[derive(Debug)]
struct Point {
    name: String,
    unit: String,
    kind: Kind,
    attributes: Vec<(String, String)>,
    value: Value,
}

/// All points at a moment.
#[derive(Debug)]
pub(super) struct Seen {
    points: Vec<Point>,
}

impl Meters {
    pub(super) fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        // It reads when it is told to, and in a minute.
        let reader = PeriodicReader::builder(exporter.clone()).build();
        Self { exporter, provider: SdkMeterProvider::builder().with_reader(reader).build() }
    }

    pub(super) fn meter(&self) -> Meter {
        self.provider.meter("handoff")
    }

    /// Looks at everything.
    pub(super) fn see(&self) -> Seen {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let finished = self.exporter.get_finished_metrics().unwrap();
        let metrics = finished.iter().flat_map(|all| all.scope_metrics()).flat_map(|scope| scope.metrics());
        Seen { points: metrics.flat_map(points).collect() }
    }
}

impl Seen {
    /// The sum of a counter's points that have these attributes.
    pub(super) fn sum(&self, name: &str, attributes: &[(&str, &str)]) -> i64 {
        self.numbers(name, attributes).iter().sum::<f64>() as i64
    }

    /// The only point of a gauge that has these attributes.
    pub(super) fn gauge(&self, name: &str, attributes: &[(&str, &str)]) -> f64 {
        match *self.numbers(name, attributes) {
            [value] => value,
            ref other => panic!("{name} {attributes:?} has {other:?}"),
        }
    }

    /// The points of a histogram that have these attributes, taken together; there is at least one.
    pub(super) fn histogram(&self, name: &str, attributes: &[(&str, &str)]) -> Distribution {
        let distributions = self.of(name, attributes).map(|point| match &point.value {
            Value::Distribution(distribution) => distribution.clone(),
            Value::Number(_) => panic!("{name} is no histogram"),
        });
        let together = distributions.reduce(|one, other| Distribution {
            count: one.count + other.count,
            sum: one.sum + other.sum,
            max: one.max.max(other.max),
            bounds: one.bounds,
        });
        together.unwrap_or_else(|| panic!("{name} {attributes:?} is not in {self:#?}"))
    }

    /// Every instrument that was seen, with its unit and kind, by name.
    pub(super) fn instruments(&self) -> impl Iterator<Item = (&str, &str, Kind)> {
        let all: BTreeSet<_> =
            self.points.iter().map(|point| (&*point.name, &*point.unit, point.kind)).collect();
        all.into_iter()
    }

    /// Every attribute of every point.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.points.iter().flat_map(|point| &point.attributes).map(|(key, value)| (&**key, &**value))
    }

    fn numbers(&self, name: &str, attributes: &[(&str, &str)]) -> Vec<f64> {
        let numbers = self.of(name, attributes).map(|point| match point.value {
            Value::Number(number) => number,
            Value::Distribution(_) => panic!("{name} is a histogram"),
        });
        let numbers: Vec<f64> = numbers.collect();
        assert!(!numbers.is_empty(), "{name} {attributes:?} is not in {self:#?}");
        numbers
    }

    fn of(&self, name: &str, attributes: &[(&str, &str)]) -> impl Iterator<Item = &Point> {
        let has = |point: &Point, (key, value): &(&str, &str)| {
            point.attributes.iter().any(|(its, is)| its == key && is == value)
        };
        self.points.iter().filter(move |point| {
            point.name == name && attributes.iter().all(|attribute| has(point, attribute))
        })
    }
}

fn points(metric: &Metric) -> Vec<Point> {
    match metric.data() {
        AggregatedMetrics::F64(data) => points_of(metric, data, |value| value),
        AggregatedMetrics::U64(data) => points_of(metric, data, |value| value as f64),
        AggregatedMetrics::I64(data) => points_of(metric, data, |value| value as f64),
    }
}

fn points_of<T: Debug + Copy>(metric: &Metric, data: &MetricData<T>, number: fn(T) -> f64) -> Vec<Point> {
    let point = |kind, attributes: Vec<&KeyValue>, value| Point {
        name: metric.name().to_owned(),
        unit: metric.unit().to_owned(),
        kind,
        attributes: attributes
            .into_iter()
            .map(|attribute| (attribute.key.to_string(), attribute.value.to_string()))
            .collect(),
        value,
    };
    match data {
        MetricData::Gauge(gauge) => gauge
            .data_points()
            .map(|at| point(Kind::Gauge, at.attributes().collect(), Value::Number(number(at.value()))))
            .collect(),
        MetricData::Sum(sum) => {
            let kind = if sum.is_monotonic() { Kind::Counter } else { Kind::UpDownCounter };
            sum.data_points()
                .map(|at| point(kind, at.attributes().collect(), Value::Number(number(at.value()))))
                .collect()
        }
        MetricData::Histogram(histogram) => histogram
            .data_points()
            .map(|at| {
                let distribution = Distribution {
                    count: at.count(),
                    sum: number(at.sum()),
                    max: at.max().map(number).unwrap(),
                    bounds: at.bounds().collect(),
                };
                point(Kind::Histogram, at.attributes().collect(), Value::Distribution(distribution))
            })
            .collect(),
        other => panic!("{} has {other:?}, which nobody here makes", metric.name()),
    }
}
