//! `handoff health`, which the health checks of containers run: it must not say that all is well where it is not.

use handoff_tests::apart::{Apart, Name};
use handoff_tests::process::handoff;

#[tokio::test]
async fn a_probe_ends_well_only_while_the_service_takes_calls() -> anyhow::Result<()> {
    let mut services = Apart::start().await?;
    let url = services.endpoints.sla.clone();
    let ready = handoff(["health", &url]).await?;
    assert!(ready.status.success(), "{}", ready.stderr);
    assert!(ready.stderr.contains("readiness") && ready.stderr.contains("SERVING"), "{}", ready.stderr);
    handoff(["health", &url, "--service", "liveness"]).await?.well()?;

    let unknown = handoff(["health", &url, "--service", "cheer"]).await?.refused(1)?;
    assert!(unknown.contains("NotFound"), "{unknown}");
    services.stop_one(Name::Sla).await?;
    let gone = handoff(["health", &url]).await?.refused(1)?;
    assert!(gone.contains("nobody answers"), "{gone}");
    let nonsense = handoff(["health", "not an address"]).await?.refused(1)?;
    assert!(nonsense.contains("is not an address"), "{nonsense}");
    services.stop().await
}
