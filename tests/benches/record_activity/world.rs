//! The qualification service in this process, with a tenant that has leads, and what is said to it.

use std::sync::Arc;

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_domain::id::IdSource;
use handoff_proto::event::v1::GetLogHeadRequest;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_qualification::{Config, start};
use handoff_runtime::client::{Caller, Peer, connect};
use handoff_runtime::clock;
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::service::Running;
use handoff_runtime::shutdown::Shutdown;
use handoff_store::{entropy, migrate};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::load::Call;

const TENANT: &str = "benchmark";

/// A running service.
pub(crate) struct World {
    running: Running,
    shutdown: Shutdown,
    peers: Vec<Peer>,
    leads: Arc<[String]>,
    /// Where the tenant's log stood before the first activity.
    head: i64,
}

impl World {
    /// Migrates the database, starts the service, and founds a tenant with so many leads.
    pub(crate) async fn found(database_url: &str, connections: u16, leads: u32) -> anyhow::Result<Self> {
        migrate::migrate(database_url).await?;
        let shutdown = Shutdown::new();
        let config = Config { service: ServiceConfig::on_loopback(database_url) };
        let running = start(config, shutdown.clone()).await?;
        let mut peers = Vec::new();
        for _ in 0..connections {
            peers.push(connect(&running.endpoint(), &Caller::user(TENANT, "mia", Side::Marketing)).await?);
        }
        let system = connect(&running.endpoint(), &Caller::service("benchmark")).await?;
        create_tenant(system).await?;
        let leads: Arc<[String]> = capture_leads(&peers, leads).await?.into();
        let mut world = Self { running, shutdown, peers, leads, head: 0 };
        world.head = world.log_head().await?;
        Ok(world)
    }

    /// Their resource names.
    pub(crate) fn leads(&self) -> Arc<[String]> {
        Arc::clone(&self.leads)
    }

    /// What task number `task` does.
    pub(crate) fn recorder(&self, task: usize) -> Recorder {
        Recorder {
            client: QualificationServiceClient::new(self.peers[task % self.peers.len()].clone()),
            activities: Activities::new(self.leads(), task),
        }
    }

    /// Proves that what was answered is in the log: so many activities and nothing else.
    pub(crate) async fn check(&self, recorded: usize) -> anyhow::Result<()> {
        let written = self.log_head().await? - self.head;
        ensure!(
            i64::try_from(recorded)? == written,
            "{recorded} calls were answered, {written} are in the log"
        );
        Ok(())
    }

    /// Ends the service.
    pub(crate) async fn stop(self) {
        drop(self.peers);
        self.shutdown.request();
        self.running.join().await;
    }

    async fn log_head(&self) -> anyhow::Result<i64> {
        let mut log = EventLogServiceClient::new(self.peers[0].clone());
        Ok(log.get_log_head(GetLogHeadRequest::default()).await?.into_inner().position)
    }
}

async fn create_tenant(system: Peer) -> anyhow::Result<()> {
    let tenant = pb::Tenant {
        name: format!("tenants/{TENANT}"),
        time_zone: "Europe/Rome".into(),
        currency_code: "EUR".into(),
        ..pb::Tenant::default()
    };
    let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
    QualificationServiceClient::new(system).create_tenant(request).await?;
    Ok(())
}

/// Captures them, a share per connection and several at once on each.
async fn capture_leads(peers: &[Peer], count: u32) -> anyhow::Result<Vec<String>> {
    const TASKS: u32 = 64;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let mut client = QualificationServiceClient::new(peers[task as usize % peers.len()].clone());
        tasks.spawn(async move {
            let mut names = Vec::new();
            for number in (task..count).step_by(TASKS as usize) {
                let person =
                    pb::Person { email: format!("lead-{number}@example.com"), ..pb::Person::default() };
                let request = pb::CaptureLeadRequest {
                    request_id: request_id(),
                    lead: Some(pb::Lead { person: Some(person), ..pb::Lead::default() }),
                    ..pb::CaptureLeadRequest::default()
                };
                let answer = client.capture_lead(request).await?.into_inner();
                names.push(answer.lead.context("an answer without the lead")?.name);
            }
            anyhow::Ok(names)
        });
    }
    let mut names = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        names.extend(ended??);
    }
    Ok(names)
}

/// A client of the service.
pub(crate) struct Recorder {
    client: QualificationServiceClient<Peer>,
    activities: Activities,
}

impl Call for Recorder {
    async fn make(&mut self) -> anyhow::Result<()> {
        let answer = self.client.record_activity(self.activities.next()).await?;
        ensure!(answer.get_ref().position > 0, "an activity without a position");
        Ok(())
    }
}

/// The requests of one task: an activity of one lead after the other, each with a request id of its own.
pub(crate) struct Activities {
    leads: Arc<[String]>,
    at: usize,
}

impl Activities {
    pub(crate) fn new(leads: Arc<[String]>, task: usize) -> Self {
        Self { leads, at: task }
    }

    pub(crate) fn next(&mut self) -> pb::RecordActivityRequest {
        // A step that shares no factor with the usual numbers of leads, so that a task meets all of them.
        self.at += 61;
        let lead = self.leads[self.at % self.leads.len()].clone();
        pb::RecordActivityRequest {
            request_id: request_id(),
            lead: Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Name(lead)) }),
            r#type: "EBOOK_DOWNLOADED".into(),
            occur_time: None,
            properties: [("asset".to_owned(), "pricing-guide".to_owned())].into(),
        }
    }
}

fn request_id() -> String {
    let id: Uuid = IdSource::new(clock::now(), &mut entropy::ten_bytes).next();
    id.to_string()
}
