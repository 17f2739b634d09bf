//! A consumer loses nothing and doubles nothing, whatever happens to the other side.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handoff_domain::error::{Error, Reason};
use handoff_domain::id::TenantId;
use handoff_proto::event::v1::{Event, SubscribeEventsResponse};
use handoff_runtime::client::{self, Caller};
use handoff_runtime::consumer::{Consumer, FollowedLog, Follower};
use handoff_runtime::shutdown::Shutdown;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::ledger::{Append, Logs};
use crate::stub::World;

/// A service's own schema, in memory: which positions had an effect, in the order of their effects.
#[derive(Clone, Default)]
pub(crate) struct Effects {
    positions: Arc<Mutex<BTreeMap<TenantId, Vec<i64>>>>,
    /// Tenants whose next events fail once.
    failing: Arc<Mutex<HashSet<TenantId>>>,
    /// Effects at once, in the order of their making.
    sizes: Arc<Mutex<Vec<usize>>>,
    /// What it takes to make effects durable.
    pace: Duration,
}

impl Follower for Effects {
    async fn cursors(&self) -> Result<Vec<(TenantId, i64)>, Error> {
        let positions = self.positions.lock().unwrap();
        Ok(positions.iter().map(|(tenant, done)| (*tenant, done.last().copied().unwrap_or(0))).collect())
    }

    #[expect(clippy::disallowed_methods, reason = "a slow follower is one that takes its time")]
    async fn apply(&self, tenant: TenantId, events: Vec<Event>) -> Result<(), Error> {
        if self.failing.lock().unwrap().remove(&tenant) {
            return Err(Error::Busy { reason: Reason::StoreUnavailable });
        }
        tokio::time::sleep(self.pace).await;
        self.sizes.lock().unwrap().push(events.len());
        let mut positions = self.positions.lock().unwrap();
        positions.entry(tenant).or_default().extend(events.iter().map(|event| event.position));
        Ok(())
    }
}

impl Effects {
    pub(crate) fn of(&self, tenant: &str) -> Vec<i64> {
        self.positions.lock().unwrap().get(&TenantId::from_slug(tenant)).cloned().unwrap_or_default()
    }

    /// Follows the log at `endpoint` in a task.
    pub(crate) fn follow(&self, endpoint: &str) -> (FollowedLog, Shutdown, JoinHandle<()>) {
        let peer = client::connect_lazy(endpoint, &Caller::service("reporting")).unwrap();
        self.run(Consumer::new("qualification", peer, self.clone()))
    }

    /// As [`Effects::follow`], measured by `meter`.
    fn follow_measured(&self, endpoint: &str, meter: &Meter) -> (FollowedLog, Shutdown, JoinHandle<()>) {
        let peer = client::connect_lazy(endpoint, &Caller::service("reporting")).unwrap();
        self.run(Consumer::new("qualification", peer, self.clone()).measured(meter, "reporting"))
    }

    fn run(&self, consumer: Consumer<Self>) -> (FollowedLog, Shutdown, JoinHandle<()>) {
        let (log, shutdown) = (consumer.log(), Shutdown::new());
        let stop = shutdown.clone();
        (log, shutdown, tokio::spawn(async move { consumer.run(&stop).await }))
    }
}

pub(crate) async fn reached(log: &FollowedLog, tenant: &str, position: i64) {
    let reached = log.positions().reached(TenantId::from_slug(tenant), position);
    timeout(Duration::from_secs(30), reached).await.expect("the consumer gets there");
}

