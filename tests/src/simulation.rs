//! A life of a tenant in random operations, lived twice: by the three services as processes on a Postgres whose clock
//! the simulation sets, with their restarts and crashes, and by the domain alone as the model. After each operation both
//! must have answered alike; at the end records, clocks and reports must say the same.
//!
//! A history is a pure function of its seed. One that fails is cut down to the operations that matter, and told with its
//! seed. What the simulation refuses to do is to run two things at once: races are for the fault tests.
//!
//! - [`operation`] what can happen, and the generator; [`model`] the domain's side; [`world`] the services' side;
//!   [`picture`] what both are compared by.

pub mod model;
pub mod operation;
pub mod picture;
pub mod told;
pub mod world;

use anyhow::{Context, ensure};

use model::Model;
use operation::{Operation, generate};
use world::World;

/// How many times a failing history is tried with operations left out.
const CUTS_MAX: usize = 40;

/// Lives the history of a seed.
///
/// # Errors
/// Where services and model disagree: what was seen, and the shortest history found that shows it.
pub async fn simulate(seed: u64, length: usize) -> anyhow::Result<()> {
    let operations = generate(seed, length);
    let Err(failure) = live(&operations).await else { return Ok(()) };
    let (shortest, failure) = cut_down(operations, failure).await;
    let told: Vec<String> = shortest.iter().map(|operation| format!("    {operation:?}")).collect();
    let (count, told) = (shortest.len(), told.join("\n"));
    Err(failure.context(format!("seed {seed}, cut down to {count} operations:\n{told}\n")))
}

/// Lives these operations.
///
/// # Errors
/// At the first difference, or when a process does not do as it is told.
pub async fn live(operations: &[Operation]) -> anyhow::Result<()> {
    let mut world = World::found().await?;
    let mut model = Model::found();
    for (number, operation) in operations.iter().enumerate() {
        let step = || format!("operation {number}, {operation:?}, at {}", model.now());
        let done = world.perform(operation).await.with_context(step)?;
        let meant = model.perform(operation);
        ensure!(
            done == meant,
            "operation {number}, {operation:?}, at {}: the service says {done:?}, the model {meant:?}",
            model.now()
        );
    }
    world.settle(&model.picture()).await?;
    world.stop().await
}

/// Leaves out stretches of operations, ever shorter ones, as long as the rest still fails.
async fn cut_down(
    mut operations: Vec<Operation>,
    mut failure: anyhow::Error,
) -> (Vec<Operation>, anyhow::Error) {
    let (mut stretch, mut cuts) = (operations.len() / 2, 0);
    while stretch > 0 && cuts < CUTS_MAX {
        let mut at = 0;
        while at < operations.len() && cuts < CUTS_MAX {
            let mut fewer = operations.clone();
            fewer.drain(at..(at + stretch).min(fewer.len()));
            cuts += 1;
            match live(&fewer).await {
                Ok(()) => at += stretch,
                Err(smaller) => (operations, failure) = (fewer, smaller),
            }
        }
        stretch /= 2;
    }
    (operations, failure)
}
