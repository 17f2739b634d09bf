//! What an import costs those who work meanwhile: RecordActivity by a few callers of the importing tenant, without an
//! import and beside one, in turns. A caller waits for the batch that is in the log row and then for its own, so the
//! size of an import's batches is what the ratio shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use handoff_store::batch::Limits;

use crate::floor::database::Database;
use crate::load::{End, Load};
use crate::outcome::{Cell, Outcome, Table};
use crate::part::Setting;
use crate::population::Population;
use crate::rounds::Rounds;
use crate::series::Series;
use crate::services::{Connections, Services, waiting_lead};

/// A few callers, each with one call at a time: nobody waits because of the others.
const LOAD: Load = Load { in_flight: 4, end: End::After(Duration::from_secs(4)) };

/// Adds its table and its ratios.
pub(super) async fn measure(setting: &Setting<'_>, outcome: &mut Outcome) -> anyhow::Result<()> {
    let rounds = setting.rounds(3);
    let mut database = Database::create(setting.postgres, "beside").await?;
    let services = Services::qualification(database.url(), Limits::default()).await?;
    let connections = Connections::open(&services.qualification).await?;
    let population = Population::found(&connections, 1).await?;
    let tenant = population.tenant(0);
    tenant.put_bob().await?;
    database.settle().await?;

    let (mut alone, mut beside, mut items) = (Series::default(), Series::default(), Rounds::default());
    let leads = "select count(*) from qualification.lead where imported";
    let mut imported = 0;
    for round in 1..=rounds {
        setting.say(&format!("callers beside an import, round {round} of {rounds}"));
        let start = setting.reading(&mut database).await?;
        let sample = LOAD.drive(|task| population.recorder(task)).await?;
        let between = setting.reading(&mut database).await?;
        alone.add(&sample, start, between);

        let is_over = Arc::new(AtomicBool::new(false));
        let import = tokio::spawn({
            let (tenant, is_over) = (tenant.clone(), Arc::clone(&is_over));
            let items = (imported..).map(waiting_lead).take_while(move |_| !is_over.load(Ordering::Relaxed));
            async move { tenant.import(items).await }
        });
        let started = Instant::now();
        let sample = LOAD.drive(|task| population.recorder(task)).await?;
        // What is in flight when the callers stop is imported without them.
        is_over.store(true, Ordering::Relaxed);
        let meanwhile = usize::try_from(database.count(leads).await?)? - imported;
        items.push(meanwhile as f64 / started.elapsed().as_secs_f64());
        let end = setting.reading(&mut database).await?;
        beside.add(&sample, between, end);
        imported += import.await??;
    }
    services.stop().await;
    database.check(imported, leads).await?;
    let activities = "select count(*) from qualification.activity";
    database.check(alone.calls + beside.calls, activities).await?;
    ensure!(imported > 0, "nothing was imported beside the callers");
    database.drop().await?;

    let mut table = Table::new(
        "RecordActivity by 4 callers of a tenant, alone and beside an import into it",
        &["way", "calls/s", "p50 ms", "p99 ms", "processors here", "in Postgres", "items/s"],
    );
    for (way, series, items) in
        [("alone", &alone, Cell::word("")), ("beside an import", &beside, Cell::spread(&items, 0))]
    {
        let [ours, postgres, _] = series.cost();
        let [calls, p50, p99] = series.speed();
        table.row([Cell::word(way), calls, p50, p99, ours, postgres, items]);
    }
    outcome.tables.push(table);
    outcome.remarks.push(format!(
        "RecordActivity beside an import ÷ alone: p50 {:.1}, p99 {:.1}",
        beside.p50_ms.against(&alone.p50_ms),
        beside.p99_ms.against(&alone.p99_ms),
    ));
    Ok(())
}
