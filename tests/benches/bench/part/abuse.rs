//! What floods of HTTP/2 frames cost everybody else: the p99 of ordinary calls on another connection, alone, under the
//! flood, and beside the same bytes at the same pace sent to somebody who only reads them. Attacker, callers, service and
//! Postgres share the processors, so the last of the three is what the machine itself takes: eight threads that write
//! without end leave little to others, whoever reads. What they cost is told against that, what fewer cost against calls
//! alone.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use handoff_tests::abuse::flood::Sink;
use handoff_tests::abuse::script::Attack;
use handoff_tests::abuse::{Seen, Target};

use super::Setting;
use crate::floor::database::Database;
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;

/// How much is offered.
struct Scene {
    name: &'static str,
    connections: usize,
    /// Of all connections together; as much as is taken where nothing is said.
    /// As fast as the service takes it without: then it takes the machine from ordinary callers, whoever reads it, and is
    /// told against as many bytes that somebody only reads. Otherwise it is told against ordinary calls alone.
    frames_per_second: Option<f64>,
}

const SCENES: [Scene; 3] = [
    Scene { name: "1", connections: 1, frames_per_second: None },
    Scene { name: "8, 100,000 frames/s", connections: 8, frames_per_second: Some(100_000.0) },
    Scene { name: "8", connections: 8, frames_per_second: None },
];
/// How long each of the three goes on.
const SLICE: Duration = Duration::from_secs(1);
const MIB: f64 = 1_048_576.0;

/// What was seen of an attack, a value per round.
#[derive(Default)]
struct Figures {
    frames: Rounds,
    cut: Rounds,
    alone: Rounds,
    harmless: Rounds,
    under: Rounds,
    grown: Rounds,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let rounds = setting.rounds(3);
    let mut database = Database::create(setting.postgres, "abuse").await?;
    let mut target = Target::start(database.url()).await?;
    let mut recorded = 0;
    let mut answered = |seen: &Seen| {
        recorded += seen.calls.recorded;
        ensure!(seen.calls.failures.is_empty(), "ordinary calls failed: {:?}", seen.calls.failures.first());
        Ok(seen.calls.percentile(99).as_secs_f64() * 1e3)
    };
    // What the service holds once it is warm.
    let warm = target.alone(SLICE * 2).await?;
    answered(&warm)?;
    let sink = Sink::start()?;

    let mut table = Table::new(
        "ordinary calls of 4 callers on one connection beside a flood on others; p99 in ms",
        &[
            "flood",
            "on",
            "frames/s",
            "cut/s",
            "alone",
            "beside as much harmless",
            "under it",
            "÷ alone",
            "÷ harmless",
            "grown, MiB",
        ],
    );
    let mut claims = Vec::new();
    for Scene { name, connections, frames_per_second } in SCENES {
        let leaves_room = frames_per_second.is_some();
        let (mut slowest, mut largest) = (Rounds::default(), Rounds::default());
        for attack in Attack::ALL {
            setting.say(&format!("{} on {name}", attack.name()));
            let mut figures = Figures::default();
            for _ in 0..rounds {
                let alone = target.alone(SLICE).await?;
                let before = alone.highest;
                let seen = beside(&mut target, attack, connections, None, frames_per_second).await?;
                let flood = seen.flood.unwrap_or_default();
                let pace = Some(flood.frames_per_second());
                let harmless = beside(&mut target, attack, connections, Some(sink.address), pace).await?;
                figures.frames.push(flood.frames_per_second());
                figures.cut.push(flood.cut as f64 / flood.elapsed.as_secs_f64());
                figures.alone.push(answered(&alone)?);
                figures.under.push(answered(&seen)?);
                figures.harmless.push(answered(&harmless)?);
                figures.grown.push(seen.highest.saturating_sub(before) as f64 / MIB);
            }
            let by_alone = figures.under.against(&figures.alone);
            let by_harmless = figures.under.against(&figures.harmless);
            table.row([
                Cell::word(attack.name()),
                Cell::word(name),
                Cell::spread(&figures.frames, 0),
                Cell::spread(&figures.cut, 0),
                Cell::spread(&figures.alone, 1),
                Cell::spread(&figures.harmless, 1),
                Cell::spread(&figures.under, 1),
                Cell::spread(&by_alone, 1),
                Cell::spread(&by_harmless, 1),
                Cell::spread(&figures.grown, 1),
            ]);
            // Where nothing goes on coming it is what is held that counts.
            if attack.is_flood() {
                keep_higher(&mut slowest, if leaves_room { by_alone } else { by_harmless });
            }
            keep_higher(&mut largest, figures.grown);
        }
        claims.push(Claim {
            figure: format!(
                "p99 of others under the worst flood on {name} ÷ {}",
                if leaves_room { "alone" } else { "beside as much harmless" }
            ),
            value: slowest,
            decimals: 1,
            goal: 3.0,
            floor: 3.0,
            better: Better::Lower,
        });
        claims.push(Claim {
            figure: format!("growth under the worst flood on {name}, MiB"),
            value: largest,
            decimals: 1,
            goal: 64.0,
            floor: 64.0,
            better: Better::Lower,
        });
    }
    target.stop().await?;
    database.check(recorded, "select count(*) from qualification.activity").await?;
    database.drop().await?;
    Ok(Outcome { tables: vec![table], claims, remarks: Vec::new() })
}

/// Ordinary calls beside a flood of the service, or of `elsewhere`.
async fn beside(
    target: &mut Target,
    attack: Attack,
    connections: usize,
    elsewhere: Option<SocketAddr>,
    pace: Option<f64>,
) -> anyhow::Result<Seen> {
    let at = elsewhere.unwrap_or_else(|| target.address());
    target.beside(attack, connections, at, pace, SLICE).await
}

fn keep_higher(kept: &mut Rounds, other: Rounds) {
    if kept.count() == 0 || other.median() > kept.median() {
        *kept = other;
    }
}
