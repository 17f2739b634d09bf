//! The write path, whole: durable RecordActivity and CaptureLead against a raw echo, on one, 16 and 256 equally busy
//! tenants at 1, 64 and 256 in flight; on several tenants against the same service with a transaction per command; and
//! once more with the services that follow the log at work in the same process.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use handoff_store::batch::Limits;
use handoff_store::database::Options;
use handoff_tests::waiting::until;

use super::Setting;
use crate::echo::Echo;
use crate::floor::database::Database;
use crate::load::{End, Load, Sample};
use crate::outcome::{Better, Cell, Claim, Outcome, Table};
use crate::population::Population;
use crate::rounds::Rounds;
use crate::series::Series;
use crate::services::{Connections, Services};

const TENANTS: [usize; 3] = [1, 16, 256];
const IN_FLIGHT: [u16; 3] = [1, 64, 256];
const LENGTH: Duration = Duration::from_secs(1);

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    RecordActivity,
    CaptureLead,
}

/// One kind of slice and what was seen of it.
struct Slice {
    command: Command,
    tenants: usize,
    in_flight: u16,
    /// Calls per second of an echo, before and after.
    echo: Rounds,
    batched: Series,
    /// A transaction per command, where it was tried.
    single: Option<Series>,
}

/// All slices with or without the services that follow the log.
struct Phase {
    follows: bool,
    cells: Vec<Slice>,
    /// How long the followers took to catch up after each round.
    catch_up: Rounds,
}

/// The services of a phase, and who calls them.
struct Ground {
    database: Database,
    services: Services,
    single: Option<Services>,
    /// By the number of tenants: through the service, and through the one with a transaction per command.
    populations: Vec<(usize, Population, Option<Population>)>,
    echo: Echo,
}

pub(crate) async fn measure(setting: &Setting<'_>) -> anyhow::Result<Outcome> {
    let alone = phase(setting, false).await?;
    let followed = phase(setting, true).await?;
    Ok(outcome(&[alone, followed]))
}

async fn phase(setting: &Setting<'_>, follows: bool) -> anyhow::Result<Phase> {
    let rounds = setting.rounds(3);
    let mut ground = Ground::lay(setting, follows).await?;
    let mut phase = Phase { follows, cells: cells(follows), catch_up: Rounds::default() };
    for round in 1..=rounds {
        setting.say(&format!("{}, round {round} of {rounds}", phase.name()));
        for cell in &mut phase.cells {
            ground.slice(setting, cell).await?;
        }
        if follows {
            phase.catch_up.push(ground.catch_up().await?);
        }
    }
    ground.check(&phase).await?;
    ground.close(&mut phase).await?;
    Ok(phase)
}

fn cells(follows: bool) -> Vec<Slice> {
    let mut cells = Vec::new();
    for command in [Command::RecordActivity, Command::CaptureLead] {
        for tenants in TENANTS {
            for in_flight in IN_FLIGHT {
                let single = (!follows && tenants > 1).then(Series::default);
                let (echo, batched) = Default::default();
                cells.push(Slice { command, tenants, in_flight, echo, batched, single });
            }
        }
    }
    cells
}

fn load(in_flight: u16, length: Duration) -> Load {
    Load { in_flight, end: End::After(length) }
}

impl Ground {
    async fn lay(setting: &Setting<'_>, follows: bool) -> anyhow::Result<Self> {
        let mut database = Database::create(setting.postgres, "write").await?;
        let services = match follows {
            true => Services::all(database.url(), Limits::default()).await?,
            false => Services::qualification(database.url(), Limits::default()).await?,
        };
        let connections = Connections::open(&services.qualification).await?;
        let (mut single, mut single_connections) = (None, None);
        if !follows {
            // As many transactions at once as there are connections: the best that one per command can have.
            let connections = Options::default().rpc_connections as usize;
            let limits =
                Limits { batch_commands: 1, concurrent_batches: Some(connections), ..Limits::default() };
            let started = Services::qualification(database.url(), limits).await?;
            single_connections = Some(Connections::open(&started.qualification).await?);
            single = Some(started);
        }
        let mut populations = Vec::new();
        for tenants in TENANTS {
            setting.say(&format!("founding {tenants} tenants with {} leads", Population::LEADS));
            let population = Population::found(&connections, tenants).await?;
            let other = single_connections.as_ref().map(|connections| population.through(connections));
            populations.push((tenants, population, other));
        }
        database.settle().await?;
        let echo = Echo::start(&populations[0].1).await?;
        Ok(Self { database, services, single, populations, echo })
    }

    /// A slice of each kind that the cell compares, between two halves of an echo's: the speed of a shared host changes
    /// from one minute to the next.
    async fn slice(&mut self, setting: &Setting<'_>, cell: &mut Slice) -> anyhow::Result<()> {
        let before = self.echo(cell.in_flight).await?;
        let (_, population, single) = self
            .populations
            .iter()
            .find(|(tenants, ..)| *tenants == cell.tenants)
            .with_context(|| format!("no population of {}", cell.tenants))?;
        for (population, series) in
            [(Some(population), Some(&mut cell.batched)), (single.as_ref(), cell.single.as_mut())]
        {
            let (Some(population), Some(series)) = (population, series) else { continue };
            let start = setting.reading(&mut self.database).await?;
            let sample = cell.command.drive(load(cell.in_flight, LENGTH), population).await?;
            let end = setting.reading(&mut self.database).await?;
            series.add(&sample, start, end);
        }
        let echoed = Sample::together([before, self.echo(cell.in_flight).await?].into_iter());
        cell.echo.push(echoed.calls_per_second());
        Ok(())
    }

