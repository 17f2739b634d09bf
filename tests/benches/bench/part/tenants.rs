//! A tenant with one caller, alone and beside one that asks for all there is: what becomes of its p99, of reads and of
//! writes. Where deciding is slow the queues are what keeps them apart, where calls are quick the limit of calls a second
//! of a tenant. Without either the two share the processors, which is shown and promises nothing.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::Context;
use tokio::try_join;

use super::Setting;
use crate::floor::database::Database;
use crate::load::{End, Load, Sample};
use crate::open_loop::Offer;
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;
use crate::slowed::{Client, Kind, Slowed};

const LENGTH: Duration = Duration::from_secs(3);
/// Connections of the hot tenant, each of which may have two hundred calls.
const CONNECTIONS: usize = 4;

/// How the hot tenant is kept from the other.
struct Scene {
    name: &'static str,
    /// What deciding a command takes.
    per_command: Duration,
    /// What a tenant may call: more than one caller can.
    calls_per_second: Option<NonZeroU32>,
    hot: Hot,
    /// Whether it is promised that the other is kept from it.
    is_claimed: bool,
}

/// What the hot tenant does.
#[derive(Clone, Copy)]
enum Hot {
    /// Writes, by so many callers, each of which waits for its answer.
    Writes(u16),
    /// The same as the quiet one, by so many callers.
    Callers(u16),
    /// The same as the quiet one, so many a second, whatever becomes of those before.
    Offered(f64),
}

/// A service in a scene, and what was seen in it.
struct Ground {
    scene: Scene,
    service: Slowed,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let database = Database::create(setting.postgres, "tenants").await?;
    let scenes = [
        Scene {
            name: "slow deciding, 256 callers write",
            per_command: Duration::from_micros(450),
            calls_per_second: None,
            hot: Hot::Writes(256),
            is_claimed: true,
        },
        Scene {
            name: "4,000 calls/s of a tenant, 10,000 offered",
            per_command: Duration::ZERO,
            calls_per_second: NonZeroU32::new(4_000),
            hot: Hot::Offered(10_000.0),
            is_claimed: true,
        },
        Scene {
            name: "neither, 256 callers",
            per_command: Duration::ZERO,
            calls_per_second: None,
            hot: Hot::Callers(256),
            is_claimed: false,
        },
    ];
    let mut table = Table::new(
        "one caller, alone and beside another tenant",
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
        let service = Slowed::start(database.url(), scene.per_command, scene.calls_per_second).await?;
        let ground = Ground { scene, service };
        // A tenant comes into being with its first command.
        for tenant in ["hot", "quiet"] {
            let client = ground.service.client(tenant, Kind::Write).await?;
            once().drive(client_of(&[client])).await?;
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
        let quiet = [self.service.client("quiet", kind).await?];
        let hot_kind = if matches!(self.scene.hot, Hot::Writes(_)) { Kind::Write } else { kind };
        let mut hot = Vec::new();
        for _ in 0..CONNECTIONS {
            hot.push(self.service.client("hot", hot_kind).await?);
        }
        let (mut alone, mut beside) = (Percentiles::default(), Percentiles::default());
        let mut other = Rounds::default();
        let rounds = setting.rounds(5);
        for round in 1..=rounds {
            setting.say(&format!("{}: {name}, round {round} of {rounds}", self.scene.name));
            alone.note(&load(1).drive(client_of(&quiet)).await?);
            let (mine, theirs) = try_join!(load(1).drive(client_of(&quiet)), self.scene.hot.call(&hot))?;
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
    async fn call(self, clients: &[Client]) -> anyhow::Result<f64> {
        let calls_per_second = match self {
            Self::Writes(in_flight) | Self::Callers(in_flight) => {
                let sample = load(in_flight).drive(client_of(clients)).await?;
                return Ok(sample.calls_per_second());
            }
            Self::Offered(calls_per_second) => calls_per_second,
        };
        let offer = Offer { calls_per_second, length: LENGTH, deadline: Duration::from_secs(1) };
        let seen = offer.make(clients).await?;
        (seen.failed == 0).then_some(()).with_context(|| format!("a call failed: {:?}", seen.failure))?;
        Ok(seen.goodput(offer))
    }
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

fn load(in_flight: u16) -> Load {
    Load { in_flight, end: End::After(LENGTH) }
}

fn once() -> Load {
    Load { in_flight: 1, end: End::Calls(1) }
}

fn client_of(clients: &[Client]) -> impl Fn(usize) -> Client {
    move |task| clients[task % clients.len()].clone()
}
