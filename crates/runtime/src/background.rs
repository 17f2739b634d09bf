//! The work that a service does without being called: consumers and workers. A task that fails or panics is logged and
//! started again after a delay that doubles; all of them end when the process is asked to stop.
//!
//! A task may be dropped at any of its awaits. That is safe because every transaction runs in a task of its own and
//! keeps its cursor or its state with its effects.

use std::any::Any;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::retry::Delays;
use crate::shutdown::Shutdown;
use crate::telemetry::spans::BACKGROUND;

/// However long what a task needs was away, everything is to work again ten seconds after it is back.
const LONGEST_DELAY: Duration = Duration::from_secs(2);
/// A task that ran this long before it failed starts again without the memory of earlier failures.
const LONG_ENOUGH: Duration = Duration::from_secs(60);

/// The background tasks of a service. Clones add to the same set.
#[derive(Debug, Clone)]
pub struct Background {
    shutdown: Shutdown,
    tasks: TaskTracker,
}

impl Background {
    /// No tasks yet; those that come end when `shutdown` is requested.
    pub fn new(shutdown: Shutdown) -> Self {
        Self { shutdown, tasks: TaskTracker::new() }
    }

    /// Starts `task` and starts it again whenever it fails or panics. One that returns `Ok` has ended.
    pub fn spawn<F, E>(&self, name: &'static str, mut task: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = Result<(), E>> + Send,
        E: Display + Send,
    {
        let shutdown = self.shutdown.clone();
        let supervised = async move {
            let mut delays = Delays::up_to(LONGEST_DELAY);
            loop {
                let started = Instant::now();
                // Unwind safety: the future is dropped with all that it held, and a new one is made.
                let run = AssertUnwindSafe(async { task().await }).catch_unwind();
                let failure = tokio::select! {
                    () = shutdown.requested() => break,
                    ended = run => match ended {
                        Ok(Ok(())) => break,
                        Ok(Err(error)) => error.to_string(),
                        Err(panic) => panicked(&*panic).to_owned(),
                    },
                };
                if started.elapsed() >= LONG_ENOUGH {
                    delays.reset();
                }
                let delay = delays.next();
                tracing::error!(
                    error = failure,
                    ?delay,
                    "a background task failed and will be started again"
                );
                if !shutdown.pause(delay).await {
                    break;
                }
            }
            tracing::debug!("ended");
        };
        self.tasks.spawn(supervised.instrument(tracing::info_span!(parent: None, BACKGROUND, name)));
    }

    /// Waits until all tasks have ended. They end by themselves or when the process is asked to stop.
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// What a panic may say in a log; its place is logged by the panic hook.
fn panicked(panic: &(dyn Any + Send)) -> &'static str {
    if panic.is::<&str>() || panic.is::<String>() { "it panicked" } else { "it panicked with a value" }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_that_fails_and_panics_is_started_again_until_it_ends() {
        let background = Background::new(Shutdown::new());
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        background.spawn("flaky", move || {
            let run = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                match run {
                    0 => Err("not yet"),
                    1 => panic!("a defect"),
                    _ => Ok(()),
                }
            }
        });
        background.ended().await;
        assert_eq!(runs.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn all_tasks_end_when_asked_to_stop() {
        let shutdown = Shutdown::new();
        let background = Background::new(shutdown.clone());
        background.spawn("endless", std::future::pending::<Result<(), String>>);
        background.spawn("failing", || async { Err("always") });
        shutdown.request();
        background.ended().await;
    }
}
