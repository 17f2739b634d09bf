//! A service as a whole: why it may not start, what it is once it runs, and the frame of its `main`.

use std::env;
use std::error::Error as _;
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use handoff_store::database::ConnectError;
use tokio::task::JoinHandle;

use crate::config::{self, Configuration, Loaded};
use crate::shutdown::Shutdown;
use crate::telemetry;

/// Why a service does not start. Each is one clear line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// What it was told does not fit together, or names files that cannot be used.
    #[error("{}", .faults.join("; "))]
    Configuration {
        /// Every fault, as a sentence.
        faults: Vec<String>,
    },
    /// The address is taken, or not this machine's, or not allowed.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] ConnectError),
    /// The address of another service cannot be read.
    #[error("{endpoint} is not the address of a service; one looks like http://127.0.0.1:7431")]
    Endpoint {
        /// As it was given.
        endpoint: String,
    },
    /// Another part of the start failed.
    #[error("{what}")]
    Other {
        /// What, as a sentence.
        what: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The process was asked to stop before it had started.
    #[error("asked to stop before it had started")]
    Interrupted,
}

/// A service that answers calls. Dropping it does not stop it.
#[derive(Debug)]
pub struct Running {
    /// Where it serves gRPC; the port it got where 0 was asked for.
    pub address: SocketAddr,
    /// Where it serves health, if apart.
    pub health_address: Option<SocketAddr>,
    /// Whether it speaks TLS.
    pub(crate) is_tls: bool,
    pub(crate) task: JoinHandle<()>,
}

impl Running {
    /// Where it serves gRPC, as clients take it.
    pub fn endpoint(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Waits until it was asked to stop and everything has ended: calls drained, tasks ended, connections closed.
    pub async fn join(self) {
        if let Err(failure) = self.task.await
            && failure.is_panic()
        {
            tracing::error!("the server panicked");
        }
    }
}

/// The `main` of a service: reads its configuration, starts a runtime, telemetry and the service, and waits until a signal
/// has ended it. Exits with 0 after a drain, 1 if it could not start, 2 for a configuration that cannot be used.
pub fn run<C, F, R>(start: F) -> ExitCode
where
    C: Configuration,
    F: FnOnce(C, Shutdown) -> R,
    R: Future<Output = Result<Running, StartError>>,
{
    let arguments: Vec<OsString> = env::args_os().collect();
    let loaded = config::load::<C>(&arguments, |name| env::var_os(name)).unwrap_or_else(|error| error.exit());
    let served = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| other("the runtime cannot be started", source))
        .and_then(|runtime| runtime.block_on(serve(loaded, start)));
    match served {
        Ok(()) | Err(StartError::Interrupted) => ExitCode::SUCCESS,
        Err(StartError::Configuration { faults }) => {
            faults.iter().for_each(|fault| eprintln!("error: {fault}"));
            ExitCode::from(2)
        }
        Err(failure) => {
            eprintln!("error: {}", one_line(&failure));
            ExitCode::FAILURE
        }
    }
}

async fn serve<C, F, R>(loaded: Loaded<C>, start: F) -> Result<(), StartError>
where
    C: Configuration,
    F: FnOnce(C, Shutdown) -> R,
    R: Future<Output = Result<Running, StartError>>,
{
    if !loaded.is_sound() {
        return Err(StartError::Configuration { faults: loaded.all_faults().await });
    }
    let telemetry = telemetry::start(&format!("handoff-{}", C::NAME))?;
    let served = async {
        let shutdown = Shutdown::leaving_on_signals()
            .map_err(|source| other("the handlers of signals cannot be installed", source))?;
        start(loaded.config, shutdown).await?.join().await;
        Ok(())
    };
    let served = served.await;
    telemetry.shutdown().await;
    served
}

/// The failure and its causes on one line, as it is shown to people.
pub fn one_line(failure: &StartError) -> String {
    let mut line = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

fn other(what: &str, source: io::Error) -> StartError {
    StartError::Other { what: what.to_owned(), source: source.into() }
}