fn all_up_to(last: i64) -> Vec<i64> {
    (1..=last).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_loses_nothing_and_doubles_nothing() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 700, bytes: 10 }).await;
    let effects = Effects::default();
    let served = logs.serve("127.0.0.1:0").await;
    let address = served.running.address.to_string();
    let (log, shutdown, task) = effects.follow(&served.running.endpoint());
    reached(&log, "acme", 700).await;

    served.stop().await;
    logs.append("acme", Append { events: 600, bytes: 10 }).await;
    logs.append("other", Append { events: 5, bytes: 10 }).await;
    let served = logs.serve(&address).await;
    reached(&log, "acme", 1_300).await;
    reached(&log, "other", 5).await;
    assert_eq!(effects.of("acme"), all_up_to(1_300));
    assert_eq!(effects.of("other"), all_up_to(5));

    shutdown.request();
    task.await.unwrap();
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_consumer_goes_on_from_its_cursors() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 10, bytes: 10 }).await;
    let effects = Effects::default();
    let served = logs.serve("127.0.0.1:0").await;
    for last in [10, 20, 30] {
        let (log, shutdown, task) = effects.follow(&served.running.endpoint());
        reached(&log, "acme", last).await;
        shutdown.request();
        task.await.unwrap();
        logs.append("acme", Append { events: 10, bytes: 10 }).await;
    }
    assert_eq!(effects.of("acme"), all_up_to(30));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn catching_up_means_that_everything_up_to_the_head_is_applied() {
    let logs = Logs::new().await;
    let effects = Effects::default();
    let served = logs.serve("127.0.0.1:0").await;
    let (log, shutdown, task) = effects.follow(&served.running.endpoint());
    let acme = TenantId::from_slug("acme");
    assert_eq!(log.head(acme).await.unwrap(), None, "there is no such tenant yet");
    for events in 1..=5 {
        logs.append("acme", Append { events, bytes: 10 }).await;
        log.caught_up(&log.head(acme).await.unwrap().unwrap()).await;
        let applied = i64::try_from(effects.of("acme").len()).unwrap();
        assert_eq!(applied, i64::try_from(events * (events + 1) / 2).unwrap());
        assert!(log.positions().applied(acme) >= applied);
    }
    shutdown.request();
    task.await.unwrap();
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_fails_is_tried_again_and_the_others_go_on() {
    let logs = Logs::new().await;
    for tenant in ["acme", "other", "third"] {
        logs.append(tenant, Append { events: 1_100, bytes: 10 }).await;
    }
    let effects = Effects::default();
    effects.failing.lock().unwrap().insert(TenantId::from_slug("other"));
    let served = logs.serve("127.0.0.1:0").await;
    let (log, shutdown, task) = effects.follow(&served.running.endpoint());
    for tenant in ["acme", "other", "third"] {
        reached(&log, tenant, 1_100).await;
        assert_eq!(effects.of(tenant), all_up_to(1_100));
    }
    shutdown.request();
    task.await.unwrap();
    served.stop().await;
}

fn message(tenant: &str, positions: &[i64]) -> SubscribeEventsResponse {
    SubscribeEventsResponse {
        tenant_uid: TenantId::from_slug(tenant).to_string(),
        events: positions.iter().map(|position| Event { position: *position, ..Event::default() }).collect(),
    }
}

#[tokio::test]
async fn messages_that_wait_for_a_slow_follower_are_applied_together() {
    let world = World::start().await;
    let messages: Vec<_> =
        (0..200).map(|at| message("acme", &[3 * at + 1, 3 * at + 2, 3 * at + 3])).collect();
    world.stub.scripts.lock().unwrap().push_back(messages);
    let effects = Effects { pace: Duration::from_millis(50), ..Effects::default() };
    let (log, shutdown, task) = effects.follow(&world.running.endpoint());
    reached(&log, "acme", 600).await;
    assert_eq!(effects.of("acme"), all_up_to(600));
    let sizes = effects.sizes.lock().unwrap().clone();
    assert!(sizes.len() < 100 && sizes.iter().all(|size| *size <= 500), "{sizes:?}");
    shutdown.request();
    task.await.unwrap();
}

#[tokio::test]
async fn a_gap_is_never_applied_and_the_log_is_asked_again() {
    let world = World::start().await;
    world.stub.scripts.lock().unwrap().extend([
        vec![message("acme", &[1, 2]), message("acme", &[4])],
        vec![message("acme", &[2, 3])],
        vec![message("acme", &[3, 4])],
    ]);
    let effects = Effects::default();
    let (log, shutdown, task) = effects.follow(&world.running.endpoint());
    reached(&log, "acme", 4).await;
    assert_eq!(effects.of("acme"), all_up_to(4));
    shutdown.request();
    task.await.unwrap();
    let asked: Vec<Vec<i64>> = world
        .stub
        .cursors
        .lock()
        .unwrap()
        .iter()
        .map(|cursors| cursors.iter().map(|cursor| cursor.position).collect())
        .collect();
    assert_eq!(asked, [vec![], vec![2], vec![2]]);
}

/// What a consumer measures, by name, unit and attributes: a number, or how many there are in a histogram.
fn measured(exporter: &InMemoryMetricExporter, provider: &SdkMeterProvider) -> BTreeMap<String, f64> {
    exporter.reset();
    provider.force_flush().unwrap();
    let mut seen = BTreeMap::new();
    for metrics in exporter.get_finished_metrics().unwrap() {
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            let points: Vec<(Vec<String>, f64)> = match metric.data() {
                AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
                    gauge.data_points().map(|point| (words(point.attributes()), point.value())).collect()
                }
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    sum.data_points().map(|point| (words(point.attributes()), point.value() as f64)).collect()
                }
                AggregatedMetrics::F64(MetricData::Histogram(all)) => {
                    all.data_points().map(|point| (words(point.attributes()), point.count() as f64)).collect()
                }
                AggregatedMetrics::U64(MetricData::Histogram(all)) => {
                    all.data_points().map(|point| (words(point.attributes()), point.count() as f64)).collect()
                }
                other => panic!("{} has {other:?}", metric.name()),
            };
            for (attributes, value) in points {
                seen.insert(format!("{} {} {}", metric.name(), metric.unit(), attributes.join(" ")), value);
            }
        }
    }
    seen
}

fn words<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> Vec<String> {
    let mut words: Vec<_> =
        attributes.map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect();
    words.sort();
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_tells_how_far_it_is_behind_what_it_applied_and_what_failed() {
    let logs = Logs::new().await;
    logs.append("acme", Append { events: 7, bytes: 10 }).await;
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let effects = Effects::default();
    effects.failing.lock().unwrap().insert(TenantId::from_slug("acme"));
    let served = logs.serve("127.0.0.1:0").await;
    let (log, shutdown, task) =
        effects.follow_measured(&served.running.endpoint(), &provider.meter("handoff"));
    reached(&log, "acme", 7).await;
    log.head(TenantId::from_slug("acme")).await.unwrap().unwrap();
    shutdown.request();
    task.await.unwrap();
    let seen = measured(&exporter, &provider);
    let names = "handoff.consumer.source=qualification handoff.schema=reporting";
    assert_eq!(seen[&format!("handoff.consumer.events {{event}} {names}")], 7.0);
    assert_eq!(seen[&format!("handoff.consumer.apply.duration s {names}")], 1.0);
    assert_eq!(seen[&format!("handoff.consumer.apply.duration s error.type=unavailable {names}")], 1.0);
    assert_eq!(seen[&format!("handoff.consumer.head_distance {{event}} {names}")], 1.0);
    let lag = seen[&format!("handoff.consumer.lag s {names}")];
    assert!((0.0..60.0).contains(&lag), "{lag} is in seconds");
    assert_eq!(seen.len(), 5, "and nothing else: {seen:?}");
    served.stop().await;
}
