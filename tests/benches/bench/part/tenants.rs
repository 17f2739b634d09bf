//! A tenant with one caller, alone and beside a tenant with 256: what becomes of its p99, of reads and of writes.

use std::time::Duration;

use super::Setting;
use crate::floor::database::Database;
use crate::load::{End, Load, Sample};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;
use crate::slowed::{Client, Kind, Slowed};

const LENGTH: Duration = Duration::from_secs(4);
const HOT: u16 = 256;
/// Connections of the hot tenant, each of which may have two hundred calls.
const CONNECTIONS: usize = 4;

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let database = Database::create(setting.postgres, "tenants").await?;
    let service = Slowed::start(database.url(), Duration::ZERO).await?;
    // A tenant comes into being with its first command.
    for tenant in ["hot", "quiet"] {
        once().drive(client_of(&[service.client(tenant, Kind::Write).await?])).await?;
    }
    let mut table = Table::new(
        "one caller, alone and beside 256 of another tenant",
        &[
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
    for (name, kind) in [("reads", Kind::Read), ("writes", Kind::Write)] {
        let quiet = [service.client("quiet", kind).await?];
        let mut hot = Vec::new();
        for _ in 0..CONNECTIONS {
            hot.push(service.client("hot", kind).await?);
        }
        let (mut alone, mut beside, mut other) = (
            [Rounds::default(), Rounds::default()],
            [Rounds::default(), Rounds::default()],
            Rounds::default(),
        );
        let rounds = setting.rounds(5);
        for round in 1..=rounds {
            setting.say(&format!("{name}, round {round} of {rounds}"));
            note(&mut alone, &load(1).drive(client_of(&quiet)).await?);
            let (mine, theirs) =
                tokio::join!(load(1).drive(client_of(&quiet)), load(HOT).drive(client_of(&hot)));
            note(&mut beside, &mine?);
            other.push(theirs?.calls_per_second());
        }
        let ratio = beside[1].against(&alone[1]);
        table.row([
            Cell::word(name),
            Cell::number(alone[0].median(), 2),
            Cell::number(alone[1].median(), 2),
            Cell::number(beside[0].median(), 2),
            Cell::number(beside[1].median(), 2),
            Cell::spread(&ratio, 2),
            Cell::spread(&other, 0),
        ]);
        claims.push(Claim {
            figure: format!("p99 of {name} beside a tenant with 256 callers ÷ alone"),
            value: ratio,
            decimals: 2,
            goal: 1.5,
            floor: 2.0,
            better: Better::Lower,
        });
    }
    service.stop().await;
    database.drop().await?;
    Ok(Outcome { tables: vec![table], claims, remarks: Vec::new() })
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

fn note(rounds: &mut [Rounds; 2], sample: &Sample) {
    rounds[0].push(sample.percentile_ms(50));
    rounds[1].push(sample.percentile_ms(99));
}
