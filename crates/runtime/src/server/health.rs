//! Health by the gRPC health protocol. `liveness` says that the process answers and depends on nothing else: a database
//! that is away is no reason to kill it. `readiness`, and the server as a whole (the empty name), follow the database
//! and turn when the process is asked to stop.

use std::time::Duration;

use handoff_store::database::Database;
use tokio::time::Instant;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use crate::shutdown::Shutdown;

/// How often the database is asked, and how long it may take to answer.
const EVERY: Duration = Duration::from_secs(1);
const LIVENESS: &str = "liveness";
const READINESS: [&str; 2] = ["readiness", ""];

/// What probes hear.
#[derive(Debug, Clone)]
pub(super) struct Health {
    reporter: HealthReporter,
}

impl Health {
    /// Alive, and not ready until the database has answered.
    pub(super) async fn new() -> Self {
        let health = Self { reporter: HealthReporter::new() };
        health.reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
        health.set_ready(false).await;
        health
    }

    /// The RPCs.
    pub(super) fn server(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }

    /// Keeps readiness in step with the database until the process is asked to stop.
    pub(super) async fn follow(self, database: Option<Database>, shutdown: Shutdown) {
        let mut ready = false;
        loop {
            let answers = match &database {
                None => true,
                Some(database) => answers(&database.background()).await,
            };
            if shutdown.is_requested() {
                break;
            }
            if answers != ready {
                ready = answers;
                tracing::info!(ready, "readiness changed");
                self.set_ready(ready).await;
            }
            if !shutdown.pause(EVERY).await {
                break;
            }
        }
        self.set_ready(false).await;
    }

    async fn set_ready(&self, ready: bool) {
        let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in READINESS {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

/// Whether a transaction can be begun and ended. The store logs why not.
async fn answers(database: &Database) -> bool {
    let deadline = Instant::now() + EVERY;
    database.read_directory(Some(deadline), |_| Box::pin(async { Ok(()) })).await.is_ok()
}
