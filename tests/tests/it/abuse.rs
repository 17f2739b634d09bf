//! What a hostile client can do to everybody else by frames alone: nothing. Floods of HTTP/2 come as fast as a service
//! takes them, others go on calling meanwhile, and what the service holds in memory stays bounded. How long the others
//! wait is a measurement: `./x bench abuse`.

use std::time::Duration;

use handoff_store::scratch::ScratchDatabase;
use handoff_tests::abuse::Target;
use handoff_tests::abuse::script::Attack;

/// By how much a service may grow, in bytes.
const GROWTH_MAX: u64 = 64 << 20;
/// Connections of a flood.
const CONNECTIONS: usize = 8;
/// How long each goes on.
const TIME: Duration = Duration::from_millis(500);

#[tokio::test]
async fn floods_of_frames_leave_memory_bounded_and_others_answered() -> anyhow::Result<()> {
    let database = ScratchDatabase::new().await?;
    let mut target = Target::start(&database.url()).await?;
    // What the service holds once it is warm.
    target.alone(TIME).await?;
    let before = target.alone(TIME).await?.before;
    let mut faults = Vec::new();
    for attack in Attack::ALL {
        let seen = target.beside(attack, CONNECTIONS, target.address(), None, TIME).await?;
        let flood = seen.flood.unwrap_or_default();
        let grown = seen.highest.saturating_sub(before);
        println!(
            "{:<30} {:>9.0} frames/s, {:>5} connections, {:>5} cut; {:>5} calls, p99 {:>6.1?}; +{:.1} MiB",
            attack.name(),
            flood.frames_per_second(),
            flood.connections,
            flood.cut,
            seen.calls.latencies.len(),
            seen.calls.percentile(99),
            grown as f64 / f64::from(1 << 20)
        );
        if grown >= GROWTH_MAX {
            faults.push(format!("{}: the service grew by {grown} bytes", attack.name()));
        }
        if let Some(failure) = seen.calls.failures.first() {
            faults.push(format!("{}: {} calls failed, {failure}", attack.name(), seen.calls.failures.len()));
        }
        if seen.calls.latencies.is_empty() || flood.connections < CONNECTIONS as u64 {
            faults.push(format!("{}: nothing happened", attack.name()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    target.stop().await
}
