//! Simulated lives, compared with the domain as its own model. `HANDOFF_SIM_SEED` lives one again; `HANDOFF_SIM_RUNS` and
//! `HANDOFF_SIM_LENGTH` make a long night of it (`./x soak`).

use std::env;

use handoff_runtime::clock;
use handoff_tests::simulation::simulate;

/// Lives that once showed a difference, or are worth living every time.
const KEPT: [u64; 1] = [1];
const LENGTH: usize = 150;

fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    env::var(variable).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_and_the_domain_live_the_same_life() -> anyhow::Result<()> {
    let length = number("HANDOFF_SIM_LENGTH").unwrap_or(LENGTH);
    if let Some(seed) = number("HANDOFF_SIM_SEED") {
        return simulate(seed, length).await;
    }
    let first = clock::now().timestamp_micros().cast_unsigned();
    let fresh = (0..number("HANDOFF_SIM_RUNS").unwrap_or(1)).map(|run| first.wrapping_add(run));
    for seed in KEPT.into_iter().chain(fresh) {
        // Whoever sees it fail lives it again with this seed.
        println!("HANDOFF_SIM_SEED={seed} HANDOFF_SIM_LENGTH={length}");
        simulate(seed, length).await?;
    }
    Ok(())
}
