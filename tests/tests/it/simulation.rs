//! Simulated lives, compared with the domain as its own model. `HANDOFF_SIM_SEED` lives one again, `HANDOFF_SIM_LENGTH`
//! says how much of it; `./x soak --only lives` lives many.

use std::env;
use std::str::FromStr;

use handoff_runtime::clock;
use handoff_tests::simulation::tally::Tally;
use handoff_tests::simulation::{LENGTH, simulate};

/// Lives that are worth living every time, each with its length and what it found or is there for.
const KEPT: [(u64, usize, &str); 6] = [
    (0, 200, "with the next three, everything that can happen"),
    (1, 200, "as the first"),
    (2, 200, "as the first"),
    (3, 200, "as the first: somebody is taken apart again, and everybody is routed"),
    (2_711_017, 38, "sla, whose own clock was ahead, let an earlier deadline wait for a later one"),
    (1_795_786_816_128_050, 150, "a contact counted for either of two hand-overs that began at one instant"),
];
/// Lives of new seeds.
const FRESH: u64 = 1;

fn number<T: FromStr>(variable: &str) -> Option<T> {
    env::var(variable).ok()?.parse().ok()
}

#[tokio::test]
async fn services_and_the_domain_live_the_same_lives() -> anyhow::Result<()> {
    let length = number("HANDOFF_SIM_LENGTH");
    if let Some(seed) = number("HANDOFF_SIM_SEED") {
        println!("{}", simulate(seed, length.unwrap_or(LENGTH)).await?);
        return Ok(());
    }
    let mut tally = Tally::default();
    for (seed, length, _) in KEPT {
        tally.take(simulate(seed, length).await?);
    }
    println!("{tally}");
    assert_eq!(tally.never(), [""; 0], "in the lives that are kept everything happens");
    let first = clock::now().timestamp_micros().unsigned_abs();
    for seed in first..first + FRESH {
        // Whoever sees it fail, or stop, lives it again with this seed.
        println!("HANDOFF_SIM_SEED={seed} HANDOFF_SIM_LENGTH={}", length.unwrap_or(LENGTH));
        println!("{}", simulate(seed, length.unwrap_or(LENGTH)).await?);
    }
    Ok(())
}
