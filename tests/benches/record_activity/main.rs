//! How fast the write path is: durable RecordActivity calls against a raw tonic echo, in the same run, on the same
//! machine and runtime. Their ratio is the figure to keep; calls per second say more about the machine.
//!
//! A private Postgres with fsync on, the qualification service and the clients all share the processors, and rounds of
//! echo and RecordActivity take turns, so that whatever else the machine does meets both. It changes nothing outside a
//! temporary folder, and compares nothing with an earlier run: docs/BENCHMARKS.md says how to read it.

mod disk;
mod echo;
mod load;
mod postgres;
mod summary;
mod world;

use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use echo::Echo;
use load::Load;
use postgres::Postgres;
use summary::{Round, Summary};
use world::World;

/// RecordActivity, durable, against a raw tonic echo.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds of echo and RecordActivity in turn.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// How long each half of a round lasts.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Calls at once: a closed loop, each is followed by the next.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,
    /// Connections that share them.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Leads of the tenant, whose activities are recorded.
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(1..))]
    leads: u32,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let postgres = Postgres::start()?;
    let syncs_per_second = disk::syncs_per_second(postgres.folder())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let rounds = runtime.block_on(measure(&arguments, &postgres.url()))?;
    postgres.stop()?;
    let summary = Summary {
        in_flight: arguments.in_flight,
        connections: arguments.connections,
        syncs_per_second,
        rounds,
    };
    eprint!("{}", summary.to_table());
    println!("{}", summary.to_json());
    Ok(())
}

async fn measure(arguments: &Arguments, database_url: &str) -> anyhow::Result<Vec<Round>> {
    eprintln!("founding a tenant with {} leads …", arguments.leads);
    let world = World::found(database_url, arguments.connections, arguments.leads).await?;
    let echo = Echo::start(arguments.connections, world.leads()).await?;
    let load = |time| Load { in_flight: arguments.in_flight, time };

    // Connections, prepared statements, caches, and tables that are no longer empty.
    let warm_up = load(Duration::from_secs(2));
    warm_up.drive(|task| echo.caller(task)).await?;
    let mut recorded = warm_up.drive(|task| world.recorder(task)).await?.calls();

    let mut rounds = Vec::new();
    for number in 1..=arguments.rounds {
        eprintln!("round {number} of {} …", arguments.rounds);
        let load = load(Duration::from_secs(arguments.seconds));
        let echoed = load.drive(|task| echo.caller(task)).await?;
        let durable = load.drive(|task| world.recorder(task)).await?;
        recorded += durable.calls();
        rounds.push(Round { echo: echoed.figures(), record_activity: durable.figures() });
    }
    world.check(recorded).await?;
    world.stop().await;
    Ok(rounds)
}
