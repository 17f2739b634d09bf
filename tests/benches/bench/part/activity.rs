//! RecordActivity of leads that did little and of leads that did much: it must cost the same whatever a lead did before,
//! with criteria and a scoring model in effect. Tenants of equally many leads take turns, each between two halves of an
//! echo's slice. One has no model, which shows what counting costs; and one has a threshold that is so near that each of
//! its leads is judged again after every tenth activity, in vain, which shows what judging costs.

use std::time::Duration;

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_store::batch::Limits;
use handoff_tests::waiting::until_through;

use super::Setting;
use crate::agreement::{agree, fitting_lead};
use crate::echo::Echo;
use crate::floor::database::Database;
use crate::load::{End, Load, Sample};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::population::Population;
use crate::rounds::Rounds;
use crate::series::Series;
use crate::services::{Connections, Services};

/// Of each tenant.
const LEADS: usize = 512;
/// How many activities each lead of a tenant has, and the threshold of its model, if it has one.
const TENANTS: [(usize, Option<u32>); 6] = [
    (10, None),
    (10, Some(FAR)),
    (100, Some(FAR)),
    (1_000, Some(FAR)),
    (10_000, Some(FAR)),
    (1_000, Some(NEAR)),
];
/// More than anybody comes to while it is measured, whose ceiling is 30 points in the beginning.
const FAR: u32 = 1_000;
/// Twenty points over that ceiling.
const NEAR: u32 = 50;
const IN_FLIGHT: u16 = 256;
const LENGTH: Duration = Duration::from_secs(1);

/// A tenant, and what was seen of it.
struct Slice {
    activities: usize,
    threshold: Option<u32>,
    population: Population,
    /// Calls per second of an echo, before and after.
    echo: Rounds,
    series: Series,
}

impl Slice {
    fn against_echo(&self) -> Rounds {
        self.series.calls_per_second.against(&self.echo)
    }
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let mut database = Database::create(setting.postgres, "activity").await?;
    let services = Services::qualification(database.url(), Limits::default()).await?;
    let connections = Connections::open(&services.qualification).await?;
    let mut slices = Vec::new();
    for (activities, threshold) in TENANTS {
        slices.push(lay(setting, &mut database, &connections, activities, threshold).await?);
    }
    judged(&mut database).await?;
    database.settle().await?;
    // Those through which all of it was laid are so old by now that the service may close them.
    let connections = Connections::open(&services.qualification).await?;
    for slice in &mut slices {
        slice.population = slice.population.through(&connections);
    }
    let echo = Echo::start(&slices[0].population).await?;
    // A second each, which differ by a third of it: the median of fewer says little.
    let rounds = setting.rounds(25);
    for round in 1..=rounds {
        setting.say(&format!("round {round} of {rounds}"));
        // Nobody is always first.
        slices.rotate_left(1);
        for slice in &mut slices {
            let before = load(LENGTH / 2).drive(|task| echo.caller(task)).await?;
            let start = setting.reading(&mut database).await?;
            let sample = load(LENGTH).drive(|task| slice.population.recorder(task)).await?;
            let end = setting.reading(&mut database).await?;
            let after = load(LENGTH / 2).drive(|task| echo.caller(task)).await?;
            slice.series.add(&sample, start, end);
            slice.echo.push(Sample::together([before, after].into_iter()).calls_per_second());
        }
    }
    slices.sort_by_key(|slice| {
        TENANTS.iter().position(|tenant| *tenant == (slice.activities, slice.threshold))
    });
    check(&mut database, &slices).await?;
    let batches = database.batches().await?;
    slices.iter_mut().for_each(|slice| slice.series.count_batches(&batches));
    services.stop().await;
    database.drop().await?;
    outcome(&slices)
}

fn load(length: Duration) -> Load {
    Load { in_flight: IN_FLIGHT, end: End::After(length) }
}

async fn lay(
    setting: &Setting<'_>,
    database: &mut Database,
    connections: &Connections,
    activities: usize,
    threshold: Option<u32>,
) -> anyhow::Result<Slice> {
    setting.say(&format!("laying {LEADS} leads with {activities} activities each"));
    let slug = format!("read-{activities}-of-{}", threshold.unwrap_or_default());
    let tenant = connections.found(&slug, Side::Marketing).await?;
    if let Some(threshold) = threshold {
        agree(connections, &tenant, threshold).await?;
    }
    let population = Population::of(vec![tenant.clone()], LEADS, &fitting_lead()).await?;
    // The statistics say what the plans of the bulk need.
    database.settle().await?;
    database.make_history(tenant.id, activities).await?;
    Ok(Slice { activities, threshold, population, echo: Rounds::default(), series: Series::default() })
}

/// Waits until the service has judged everybody whose time has come.
async fn judged(database: &mut Database) -> anyhow::Result<()> {
    until_through("all leads are judged", async || {
        let due = database.count("select count(*) from qualification.score where due_at <= now()").await?;
        Ok((due == 0, due))
    })
    .await
}

/// Everything that was answered is there, every activity of a judged lead was counted, and nobody became an MQL.
async fn check(database: &mut Database, slices: &[Slice]) -> anyhow::Result<()> {
    let there = |judged: bool| -> usize {
        let of = slices.iter().filter(|slice| slice.threshold.is_some() || !judged);
        of.map(|slice| slice.activities * LEADS + slice.series.calls).sum()
    };
    database.check(there(false), "select count(*) from qualification.activity").await?;
    database
        .check(there(true), "select sum(count)::bigint from qualification.engagement where rule = 0")
        .await?;
    database.check(0, "select count(*) from qualification.handoff").await?;
    let judged = LEADS * slices.iter().filter(|slice| slice.threshold.is_some()).count();
    let scores = "select count(*) from qualification.score where is_counted and ceiling_milli is not null";
    database.check(judged, scores).await
}

fn outcome(slices: &[Slice]) -> anyhow::Result<Outcome> {
    let of = |activities| slices.iter().find(|it| (it.activities, it.threshold) == (activities, Some(FAR)));
    let (little, much) = of(10).zip(of(10_000)).context("both were measured")?;
    let columns = &[
        "activities a lead",
        "threshold",
        "calls/s",
        "p50 ms",
        "p99 ms",
        "echo",
        "÷ echo",
        "÷ at 10",
        "calls/batch",
        "processors here",
        "in Postgres",
        "log B/call",
    ];
    let mut table = Table::new("RecordActivity, one tenant, 256 in flight", columns);
    // Each against the echo around it: between two slices of a round a shared host may have changed its speed.
    let against = |slice: &Slice| slice.against_echo().against(&little.against_echo());
    for slice in slices {
        let mut cells = vec![Cell::word(slice.activities)];
        cells.push(Cell::word(slice.threshold.map_or("no model".to_owned(), |it| it.to_string())));
        cells.extend(slice.series.speed());
        cells.push(Cell::number(slice.echo.median(), 0));
        cells.push(Cell::spread(&slice.against_echo(), 3));
        cells.push(Cell::spread(&against(slice), 2));
        cells.push(Cell::number(slice.series.calls_per_batch(), 1));
        cells.extend(slice.series.cost());
        table.row(cells);
    }
    let claim = Claim {
        figure: "RecordActivity ÷ echo at 10,000 activities a lead ÷ the same at 10".to_owned(),
        value: against(much),
        decimals: 2,
        goal: 0.95,
        floor: 0.9,
        better: Better::Higher,
    };
    Ok(Outcome { tables: vec![table], claims: vec![claim], remarks: Vec::new() })
}
