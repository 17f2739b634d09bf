//! How fast Handoff is, each figure against its floor: a raw call, the same change as one statement, COPY of the same
//! rows, raw SQL over the same facts. Both sides of a comparison run here, in the same minutes and in turns, and their
//! ratio is the figure to keep; a number alone says more about the machine.
//!
//! A private Postgres with fsync on, the services and the clients share the processors. Every part ends by counting what
//! is really there: a fast wrong thing has no figure. It changes nothing outside a temporary folder, and compares
//! nothing with an earlier run: docs/BENCHMARKS.md says how to read it.

mod agreement;
mod disk;
mod echo;
mod floor;
mod ids;
mod load;
mod machine;
mod meter;
mod open_loop;
mod outcome;
mod part;
mod population;
mod postgres;
mod rounds;
mod series;
mod services;
mod slowed;
mod supply;
mod threads;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use serde_json::{Map, Value, json};

use machine::Time;
use part::{Part, Setting};
use postgres::Postgres;

/// How fast Handoff is, each figure against its floor of the same run.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure; everything when nothing is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Rounds of floor and figure in turn, instead of each part's own number.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let parts = if arguments.parts.is_empty() { Part::value_variants() } else { &arguments.parts };
    let postgres = Postgres::start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let mut found = Map::new();
    let mut status = ExitCode::SUCCESS;
    for &part in parts {
        let (name, started) = (part.name(), Instant::now());
        let rounds = arguments.rounds.map(usize::from);
        let syncs_per_second = disk::syncs_per_second(postgres.folder())?;
        let setting = Setting { part, postgres: &postgres, rounds };
        let before = Time::now();
        match runtime.block_on(setting.measure()) {
            Ok(outcome) => {
                let seconds = started.elapsed().as_secs();
                let stolen = before.zip(Time::now()).map(|(before, now)| before.stolen_percent(now));
                let told = stolen.map_or_else(String::new, |percent| format!(", {percent:.0} % stolen"));
                eprintln!(
                    "\n{name}, {seconds} s, {syncs_per_second:.0} fdatasyncs/s{told}\n\n{}",
                    outcome.to_text()
                );
                let mut json = outcome.to_json();
                json["fdatasyncs_per_second"] = json!(syncs_per_second);
                json["stolen_percent"] = json!(stolen);
                found.insert(name, json);
            }
            Err(failure) => {
                eprintln!("{name}: FAILED, and has no figure: {failure:#}");
                found.insert(name, json!({ "failed": format!("{failure:#}") }));
                status = ExitCode::FAILURE;
            }
        }
    }
    drop(runtime);
    postgres.stop()?;
    println!("{}", json!({ "processors": processors(), "parts": Value::Object(found) }));
    Ok(status)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(0, usize::from)
}
