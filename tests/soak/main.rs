//! `./x soak`: the scenarios of the suite's fault tests and simulated lives in turn, with large numbers, for as long as one
//! likes. Progress goes to stderr, a table at the end to stdout; the exit status says whether anything was lost, done twice
//! or broken.
//!
//! It needs the test server that HANDOFF_TEST_DATABASE_URL names, as the tests do, and the programs of this build.

mod table;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use handoff_runtime::clock;
use handoff_tests::fault::{Toll, cancel, cut, kill, mesh, outage, race, repeat};
use handoff_tests::simulation;

use table::Table;

/// Faults in large: kills, stops, cuts, cancelled calls, races and repeats; and simulated lives.
#[derive(Debug, Parser)]
struct Arguments {
    /// Begin anew, with the next seed, until this much time has passed; without it everything happens once.
    #[arg(long)]
    minutes: Option<u64>,
    /// Where randomness begins; drawn from the clock unless it is given. It is told, so that a run can be repeated.
    #[arg(long, env = "HANDOFF_FAULT_SEED")]
    seed: Option<u64>,
    /// Only the scenarios with this in their names.
    #[arg(long)]
    only: Option<String>,
    /// Divides all numbers, to see quickly whether everything runs.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    divide_by: u64,
}

const SCENARIOS: [&str; 11] = [
    "up",
    "services",
    "postgres",
    "outage",
    "sessions",
    "commits",
    "cancelled",
    "races",
    "repeats",
    "envoy",
    "lives",
];

/// Runs a scenario by its name.
async fn run(name: &str, seed: u64, divide_by: u64) -> anyhow::Result<Toll> {
    let part = |number: u64| number.div_ceil(divide_by);
    match name {
        "up" => kill::of_up(seed, part(40)).await,
        "services" => kill::of_services(seed, part(60)).await,
        "postgres" => outage::of_postgres(seed, part(20), Duration::ZERO).await,
        // Long enough that everybody who waits for Postgres has come to wait the longest.
        "outage" => outage::of_postgres(seed, part(2), Duration::from_secs(20)).await,
        "sessions" => outage::of_sessions(seed, part(120)).await,
        "commits" => cut::at_commit(seed, part(1_000)).await,
        "cancelled" => cancel::at_random_times(seed, part(10_000)).await,
        "races" => race::of_decisions(seed, part(1_000)).await,
        "repeats" => repeat::through_two_processes(seed, part(2_000)).await,
        "envoy" => mesh::sends_again(seed, part(10_000), 250).await,
        "lives" => simulation::many(seed, part(40)).await,
        other => anyhow::bail!("no scenario is called {other}"),
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let first = arguments.seed.unwrap_or_else(|| clock::now().timestamp_millis().unsigned_abs() % 1_000_000);
    let end = Instant::now() + Duration::from_secs(arguments.minutes.unwrap_or(0) * 60);
    let chosen: Vec<&str> = SCENARIOS
        .into_iter()
        .filter(|name| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str())))
        .collect();
    anyhow::ensure!(!chosen.is_empty(), "the scenarios are {SCENARIOS:?}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut table, mut well) = (Table::default(), true);
    for seed in first.. {
        for name in &chosen {
            let started = Instant::now();
            eprintln!("{name}, seed {seed} …");
            let toll = runtime.block_on(run(name, seed, arguments.divide_by));
            let checked = toll.as_ref().map(Toll::check);
            let seconds = started.elapsed().as_secs();
            match &checked {
                Ok(Ok(())) => eprintln!("{name}, seed {seed}: well, {seconds} s"),
                Ok(Err(failure)) => eprintln!("{name}, seed {seed}: {failure:#}"),
                Err(failure) => eprintln!("{name}, seed {seed}: {failure:#}"),
            }
            well &= matches!(checked, Ok(Ok(())));
            table.add(name, toll.as_ref().ok(), seconds);
        }
        if Instant::now() >= end {
            break;
        }
    }
    println!("{table}");
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