    async fn echo(&self, in_flight: u16) -> anyhow::Result<Sample> {
        load(in_flight, LENGTH / 2).drive(|task| self.echo.caller(task)).await
    }

    /// Waits until all followers have heard everything; how many seconds that took.
    async fn catch_up(&mut self) -> anyhow::Result<f64> {
        let started = Instant::now();
        until("the followers have caught up", async || {
            Ok((self.database.events_unheard().await? == 0).then_some(()))
        })
        .await?;
        Ok(started.elapsed().as_secs_f64())
    }

    /// Everything that was answered is there, and the followers know of it.
    async fn check(&mut self, phase: &Phase) -> anyhow::Result<()> {
        let answered = |command| phase.cells.iter().filter(|c| c.command == command).map(Slice::calls).sum();
        let (recorded, captured): (usize, usize) =
            (answered(Command::RecordActivity), answered(Command::CaptureLead));
        let leads = captured + TENANTS.len() * Population::LEADS;
        let tenants = TENANTS.iter().sum::<usize>();
        let database = &mut self.database;
        database.check(recorded, "select count(*) from qualification.activity").await?;
        database.check(leads, "select count(*) from qualification.lead").await?;
        database.check(leads, "select count(*) from qualification.person where email is not null").await?;
        let requests = recorded + leads + tenants;
        database.check(requests, "select count(*) from qualification.request where outcome = 'DONE'").await?;
        database.check(requests, "select count(*) from qualification.event").await?;
        database.check(requests, "select sum(position)::bigint from qualification.log_head").await?;
        if phase.follows {
            let facts = "select count(*) from reporting.lead_fact where known_to is null";
            database.check(leads, facts).await?;
        }
        Ok(())
    }

    async fn close(mut self, phase: &mut Phase) -> anyhow::Result<()> {
        let batches = self.database.batches().await?;
        ensure!(!batches.is_empty(), "nothing was written");
        for cell in &mut phase.cells {
            for series in std::iter::once(&mut cell.batched).chain(&mut cell.single) {
                series.count_batches(&batches);
            }
        }
        self.services.stop().await;
        if let Some(single) = self.single {
            single.stop().await;
        }
        self.database.drop().await
    }
}

impl Command {
    fn name(self) -> &'static str {
        match self {
            Self::RecordActivity => "RecordActivity",
            Self::CaptureLead => "CaptureLead",
        }
    }

    async fn drive(self, load: Load, population: &Population) -> anyhow::Result<Sample> {
        match self {
            Self::RecordActivity => load.drive(|task| population.recorder(task)).await,
            Self::CaptureLead => load.drive(|task| population.capturer(task)).await,
        }
    }
}

impl Slice {
    fn calls(&self) -> usize {
        self.batched.calls + self.single.as_ref().map_or(0, |single| single.calls)
    }
}

impl Phase {
    fn name(&self) -> &'static str {
        if self.follows { "with sla and reporting" } else { "qualification alone" }
    }
}

fn outcome(phases: &[Phase]) -> Outcome {
    let mut outcome = Outcome::default();
    for phase in phases {
        outcome.tables.push(table(phase));
        if phase.follows {
            let catch_up = &phase.catch_up;
            outcome
                .remarks
                .push(format!("sla and reporting had heard everything {catch_up:.1} s after a round"));
            continue;
        }
        for cell in phase.cells.iter().filter(|cell| cell.in_flight == 256) {
            outcome.claims.extend(claim(cell));
        }
    }
    outcome
}

fn table(phase: &Phase) -> Table {
    let mut table = Table::new(
        phase.name(),
        &[
            "command",
            "tenants",
            "in flight",
            "calls/s",
            "p50 ms",
            "p99 ms",
            "echo",
            "÷ echo",
            "÷ one per transaction",
            "calls/batch",
            "processors here",
            "in Postgres",
            "log B/call",
        ],
    );
    for cell in &phase.cells {
        let batched = &cell.batched;
        let mut cells =
            vec![Cell::word(cell.command.name()), Cell::word(cell.tenants), Cell::word(cell.in_flight)];
        cells.extend(batched.speed());
        cells.push(Cell::number(cell.echo.median(), 0));
        cells.push(Cell::spread(&batched.calls_per_second.against(&cell.echo), 3));
        cells.push(match &cell.single {
            Some(single) => Cell::spread(&batched.calls_per_second.against(&single.calls_per_second), 2),
            None => Cell::word("-"),
        });
        cells.push(Cell::number(batched.calls_per_batch(), 1));
        cells.extend(batched.cost());
        table.row(cells);
    }
    table
}

/// What is promised of a cell without followers.
fn claim(cell: &Slice) -> Option<Claim> {
    let (name, tenants, in_flight) = (cell.command.name(), cell.tenants, cell.in_flight);
    let speed = &cell.batched.calls_per_second;
    let (figure, value, decimals, goal, floor) = match (&cell.single, cell.command) {
        (None, Command::RecordActivity) => {
            let figure = format!("durable {name}, one tenant, {in_flight} in flight ÷ raw echo");
            (figure, speed.against(&cell.echo), 3, 0.45, 0.30)
        }
        (Some(single), _) => {
            let figure =
                format!("{name}, {tenants} tenants, {in_flight} in flight ÷ a transaction per command");
            // Where a batch holds one command both sides do the same, and what is left is noise.
            (figure, speed.against(&single.calls_per_second), 2, 1.0, 0.95)
        }
        (None, Command::CaptureLead) => return None,
    };
    Some(Claim { figure, value, decimals, goal, floor, better: Better::Higher })
}
