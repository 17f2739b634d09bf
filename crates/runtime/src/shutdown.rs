//! The end of a process, told to all its parts in three stages: it is leaving (probes hear that it is not ready, and whoever
//! balances load stops choosing it), it is asked to stop (no new connections, calls in flight finish), and last the call to
//! long streams that did not come to their end by themselves. Signals begin it, or tests and `handoff up` by hand.
//!
//! It only says how far the end has come; who waits how long between the stages is the server's to say.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The end of a process, which all clones share. It comes once and is never taken back.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(Arc<Stages>);

#[derive(Debug, Default)]
struct Stages {
    leaving: CancellationToken,
    requested: CancellationToken,
    last_call: CancellationToken,
}

impl Shutdown {
    /// One that only [`Shutdown::request`] triggers.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that SIGTERM and SIGINT request too. A second signal ends the process at once, with the exit status that
    /// a shell expects of that signal: whoever asks twice does not want to wait for the drain.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn on_signals() -> io::Result<Self> {
        Self::watch(Self::request)
    }

    /// As [`Shutdown::on_signals`], but a signal only makes it leave. The server requests the rest, once those who balance
    /// load had time to hear of it.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub(crate) fn leaving_on_signals() -> io::Result<Self> {
        Self::watch(Self::leave)
    }

    fn watch(begin: fn(&Self)) -> io::Result<Self> {
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let shutdown = Self::new();
        let told = shutdown.clone();
        tokio::spawn(async move {
            let (name, _) = first(&mut terminate, &mut interrupt).await;
            tracing::info!(signal = name, "stopping; once more to stop at once");
            begin(&told);
            let (name, status) = first(&mut terminate, &mut interrupt).await;
            tracing::warn!(signal = name, "stopping at once");
            std::process::exit(status);
        });
        Ok(shutdown)
    }

    /// Says that the process will be asked to stop.
    pub fn leave(&self) {
        self.0.leaving.cancel();
    }

    /// Asks everybody to stop.
    pub fn request(&self) {
        self.leave();
        self.0.requested.cancel();
    }

    /// Asks long streams to end now.
    pub(crate) fn call_last(&self) {
        self.0.last_call.cancel();
    }

    /// Whether the process is leaving.
    pub(crate) fn is_leaving(&self) -> bool {
        self.0.leaving.is_cancelled()
    }

    /// Whether stopping was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.requested.is_cancelled()
    }

    /// Waits until the process is leaving. May be dropped and called again, as the other two.
    pub async fn leaving(&self) {
        self.0.leaving.cancelled().await;
    }

    /// Waits until stopping is asked for.
    pub async fn requested(&self) {
        self.0.requested.cancelled().await;
    }

    /// Waits until a stream that its caller could go on with for long has to end.
    pub async fn last_call(&self) {
        self.0.last_call.cancelled().await;
    }

    /// Waits for `time`, or less if stopping is asked for meanwhile; says whether to go on.
    pub async fn pause(&self, time: Duration) -> bool {
        timeout(time, self.requested()).await.is_err()
    }

    /// As [`Shutdown::requested`], for a future that outlives the borrow.
    pub fn requested_owned(&self) -> impl Future<Output = ()> + Send + 'static {
        self.0.requested.clone().cancelled_owned()
    }
}

async fn first(terminate: &mut Signal, interrupt: &mut Signal) -> (&'static str, i32) {
    tokio::select! {
        _ = terminate.recv() => ("SIGTERM", 128 + 15),
        _ = interrupt.recv() => ("SIGINT", 128 + 2),
    }
}
