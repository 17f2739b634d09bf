//! The counts on a database, with what a batch says of lateness.

use chrono::TimeDelta;
use chrono_tz::Tz;
use handoff_domain::id::{HandoffId, LeadId};
use handoff_domain::sla::Command;
use handoff_domain::target::Target;
use handoff_store::batch::Limits;
use handoff_store::database::{Options, Service};
use handoff_store::scratch::ScratchDatabase;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use uuid::Uuid;

use super::*;
use crate::app::App;
use crate::ledger::{Answer, Heard, Wish};

struct World {
    _scratch: ScratchDatabase,
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
    app: App,
    tally: Tally,
    heard: i64,
}

impl World {
    async fn new() -> Self {
        let scratch = ScratchDatabase::new().await.unwrap();
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        let options = Options { meter: Some(provider.meter("handoff")), ..Options::default() };
        let database = Database::connect(&scratch.url(), Service::Sla, options).await.unwrap();
        let (app, tally) =
            (App::new(database.clone(), Limits::default()), Tally::new(&database, &Shutdown::new()));
        Self { _scratch: scratch, exporter, provider, app, tally, heard: 0 }
    }

    async fn hear(&mut self, tenant: &str, commands: Vec<Command>) {
        let after = self.heard;
        let commands: Vec<_> = (after + 1..).zip(commands).collect();
        self.heard = commands.last().map_or(after, |(position, _)| *position);
        let heard = Heard { after, last: self.heard, commands };
        self.app.do_own(TenantId::from_slug(tenant), Wish::Hear(heard)).await.unwrap();
    }

    /// What an observer sees: open and overdue, or nothing yet.
    fn shown(&self) -> Vec<(String, i64)> {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let mut shown = Vec::new();
        for metrics in self.exporter.get_finished_metrics().unwrap() {
            for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
                if !metric.name().starts_with("handoff.clock.") {
                    continue;
                }
                assert_eq!(metric.unit(), "{clock}");
                let AggregatedMetrics::I64(MetricData::Gauge(gauge)) = metric.data() else {
                    panic!("{} is a gauge of whole numbers", metric.name())
                };
                for point in gauge.data_points() {
                    assert_eq!(
                        point.attributes().cloned().collect::<Vec<_>>(),
                        [KeyValue::new("handoff.schema", "sla")]
                    );
                    shown.push((metric.name().to_owned(), point.value()));
                }
            }
        }
        shown.sort();
        shown
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_and_overdue_clocks_are_those_of_all_tenants_as_of_the_last_turn() {
    let mut world = World::new().await;
    let now = handoff_runtime::clock::now();
    let founded = Command::TenantChanged {
        time_zone: Tz::UTC,
        effective_from: now - TimeDelta::days(9),
        decide: Some("1h calendar".parse::<Target>().unwrap()),
    };
    let qualified = |id: u128, hours_ago: i64| Command::HandoffQualified {
        handoff: HandoffId(Uuid::from_u128(id)),
        lead: LeadId(Uuid::from_u128(id)),
        mql_at: now - TimeDelta::hours(hours_ago),
        recorded_at: now - TimeDelta::hours(hours_ago),
        imported: false,
    };
    world.hear("acme", vec![founded.clone(), qualified(1, 3), qualified(2, 0)]).await;
    world.heard = 0;
    world.hear("other", vec![founded, qualified(3, 0)]).await;
    assert_eq!(world.shown(), [], "nothing is known before the first turn");

    world.tally.turn().await.unwrap();
    let pair = |open, overdue| {
        [("handoff.clock.open".to_owned(), open), ("handoff.clock.overdue".to_owned(), overdue)]
    };
    assert_eq!(world.shown(), pair(3, 0));
    let fired = world.app.do_own(TenantId::from_slug("acme"), Wish::FireDue { until: now }).await.unwrap();
    let Answer::Fired { breaches: 1, late } = fired else { panic!("one deadline has passed: {fired:?}") };
    // Three hours ago with an hour's target: due two hours ago.
    assert!((TimeDelta::hours(2)..TimeDelta::minutes(125)).contains(&late[0]), "{late:?}");
    assert_eq!(world.shown(), pair(3, 0), "as of the last turn");
    world.tally.turn().await.unwrap();
    assert_eq!(world.shown(), pair(3, 1));

    world
        .hear(
            "other",
            vec![Command::HandoffAccepted {
                handoff: HandoffId(Uuid::from_u128(3)),
                at: now,
                implied: false,
            }],
        )
        .await;
    world.tally.turn().await.unwrap();
    assert_eq!(world.shown(), pair(2, 1));
}
