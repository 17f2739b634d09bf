//! Threads of their own, as another process would have them: what waits for a processor is the business of the operating
//! system, and not of the runtime that others run on too.

use anyhow::Context;
use rustix::process::setpriority_process;
use tokio::runtime::{Builder, Runtime};

/// The priority (nice) of whoever takes what others leave.
const LOWEST: i32 = 19;

/// A runtime with a thread for each processor. What runs on it ends with it.
pub(crate) struct Threads(Option<Runtime>);

impl Threads {
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::of(&mut Builder::new_multi_thread())
    }

    /// Threads that leave the processors to all others, as if they were on another machine.
    pub(crate) fn start_elsewhere() -> anyhow::Result<Self> {
        let step_back = || setpriority_process(None, LOWEST).expect("anybody may step back");
        Self::of(Builder::new_multi_thread().on_thread_start(step_back))
    }

    fn of(builder: &mut Builder) -> anyhow::Result<Self> {
        let runtime = builder.enable_all().build().context("a runtime cannot be started")?;
        Ok(Self(Some(runtime)))
    }

    /// Runs `work` there, and waits for it here.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = anyhow::Result<T>> + Send + 'static,
    ) -> anyhow::Result<T> {
        self.0.as_ref().context("the threads have ended")?.spawn(work).await?
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Whoever drops it is on another runtime, which must not wait.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
