//! A life of a tenant in random operations, lived twice: by the three services as processes on a Postgres whose clock
//! the simulation sets, with their restarts, crashes and second processes, and by the domain alone as the model. After
//! each operation both must have answered alike; when everything is looked at, and that is at the end too, records,
//! clocks and reports must say the same.
//!
//! A life is a pure function of its seed. One that fails is cut down to the operations that matter, and told with the
//! command that lives it again. What the simulation refuses to do is two things at once: races are for the fault tests.
//!
//! - [`operation`] what can happen; [`generate`] how a life is made up; [`tally`] what happened in it.
//! - [`model`] the domain's side; [`world`] the services' side.
//! - [`told`], [`picture`], [`figures`] what both are compared by; [`office`] the hours that both keep, [`agreement`] the
//!   models that both sign.

pub mod agreement;
pub mod figures;
pub mod generate;
pub mod office;
pub mod operation;
pub mod picture;
pub mod tally;
pub mod told;
pub mod twin;
pub mod world;

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::Instant;

use crate::fault::Toll;
use crate::fault::audit::Findings;
use generate::{Life, led_over};
use operation::Operation;
use tally::Tally;
use twin::Model;
use world::World;

/// How many operations a life has, if nobody says otherwise.
pub const LENGTH: usize = 150;

/// How long a life that fails is tried with less of it.
const CUTTING: Duration = Duration::from_secs(240);

/// Lives the life of a seed, and tells what happened in it.
///
/// # Errors
/// Where services and model disagree: what was seen, the command that shows it, and the operations that matter.
pub async fn simulate(seed: u64, length: usize) -> anyhow::Result<Tally> {
    let life = Life::generate(seed, length);
    let mut tally = Tally::default();
    let Err(failure) = live(&life, &mut tally).await else { return Ok(tally) };
    eprintln!("seed {seed}: {failure:#}\nis being cut down, for some {} s", CUTTING.as_secs());
    let (length, shortest, failure) = cut_down(life, failure).await;
    let told = shortest.iter().map(|operation| format!("    {operation:?}\n")).collect::<String>();
    let command = format!(
        "HANDOFF_SIM_SEED={seed} HANDOFF_SIM_LENGTH={length} ./x test -p handoff-tests --test it simulation"
    );
    Err(failure.context(format!("{command}\nwhich comes down to {} operations:\n{told}", shortest.len())))
}

/// Lives many lives, the first of them that of `1_000 * seed`, to the first that fails.
///
/// # Errors
/// See [`simulate`].
pub async fn many(seed: u64, lives: u64) -> anyhow::Result<Toll> {
    let mut tally = Tally::default();
    for seed in (seed * 1_000..).take(usize::try_from(lives)?) {
        eprintln!("HANDOFF_SIM_SEED={seed} HANDOFF_SIM_LENGTH={LENGTH}");
        tally.take(simulate(seed, LENGTH).await?);
    }
    eprintln!("{tally}");
    Ok(Toll {
        scenario: "lives",
        faults: (tally.turns(), "starts and ends"),
        acknowledged: tally.done(),
        findings: Findings::default(),
        recoveries: Vec::new(),
    })
}

/// Lives a life, and counts in the tally what happens.
///
/// # Errors
/// At the first difference, or when a process does not do as it is told.
async fn live(life: &Life, tally: &mut Tally) -> anyhow::Result<()> {
    let mut world = World::found(life).await?;
    let mut model = Model::found(life);
    for (number, operation) in life.operations.iter().enumerate() {
        let before = model.now();
        let step = || format!("operation {number}, {operation:?}, at {before}");
        let done = world.perform(operation, &model).await.with_context(step)?;
        let meant = model.perform(operation);
        ensure!(done == meant, "{}: the service says {done:?}, the model {meant:?}", step());
        tally.add(operation, meant.as_ref());
        led_over(before, model.now()).into_iter().for_each(|what| tally.count(what));
    }
    world.check(&model).await.context("at the end")?;
    world.end().await
}

/// Leaves out as many of the last operations, and then stretches of the others, as the rest still fails without. Gives
/// the length of the life that fails, what is left of it, and how that fails.
async fn cut_down(mut life: Life, mut failure: anyhow::Error) -> (usize, Vec<Operation>, anyhow::Error) {
    let end = Instant::now() + CUTTING;
    let fails = async |operations: &[Operation]| {
        let life = Life { operations: operations.to_vec(), ..life.clone() };
        live(&life, &mut Tally::default()).await.err()
    };
    let mut operations = life.operations.clone();
    let (mut well, mut length) = (0, operations.len());
    while well + 1 < length && Instant::now() < end {
        let middle = well.midpoint(length);
        match fails(&operations[..middle]).await {
            None => well = middle,
            Some(sooner) => (length, failure) = (middle, sooner),
        }
    }
    operations.truncate(length);
    let mut stretch = length / 2;
    while stretch > 0 && Instant::now() < end {
        let mut at = 0;
        while at < operations.len() && Instant::now() < end {
            let mut fewer = operations.clone();
            fewer.drain(at..(at + stretch).min(fewer.len()));
            match fails(&fewer).await {
                None => at += stretch,
                Some(smaller) => (operations, failure) = (fewer, smaller),
            }
        }
        stretch /= 2;
    }
    life.operations = operations;
    (length, life.operations, failure)
}
