//! What it costs to decide a lead by eight criteria and eight rules: by Handoff, by a program written for exactly these,
//! by zen-engine and by CEL. All four decide the same leads, and must come to the same points and the same verdict for
//! each of them before anything is measured. `docs/BENCHMARKS.md` says how to read it.

mod agreed;
#[cfg(feature = "engines")]
mod by_cel;
mod by_domain;
mod by_hand;
#[cfg(feature = "engines")]
mod by_zen;
#[cfg(feature = "engines")]
mod input;
mod lead;
// As the other benchmarks tell what they found; not all of it is needed here.
#[allow(dead_code)]
#[path = "../../../benches/bench/outcome.rs"]
mod outcome;
#[allow(dead_code)]
#[path = "../../../benches/bench/rounds.rs"]
mod rounds;

use std::hint::black_box;

use anyhow::{Context, ensure};
use clap::Parser;
use rustix::time::{ClockId, clock_gettime};

use lead::Lead;
use outcome::{Better, Cell, Claim, Outcome, Table};
use rounds::Rounds;

/// What it costs to decide a lead, beside a handwritten program and rule engines.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds, in each of which all ways take their turn.
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is decided of a lead; points in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decision {
    fit: i64,
    gates_hold: bool,
    behaviour: i64,
    is_candidate: bool,
}

/// A way to decide a lead of the population, by its place.
trait Way {
    fn decide(&self, lead: usize) -> anyhow::Result<Decision>;
}

/// A way, and what was seen of it.
struct Contestant<'a> {
    name: &'static str,
    way: &'a dyn Way,
    /// How many leads it decides in a round: as many as take some ten milliseconds.
    leads: usize,
    nanos: Rounds,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let leads = Lead::all();
    let (by_hand, by_domain) = (by_hand::ByHand::new(&leads), by_domain::ByDomain::new(&leads)?);
    let mut all = vec![
        Contestant::new("handwritten Rust", &by_hand, lead::COUNT * 8),
        Contestant::new("Handoff", &by_domain, lead::COUNT),
    ];
    #[cfg(feature = "engines")]
    let (by_zen, root) = (by_zen::ByZen::new(&leads)?, by_cel::ByCel::root()?);
    #[cfg(feature = "engines")]
    let by_cel = by_cel::ByCel::new(&root, &leads)?;
    #[cfg(feature = "engines")]
    all.extend([
        Contestant::new("zen-engine", &by_zen, lead::COUNT / 8),
        Contestant::new("cel", &by_cel, lead::COUNT / 8),
    ]);
    let candidates = agree(&all)?;
    for _ in 0..arguments.rounds {
        for contestant in &mut all {
            contestant.round()?;
        }
    }
    // Deciding has changed nothing.
    ensure!(agree(&all)? == candidates);
    let outcome = outcome(&all, candidates);
    eprintln!("\nrules\n\n{}", outcome.to_text());
    println!("{}", outcome.to_json());
    Ok(())
}

/// Every lead is decided in the same way by all; how many are candidates.
fn agree(all: &[Contestant<'_>]) -> anyhow::Result<usize> {
    let mut candidates = 0;
    for lead in 0..lead::COUNT {
        let expected = all[0].way.decide(lead)?;
        for other in &all[1..] {
            let decided = other.way.decide(lead).with_context(|| format!("{}, lead {lead}", other.name))?;
            ensure!(decided == expected, "lead {lead}: {expected:?}, by {} {decided:?}", other.name);
        }
        candidates += usize::from(expected.is_candidate);
    }
    ensure!((1..lead::COUNT).contains(&candidates), "the leads are all alike");
    Ok(candidates)
}

impl<'a> Contestant<'a> {
    fn new(name: &'static str, way: &'a dyn Way, leads: usize) -> Self {
        Self { name, way, leads, nanos: Rounds::default() }
    }

    /// Goes on through the population where the round before ended.
    fn round(&mut self) -> anyhow::Result<()> {
        let first = self.nanos.count() * self.leads;
        let started = processor_nanos();
        for lead in first..first + self.leads {
            black_box(self.way.decide(black_box(lead % lead::COUNT))?);
        }
        self.nanos.push((processor_nanos() - started) / self.leads as f64);
        Ok(())
    }
}

/// What this thread has had of a processor: nothing here waits, and what others have is not ours.
fn processor_nanos() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn outcome(all: &[Contestant<'_>], candidates: usize) -> Outcome {
    let (floor, handoff) = (&all[0].nanos, &all[1].nanos);
    let mut table = Table::new(
        "a lead, by eight criteria and eight rules",
        &["by", "ns a lead", "÷ handwritten Rust", "÷ Handoff"],
    );
    for Contestant { name, nanos, .. } in all {
        table.row([
            Cell::word(name),
            Cell::spread(nanos, 0),
            Cell::spread(&nanos.against(floor), 1),
            Cell::spread(&nanos.against(handoff), 1),
        ]);
    }
    let mut claims = vec![Claim {
        figure: "Handoff ÷ handwritten Rust".to_owned(),
        value: handoff.against(floor),
        decimals: 1,
        goal: 8.0,
        floor: 10.0,
        better: Better::Lower,
    }];
    claims.extend(all[2..].iter().map(|engine| Claim {
        figure: format!("{} ÷ Handoff", engine.name),
        value: engine.nanos.against(handoff),
        decimals: 1,
        goal: 10.0,
        floor: 10.0,
        better: Better::Higher,
    }));
    let remark = format!("{} leads, of which {candidates} are candidates by all ways", lead::COUNT);
    Outcome { tables: vec![table], claims, remarks: vec![remark] }
}
