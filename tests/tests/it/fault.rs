//! When things go wrong, in small; `./x soak` does the same in large. One after the other, because each keeps the whole
//! machine busy. HANDOFF_FAULT_SEED repeats a run as far as such a thing can be repeated.

use std::env;
use std::time::Duration;

use anyhow::Context;
use handoff_tests::fault::{Toll, cancel, cut, kill, mesh, outage, race, repeat};
use tokio::sync::Mutex;

static TURN: Mutex<()> = Mutex::const_new(());

const SEED: &str = "HANDOFF_FAULT_SEED";

async fn check<F: Future<Output = anyhow::Result<Toll>>>(
    scenario: impl FnOnce(u64) -> F,
) -> anyhow::Result<()> {
    let _turn = TURN.lock().await;
    let seed = env::var(SEED).map_or(Ok(1), |seed| seed.parse())?;
    let toll = scenario(seed).await.with_context(|| format!("{SEED}={seed}"))?;
    println!("{toll:?}");
    toll.check().with_context(|| format!("{SEED}={seed}"))
}

#[tokio::test]
async fn handoff_up_is_killed_and_nothing_is_lost() -> anyhow::Result<()> {
    check(|seed| kill::of_up(seed, 4)).await
}

#[tokio::test]
async fn services_are_killed_and_nothing_is_lost() -> anyhow::Result<()> {
    check(|seed| kill::of_services(seed, 6)).await
}

#[tokio::test]
async fn postgres_is_stopped_and_started_again() -> anyhow::Result<()> {
    check(|seed| outage::of_postgres(seed, 4, Duration::ZERO)).await
}

#[tokio::test]
async fn sessions_are_ended_twice_a_second() -> anyhow::Result<()> {
    check(|seed| outage::of_sessions(seed, 8)).await
}

#[tokio::test]
async fn connections_are_cut_while_they_commit() -> anyhow::Result<()> {
    check(|seed| cut::at_commit(seed, 100)).await
}

#[tokio::test]
async fn calls_are_given_up_at_any_moment() -> anyhow::Result<()> {
    check(|seed| cancel::at_random_times(seed, 2_000)).await
}

#[tokio::test]
async fn of_sixty_four_who_decide_one_wins() -> anyhow::Result<()> {
    check(|seed| race::of_decisions(seed, 50)).await
}

#[tokio::test]
async fn a_request_that_comes_up_to_five_times_through_two_processes_has_one_effect() -> anyhow::Result<()> {
    check(|seed| repeat::through_two_processes(seed, 60)).await
}

#[tokio::test]
#[cfg_attr(not(test_clients), ignore = "HANDOFF_TEST_CLIENTS is not set")]
async fn what_envoy_sends_again_has_one_effect() -> anyhow::Result<()> {
    check(|seed| mesh::sends_again(seed, 1_500, 250)).await
}
