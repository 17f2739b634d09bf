//! A tenant that calls now and then, alone and beside one that asks for all there is: what becomes of its p99, of reads and
//! of writes. Where the database is slow the queues are what keeps them apart, and the limit of calls a second of a tenant.
//! Where calls take a millisecond, what counts is who has a processor: callers, service and database share two here, so
//! that is shown and promises nothing.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::time::{MissedTickBehavior, interval};
use tokio::try_join;

use super::Setting;
use crate::floor::database::Database;
use crate::load::{Call, End, Load, Sample};
use crate::open_loop::Offer;
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;
use crate::slowed::{Client, Kind, Slowed, Slowness};
use crate::threads::Threads;

const LENGTH: Duration = Duration::from_secs(5);
/// A slow database: what a statement takes, and deciding a command.
const STATEMENT: Duration = Duration::from_millis(20);
const COMMAND: Duration = Duration::from_micros(450);
/// How often the quiet tenant calls, unless its answer takes longer.
const QUIET: Duration = Duration::from_millis(4);
/// Connections of the hot tenant, each of which may have two hundred calls.
const CONNECTIONS: usize = 4;

/// How the hot tenant is kept from the other.
struct Scene {
    name: &'static str,
    slowness: Slowness,
    /// What a tenant may call.
    calls_per_second: Option<NonZeroU32>,
    hot: Hot,
    /// Whether it is promised that the other is kept from it.
    is_claimed: bool,
}

/// What the hot tenant does.
#[derive(Clone, Copy)]
enum Hot {
    /// The same as the quiet one, by so many callers, each of which waits for its answer.
    Callers(u16),
    /// The same as the quiet one, so many a second, whatever becomes of those before.
    Offered(f64),
}

/// A service in a scene, and who calls it, each on threads of its own.
struct Ground {
    scene: Scene,
    service: Slowed,
    quiet: Threads,
    hot: Threads,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let database = Database::create(setting.postgres, "tenants").await?;
    let slow = Slowness { statement: STATEMENT, command: COMMAND };
    let scenes = [
        Scene {
            name: "slow database, 256 callers",
            slowness: slow,
            calls_per_second: None,
            hot: Hot::Callers(256),
            is_claimed: true,
        },
        Scene {
            name: "slow database, 5,000 calls/s offered, 200 allowed",
            slowness: slow,
            calls_per_second: NonZeroU32::new(200),
            hot: Hot::Offered(5_000.0),
            is_claimed: true,
        },
        Scene {
            name: "quick database, 256 callers",
            slowness: Slowness::default(),
            calls_per_second: None,
            hot: Hot::Callers(256),
            is_claimed: false,
        },
    ];
    let mut table = Table::new(
        "a tenant that calls now and then, alone and beside another",
        &[
            "the other",
            "calls",
            "alone p50 ms",
            "alone p99 ms",
            "beside p50 ms",
            "beside p99 ms",
            "÷ alone",
            "the other's calls/s",
        ],
    );
    let mut claims = Vec::new();
    for scene in scenes {
        let service = Slowed::start(database.url(), scene.slowness, scene.calls_per_second).await?;
        let ground = Ground { scene, service, quiet: Threads::start()?, hot: Threads::start_elsewhere()? };
        // A tenant comes into being with its first command.
        for tenant in ["hot", "quiet"] {
            Client::connect(&ground.service.endpoint(), tenant, Kind::Write).await?.make().await?;
        }
        for (name, kind) in [("reads", Kind::Read), ("writes", Kind::Write)] {
            claims.extend(ground.compare(setting, name, kind, &mut table).await?);
        }
        ground.service.stop().await;
    }
    database.drop().await?;
    Ok(Outcome { tables: vec![table], claims, remarks: Vec::new() })
}

impl Ground {
    async fn compare(
        &self,
        setting: &Setting<'_>,
        name: &'static str,
        kind: Kind,
        table: &mut Table,
    ) -> anyhow::Result<Option<Claim>> {
        let endpoint = self.service.endpoint();
        let quiet = self.quiet.run(connected(endpoint.clone(), "quiet", kind, 1)).await?;
        let hot = self.hot.run(connected(endpoint, "hot", kind, CONNECTIONS)).await?;
        let (mut alone, mut beside) = (Percentiles::default(), Percentiles::default());
        let mut other = Rounds::default();
        let rounds = setting.rounds(5);
        for round in 1..=rounds {
            setting.say(&format!("{}: {name}, round {round} of {rounds}", self.scene.name));
            alone.note(&self.quiet.run(now_and_then(quiet[0].clone())).await?);
            let mine = self.quiet.run(now_and_then(quiet[0].clone()));
            let (mine, theirs) = try_join!(mine, self.hot.run(self.scene.hot.call(hot.clone())))?;
            beside.note(&mine);
            other.push(theirs);
        }
        let ratio = beside.p99.against(&alone.p99);
        table.row([
            Cell::word(self.scene.name),
            Cell::word(name),
            Cell::number(alone.p50.median(), 2),
            Cell::number(alone.p99.median(), 2),
            Cell::number(beside.p50.median(), 2),
            Cell::number(beside.p99.median(), 2),
            Cell::spread(&ratio, 2),
            Cell::spread(&other, 0),
        ]);
        let claim = || Claim {
            figure: format!("p99 of {name} beside another tenant ÷ alone; {}", self.scene.name),
            value: ratio,
            decimals: 2,
            goal: 1.5,
            floor: 2.0,
            better: Better::Lower,
        };
        Ok(self.scene.is_claimed.then(claim))
    }
}

impl Hot {
    /// Calls for a while; how many a second were answered.
    async fn call(self, clients: Vec<Client>) -> anyhow::Result<f64> {
        let calls_per_second = match self {
            Self::Callers(in_flight) => {
                let load = Load { in_flight, end: End::After(LENGTH) };
                let sample = load.drive(|task| clients[task % clients.len()].clone()).await?;
                return Ok(sample.calls_per_second());
            }
            Self::Offered(calls_per_second) => calls_per_second,
        };
        let offer = Offer { calls_per_second, length: LENGTH, deadline: Duration::from_secs(1) };
        let seen = offer.make(&clients).await?;
        (seen.failed == 0).then_some(()).with_context(|| format!("a call failed: {:?}", seen.failure))?;
        Ok(seen.goodput(offer))
    }
}

async fn connected(
    endpoint: String,
    tenant: &'static str,
    kind: Kind,
    connections: usize,
) -> anyhow::Result<Vec<Client>> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(Client::connect(&endpoint, tenant, kind).await?);
    }
    Ok(clients)
}

/// One call after the other, at a steady pace.
#[expect(clippy::disallowed_methods, reason = "the pace is what is given")]
async fn now_and_then(mut client: Client) -> anyhow::Result<Sample> {
    let (started, mut ticks) = (Instant::now(), interval(QUIET));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut latencies = Vec::new();
    while started.elapsed() < LENGTH {
        ticks.tick().await;
        let called = Instant::now();
        client.make().await?;
        latencies.push(called.elapsed());
    }
    Ok(Sample::of(latencies))
}

#[derive(Default)]
struct Percentiles {
    p50: Rounds,
    p99: Rounds,
}

impl Percentiles {
    fn note(&mut self, sample: &Sample) {
        self.p50.push(sample.percentile_ms(50));
        self.p99.push(sample.percentile_ms(99));
    }
}
