//! Five times more than a service can carry: it goes on carrying nearly as much as it can, refuses the rest at once, and is
//! itself again soon after. Deciding is slowed down, so that the service is what is full and not the machine.

use std::time::Duration;

use anyhow::ensure;

use super::Setting;
use crate::floor::database::Database;
use crate::load::{End, Load};
use crate::open_loop::{Offer, Seen};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;
use crate::slowed::{Client, Kind, Slowed, Slowness};

/// What deciding a command takes: about two thousand a second of one tenant.
const PER_COMMAND: Duration = Duration::from_micros(450);
/// What a caller waits.
const DEADLINE: Duration = Duration::from_secs(1);
/// Connections, each of which may have two hundred calls.
const CONNECTIONS: usize = 16;
const TIMES: f64 = 5.0;

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let mut database = Database::create(setting.postgres, "overload").await?;
    let slowness = Slowness { command: PER_COMMAND, ..Slowness::default() };
    let service = Slowed::start(database.url(), slowness, None).await?;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client::connect(&service.endpoint(), "acme", Kind::Write).await?);
    }
    let rounds = setting.rounds(3);
    let (mut ratio, mut recovery, mut answered) = (Rounds::default(), Rounds::default(), 0);
    let mut remarks = Vec::new();
    let mut table = Table::new(
        "one tenant, deciding slowed down",
        &["peak calls/s", "offered/s", "good/s", "÷ peak", "shed %", "late %", "other", "well again after s"],
    );
    for round in 1..=rounds {
        setting.say(&format!("round {round} of {rounds}"));
        let load = Load { in_flight: 256, end: End::After(Duration::from_secs(5)) };
        let peak = load.drive(|task| clients[task % CONNECTIONS].clone()).await?;
        let calls_per_second = peak.calls_per_second() * TIMES;
        let over = Offer { calls_per_second, length: Duration::from_secs(10), deadline: DEADLINE };
        let seen = over.make(&clients).await?;
        let half = Offer {
            calls_per_second: peak.calls_per_second() / 2.0,
            length: Duration::from_secs(10),
            ..over
        };
        let after = half.make(&clients).await?;
        answered += peak.calls() + seen.good + after.good;
        ratio.push(seen.goodput(over) / peak.calls_per_second());
        recovery.push(after.well_after().as_secs_f64());
        if let Some(failure) = &seen.failure {
            remarks.push(format!("a call failed otherwise in round {round}: {failure}"));
        }
        table.row(row(peak.calls_per_second(), over, &seen, ratio.last(), recovery.last()));
    }
    service.stop().await;
    let found = database.count("select count(*) from qualification.event").await?;
    ensure!(found >= i64::try_from(answered)?, "{answered} were answered, {found} are there");
    database.drop().await?;
    let figure = |what: &str| format!("{TIMES} times the peak, offered open-loop: {what}");
    Ok(Outcome {
        tables: vec![table],
        claims: vec![
            Claim {
                figure: figure("answered in time ÷ peak"),
                value: ratio,
                decimals: 2,
                goal: 0.9,
                floor: 0.8,
                better: Better::Higher,
            },
            Claim {
                figure: figure("seconds until all is well at half the peak"),
                value: recovery,
                decimals: 2,
                goal: 1.0,
                floor: 5.0,
                better: Better::Lower,
            },
        ],
        remarks,
    })
}

fn row(peak: f64, offer: Offer, seen: &Seen, ratio: f64, recovery: f64) -> Vec<Cell> {
    let percent = |part: usize| Cell::number(part as f64 * 100.0 / seen.offered.max(1) as f64, 1);
    vec![
        Cell::number(peak, 0),
        Cell::number(seen.offered as f64 / offer.length.as_secs_f64(), 0),
        Cell::number(seen.goodput(offer), 0),
        Cell::number(ratio, 2),
        percent(seen.shed),
        percent(seen.late),
        Cell::word(seen.failed),
        Cell::number(recovery, 2),
    ]
}
