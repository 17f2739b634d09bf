//! Health: by the gRPC health protocol on both ports, and as `/healthz` and `/readyz` over HTTP on the port for probes.
//!
//! Liveness says that the process answers and depends on nothing else: a database that is away is no reason to kill it.
//! Readiness, and the server as a whole (the empty name), follow the database and turn when the process is leaving.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use handoff_store::database::Database;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use crate::shutdown::Shutdown;

/// How often the database is asked, and how long it may take to answer.
const EVERY: Duration = Duration::from_secs(1);
const LIVENESS: &str = "liveness";
const READINESS: [&str; 2] = ["readiness", ""];

/// Whether calls are welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    Ready,
    NoDatabase,
    Leaving,
}

/// What probes hear.
#[derive(Debug, Clone)]
pub(super) struct Health {
    reporter: HealthReporter,
    readiness: watch::Sender<Readiness>,
}

impl Health {
    /// Alive, and not ready until the database has answered.
    pub(super) async fn new() -> Self {
        let health =
            Self { reporter: HealthReporter::new(), readiness: watch::Sender::new(Readiness::NoDatabase) };
        health.reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
        health.set(Readiness::NoDatabase).await;
        health
    }

    /// The RPCs.
    pub(super) fn server(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }

    /// The same for probes that speak HTTP.
    pub(super) fn pages(&self) -> Router {
        Router::new()
            .route("/healthz", get(async || "alive\n"))
            .route("/readyz", get(readyz))
            .with_state(self.readiness.subscribe())
    }

    /// Keeps readiness in step with the database until the process leaves.
    pub(super) async fn follow(self, database: Option<Database>, shutdown: Shutdown) {
        let mut last = Readiness::NoDatabase;
        loop {
            let answers = match &database {
                None => true,
                Some(database) => answers(&database.background()).await,
            };
            if shutdown.is_leaving() {
                break;
            }
            let readiness = if answers { Readiness::Ready } else { Readiness::NoDatabase };
            if readiness != last {
                last = readiness;
                tracing::info!(ready = answers, "readiness changed");
                self.set(readiness).await;
            }
            if timeout(EVERY, shutdown.leaving()).await.is_ok() {
                break;
            }
        }
        self.set(Readiness::Leaving).await;
    }

    async fn set(&self, readiness: Readiness) {
        self.readiness.send_replace(readiness);
        let status = match readiness {
            Readiness::Ready => ServingStatus::Serving,
            Readiness::NoDatabase | Readiness::Leaving => ServingStatus::NotServing,
        };
        for name in READINESS {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

async fn readyz(State(readiness): State<watch::Receiver<Readiness>>) -> (StatusCode, &'static str) {
    match *readiness.borrow() {
        Readiness::Ready => (StatusCode::OK, "ready\n"),
        Readiness::NoDatabase => {
            (StatusCode::SERVICE_UNAVAILABLE, "not ready: the database does not answer\n")
        }
        Readiness::Leaving => (StatusCode::SERVICE_UNAVAILABLE, "not ready: the process is stopping\n"),
    }
}

/// Whether a transaction can be begun and ended. The store logs why not.
async fn answers(database: &Database) -> bool {
    let deadline = Instant::now() + EVERY;
    database.read_directory(Some(deadline), |_| Box::pin(async { Ok(()) })).await.is_ok()
}
