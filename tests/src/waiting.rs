//! Waiting for something that other processes do and tell nobody about, by looking until it is there. What does announce
//! itself, a line or the end of a process, is waited for as such (see [`crate::process`]).

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{bail, ensure};
use tokio::time::Instant;

/// How long anything may take on a machine that builds something else meanwhile. Nothing should come near it.
pub const LIMIT: Duration = Duration::from_secs(60);

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `look` gives something.
///
/// # Errors
/// The first failure of a look; after [`LIMIT`] an error that says what was waited for.
pub async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= end {
            bail!("waited {LIMIT:?} in vain until {what}");
        }
        pause().await;
    }
}

/// The same of what takes as long as there is much of it: `look` says whether it is through and where it is, and it may
/// take [`LIMIT`] from there to anywhere else.
///
/// # Errors
/// The first failure of a look; when it stands still, an error that says what was waited for and where that was.
pub async fn until_through<P: PartialEq + Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> anyhow::Result<(bool, P)>,
) -> anyhow::Result<()> {
    let mut last = None;
    loop {
        let (is_through, place) = look().await?;
        if is_through {
            return Ok(());
        }
        let now = Instant::now();
        match &last {
            Some((since, before)) if *before == place => {
                ensure!(now < *since + LIMIT, "waited {LIMIT:?} at {place:?} in vain until {what}");
            }
            _ => last = Some((now, place)),
        }
        pause().await;
    }
}

/// A moment before one looks again.
#[expect(clippy::disallowed_methods, reason = "nobody tells when another process is ready: one has to look")]
pub(crate) async fn pause() {
    tokio::time::sleep(LOOK_EVERY).await;
}
