//! What telemetry costs: durable RecordActivity on one tenant at 256 in flight, of a service without any, of one whose
//! traces a collector takes, and of ones whose collector is gone or slow. Telemetry is a process's own, so each is a
//! process of its own, on the same database and in turns; the collectors are here, beside the callers.

use std::time::Duration;

use anyhow::{Context, ensure};
use handoff_tests::alone::Alone;
use handoff_tests::collector::Collector;
use handoff_tests::http::get;

use super::Setting;
use crate::floor::database::Database;
use crate::load::{End, Load, Sample};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::population::Population;
use crate::rounds::Rounds;
use crate::services::Connections;

/// A round gives each service its turn so many times, for so long: what a shared host does to one it then does to all.
const TURNS: usize = 6;
const TURN: Duration = Duration::from_secs(1);
const IN_FLIGHT: u16 = 256;
/// How long the slow collector takes for an answer: less than an export waits for one (10 s).
const SLOW: Duration = Duration::from_secs(5);
/// Nobody listens there: whoever connects is refused.
const DEAD: &str = "http://127.0.0.1:9";
const DROPPED: &str = "otel_sdk_processor_span_processed_total";

/// A service of one kind, and what was seen of it.
struct Side {
    name: &'static str,
    service: Alone,
    population: Population,
    calls_per_second: Rounds,
    p99: Rounds,
    calls: usize,
    /// Of the round so far.
    turns: Vec<Sample>,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let rounds = setting.rounds(7);
    let (live, slow) = (Collector::start()?, Collector::answering_after(SLOW)?);
    let (live_address, slow_address) = (live.endpoint(), slow.endpoint());
    let mut database = Database::create(setting.postgres, "telemetry").await?;
    setting.say(&format!("founding a tenant with {} leads", Population::LEADS));
    let mut sides: Vec<Side> = Vec::new();
    for (name, variables) in [
        ("without telemetry", vec![("OTEL_SDK_DISABLED", "true")]),
        ("traced at 10 %", sent_to(&live_address)),
        ("its collector gone", sent_to(DEAD)),
        ("its collector slow", sent_to(&slow_address)),
        // As it is where nobody names a collector: metrics for whoever asks, and no spans.
        ("measured only", Vec::new()),
    ] {
        let service = Alone::told(database.url(), &["--insecure-dev"], &variables).await?;
        let connections = Connections::open(&service.endpoints().qualification).await?;
        let population = match sides.first() {
            Some(first) => first.population.through(&connections),
            None => Population::found(&connections, 1).await?,
        };
        let (calls_per_second, p99, turns) = Default::default();
        sides.push(Side { name, service, population, calls_per_second, p99, calls: 0, turns });
    }
    database.settle().await?;
    for round in 1..=rounds {
        setting.say(&format!("round {round} of {rounds}"));
        for turn in 0..TURNS * sides.len() {
            let side = turn % sides.len();
            sides[side].take_turn().await?;
        }
        sides.iter_mut().for_each(Side::end_round);
    }
    let recorded = sides.iter().map(|side| side.calls).sum();
    database.check(recorded, "select count(*) from qualification.activity").await?;
    let remarks = vec![
        format!("the live collector got {} spans", live.received().spans().count()),
        format!("{} spans were dropped for the one that is gone", sides[2].dropped().await?),
        format!(
            "{} for the slow one, which got {}",
            sides[3].dropped().await?,
            slow.received().spans().count()
        ),
    ];
    ensure!(live.received().spans().count() > 0, "nothing was traced, and so nothing was measured");
    let outcome = Outcome { tables: vec![table(&sides)], claims: claims(&sides), remarks };
    for side in sides {
        drop(side.population);
        side.service.stop().await.context(side.name)?;
    }
    database.drop().await?;
    Ok(outcome)
}

/// What a service is told whose telemetry goes there.
fn sent_to(endpoint: &str) -> Vec<(&str, &str)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.1"),
    ]
}

impl Side {
    async fn take_turn(&mut self) -> anyhow::Result<()> {
        let load = Load { in_flight: IN_FLIGHT, end: End::After(TURN) };
        let sample = load.drive(|task| self.population.recorder(task)).await.context(self.name)?;
        self.calls += sample.calls();
        self.turns.push(sample);
        Ok(())
    }

    fn end_round(&mut self) {
        let round = Sample::together(self.turns.drain(..));
        self.calls_per_second.push(round.calls_per_second());
        self.p99.push(round.percentile_ms(99));
    }

    fn against(&self, other: &Self) -> Rounds {
        self.calls_per_second.against(&other.calls_per_second)
    }

    /// How many spans found no room in its queue, as it counts them.
    async fn dropped(&self) -> anyhow::Result<f64> {
        let text = get(&format!("http://{}/metrics", self.service.health)).await?;
        let dropped = |line: &&str| line.starts_with(DROPPED) && line.contains("queue_full");
        let numbers = text.lines().filter(dropped).filter_map(|line| line.rsplit(' ').next());
        numbers.map(|number| number.parse::<f64>().context("a number")).sum()
    }
}

fn table(sides: &[Side]) -> Table {
    let columns = &["service", "calls/s", "p99 ms", "÷ without", "÷ traced at 10 %"];
    let mut table = Table::new("RecordActivity on one tenant, 256 in flight", columns);
    for side in sides {
        table.row([
            Cell::word(side.name),
            Cell::spread(&side.calls_per_second, 0),
            Cell::spread(&side.p99, 1),
            Cell::spread(&side.against(&sides[0]), 3),
            Cell::spread(&side.against(&sides[1]), 3),
        ]);
    }
    table
}

/// What tracing costs by itself, and what a collector costs besides that is not well.
fn claims(sides: &[Side]) -> Vec<Claim> {
    let claim = |side: &Side, other: &Side, goal| Claim {
        figure: format!("durable RecordActivity, {} ÷ {}", side.name, other.name),
        value: side.against(other),
        decimals: 3,
        goal,
        floor: goal,
        better: Better::Higher,
    };
    let [without, traced, gone, slow, ..] = sides else { return Vec::new() };
    vec![claim(traced, without, 0.85), claim(gone, traced, 0.95), claim(slow, traced, 0.95)]
}
