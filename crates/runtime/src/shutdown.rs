//! The wish to stop, told to every part of a process: by SIGTERM or SIGINT, or by hand in tests and in `handoff up`.
//! It only says that stopping is wanted; who drains what, and for how long, is the server's to say.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A wish to stop that all clones share. It can be made once and never taken back.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// One that only [`Shutdown::request`] triggers.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that SIGTERM and SIGINT trigger too. A second signal ends the process at once, with the exit status that
    /// a shell expects of that signal: whoever asks twice does not want to wait for the drain.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn on_signals() -> io::Result<Self> {
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let shutdown = Self::new();
        let told = shutdown.clone();
        tokio::spawn(async move {
            let (name, _) = first(&mut terminate, &mut interrupt).await;
            tracing::info!(signal = name, "stopping; once more to stop at once");
            told.request();
            let (name, status) = first(&mut terminate, &mut interrupt).await;
            tracing::warn!(signal = name, "stopping at once");
            std::process::exit(status);
        });
        Ok(shutdown)
    }

    /// Asks everybody to stop.
    pub fn request(&self) {
        self.0.cancel();
    }

    /// Whether stopping was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it is. May be dropped and called again.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// Waits for `time`, or less if stopping is asked for meanwhile; says whether to go on.
    pub async fn pause(&self, time: Duration) -> bool {
        timeout(time, self.requested()).await.is_err()
    }

    /// As [`Shutdown::requested`], for a future that outlives the borrow.
    pub fn requested_owned(&self) -> impl Future<Output = ()> + Send + 'static {
        self.0.clone().cancelled_owned()
    }
}

async fn first(terminate: &mut Signal, interrupt: &mut Signal) -> (&'static str, i32) {
    tokio::select! {
        _ = terminate.recv() => ("SIGTERM", 128 + 15),
        _ = interrupt.recv() => ("SIGINT", 128 + 2),
    }
}
