//! Import of the demo's sample through the gRPC stream, against COPY of the rows that came of it into the same tables
//! of another database of the same server; and what an import costs those who call meanwhile.

mod beside;

use std::time::{Duration, Instant};

use anyhow::ensure;
use handoff::demo::{Sample, teams, users};
use handoff_domain::actor::Side;
use handoff_store::batch::Limits;

use super::Setting;
use crate::floor::copy::Rows;
use crate::floor::database::Database;
use crate::meter::Cost;
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::rounds::Rounds;
use crate::services::{Connections, Services};

const LEADS: u64 = 20_000;
/// The end of the sample's story, so that it is the same in every run.
const UNTIL: &str = "2026-11-22T12:00:00Z";

/// What one side took.
#[derive(Default)]
struct Taken {
    seconds: Rounds,
    rows_per_second: Rounds,
    elapsed: Duration,
    cost: Cost,
}

/// How much it was; the same in every round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Size {
    rows: u64,
    bytes: u64,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let rounds = setting.rounds(3);
    let (mut import, mut copy) = (Taken::default(), Taken::default());
    let mut size = Size::default();
    for round in 1..=rounds {
        setting.say(&format!("round {round} of {rounds}"));
        let mut source = Database::create(setting.postgres, "import").await?;
        import_sample(setting, &mut source, &mut import).await?;
        let rows = Rows::copy_out(&mut source).await?;
        source.drop().await?;

        let mut target = Database::create(setting.postgres, "copy").await?;
        target.settle().await?;
        let start = setting.reading(&mut target).await?;
        let elapsed = rows.copy_in(&mut target).await?;
        let end = setting.reading(&mut target).await?;
        copy.add(elapsed, start.cost_until(&end));
        target.check(usize::try_from(LEADS)?, "select count(*) from qualification.lead").await?;
        target.drop().await?;

        import.rows(rows.rows());
        copy.rows(rows.rows());
        size = Size { rows: rows.rows(), bytes: rows.bytes() };
    }
    let mut outcome = outcome(&import, &copy, size);
    beside::measure(setting, &mut outcome).await?;
    Ok(outcome)
}

/// The sample into a tenant with its teams and users.
async fn import_sample(
    setting: &Setting<'_>,
    database: &mut Database,
    taken: &mut Taken,
) -> anyhow::Result<()> {
    let services = Services::qualification(database.url(), Limits::default()).await?;
    let tenant = Connections::open(&services.qualification).await?.found("import", Side::Marketing).await?;
    for team in teams() {
        tenant.put_team(team).await?;
    }
    for user in users() {
        tenant.put_user(user).await?;
    }
    let items: Vec<_> = Sample { seed: 1, leads: LEADS, until: UNTIL.parse()? }.items().collect();
    let entries: usize = items.iter().map(|item| item.history.len()).sum();
    database.settle().await?;

    let start = setting.reading(database).await?;
    let started = Instant::now();
    let answered = tenant.import(items).await?;
    let elapsed = started.elapsed();
    ensure!(answered as u64 == LEADS, "of {LEADS} items {answered} were answered");
    let end = setting.reading(database).await?;
    taken.add(elapsed, start.cost_until(&end));
    services.stop().await;
    // A source key for every lead and for every entry of its history, whatever rows it became.
    database.check(usize::try_from(LEADS)?, "select count(*) from qualification.lead").await?;
    let told = usize::try_from(LEADS)? + entries;
    database.check(told, "select count(*) from qualification.source_key").await?;
    let gaps = "select max(position) - count(*) from qualification.event";
    ensure!(database.count(gaps).await? == 0, "the log has a gap");
    Ok(())
}

impl Taken {
    fn add(&mut self, elapsed: Duration, cost: Cost) {
        self.seconds.push(elapsed.as_secs_f64());
        self.elapsed += elapsed;
        self.cost.add(cost);
    }

    /// What the round that was added last has written.
    fn rows(&mut self, rows: u64) {
        self.rows_per_second.push(rows as f64 / self.seconds.last());
    }
}

fn outcome(import: &Taken, copy: &Taken, size: Size) -> Outcome {
    let mut table = Table::new(
        "Import of 20,000 leads with their history",
        &["way", "seconds", "rows/s", "leads/s", "processors here", "in Postgres", "log B/row"],
    );
    for (way, taken) in [("Import, over gRPC", import), ("COPY of the same rows", copy)] {
        let (ours, postgres) = taken.cost.busy(taken.elapsed);
        let rows = taken.seconds.count() as f64 * size.rows as f64;
        table.row([
            Cell::word(way),
            Cell::spread(&taken.seconds, 2),
            Cell::spread(&taken.rows_per_second, 0),
            Cell::number(LEADS as f64 / taken.seconds.median(), 0),
            Cell::number(ours, 2),
            Cell::number(postgres, 2),
            Cell::number(taken.cost.wal_bytes / rows, 0),
        ]);
    }
    let claim = Claim {
        figure: "Import ÷ COPY of the identical final rows".into(),
        value: import.rows_per_second.against(&copy.rows_per_second),
        decimals: 3,
        goal: 0.6,
        floor: 0.35,
        better: Better::Higher,
    };
    let remark = format!("{} rows, {:.1} MB in COPY's binary form", size.rows, size.bytes as f64 / 1e6);
    Outcome { tables: vec![table], claims: vec![claim], remarks: vec![remark] }
}
