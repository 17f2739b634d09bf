//! The services in this process, and tenants to try them with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_domain::id::TenantId;
use handoff_proto::common::v1 as common;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::history_entry::Entry;
use handoff_proto::qualification::v1::import_request::Subject;
use handoff_proto::qualification::v1::import_response::Result::{Imported, Refused};
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_runtime::client::{Caller, Credentials, Peer};
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::service::Running;
use handoff_runtime::shutdown::Shutdown;
use handoff_store::batch::Limits;

use crate::ids::request_id;

/// Connections that the callers of a part share.
pub(crate) const CONNECTIONS: u16 = 4;

/// Who accepts.
const BOB: &str = "users/bob";

/// When the leads that wait became MQLs: 2026-01-05.
const MQL_SECONDS: i64 = 1_767_600_000;

/// Running services. They run until they are stopped.
pub(crate) struct Services {
    shutdown: Shutdown,
    running: Vec<Running>,
    pub(crate) qualification: String,
    /// Empty where it does not run.
    pub(crate) reporting: String,
}

/// A tenant, and connections that speak for one person of it.
#[derive(Clone)]
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) slug: String,
    peers: Vec<Peer>,
}

/// Connections to one endpoint, which tenants share.
pub(crate) struct Connections(Vec<Peer>);

impl Services {
    /// Qualification alone.
    pub(crate) async fn qualification(database_url: &str, limits: Limits) -> anyhow::Result<Self> {
        let service = ServiceConfig::on_loopback(database_url);
        // Nobody is there until sla is: no part of the benchmark works by calendars.
        let sla = "http://127.0.0.1:1".to_owned();
        Self::qualification_of(handoff_qualification::Config { service, sla }, limits).await
    }

    /// The same with a configuration of its own.
    pub(crate) async fn qualification_of(
        config: handoff_qualification::Config,
        limits: Limits,
    ) -> anyhow::Result<Self> {
        let shutdown = Shutdown::new();
        let running = handoff_qualification::start_limited(config, limits, shutdown.clone()).await?;
        let (qualification, reporting) = (running.endpoint(), String::new());
        Ok(Self { shutdown, running: vec![running], qualification, reporting })
    }

    /// All three, each hearing of the others as it does anywhere.
    pub(crate) async fn all(database_url: &str, limits: Limits) -> anyhow::Result<Self> {
        let mut all = Self::qualification(database_url, limits).await?;
        let service = || ServiceConfig::on_loopback(database_url);
        let qualification = all.qualification.clone();
        let config = handoff_sla::Config { service: service(), qualification: qualification.clone() };
        let sla = handoff_sla::start(config, all.shutdown.clone()).await?;
        let config = handoff_reporting::Config { service: service(), qualification, sla: sla.endpoint() };
        let reporting = handoff_reporting::start(config, all.shutdown.clone()).await?;
        all.reporting = reporting.endpoint();
        all.running.extend([sla, reporting]);
        Ok(all)
    }

    /// Ends them.
    pub(crate) async fn stop(self) {
        self.shutdown.request();
        for running in self.running {
            running.join().await;
        }
    }
}

impl Connections {
    /// Connects.
    pub(crate) async fn open(endpoint: &str) -> anyhow::Result<Self> {
        Self::open_with(&Credentials::default(), endpoint).await
    }

    /// Connects, and proves who calls.
    pub(crate) async fn open_with(credentials: &Credentials, endpoint: &str) -> anyhow::Result<Self> {
        let mut peers = Vec::new();
        for _ in 0..CONNECTIONS {
            peers.push(credentials.connect(endpoint, &Caller::service("bench")).await?);
        }
        Ok(Self(peers))
    }

    /// Creates a tenant; the calls speak for `users/bob` of that side.
    pub(crate) async fn found(&self, slug: &str, side: Side) -> anyhow::Result<Tenant> {
        let tenant = pb::Tenant {
            name: format!("tenants/{slug}"),
            time_zone: "Europe/Rome".into(),
            currency_code: "EUR".into(),
            ..pb::Tenant::default()
        };
        let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
        QualificationServiceClient::new(self.0[0].clone()).create_tenant(request).await?;
        Ok(self.tenant(slug, side))
    }

    /// A connection that speaks for a user of a tenant.
    pub(crate) fn speaking_for(&self, slug: &str, user: &str, side: Side) -> Peer {
        self.0[0].speaking_for(&Caller::user(slug, user, side))
    }

    /// A tenant that is there already.
    pub(crate) fn tenant(&self, slug: &str, side: Side) -> Tenant {
        let caller = Caller::user(slug, "bob", side);
        let peers = self.0.iter().map(|peer| peer.speaking_for(&caller)).collect();
        Tenant { id: TenantId::from_slug(slug), slug: slug.to_owned(), peers }
    }
}

impl Tenant {
    /// A client on one of the connections; the same number gives the same one.
    pub(crate) fn client(&self, number: usize) -> QualificationServiceClient<Peer> {
        QualificationServiceClient::new(self.peers[number % self.peers.len()].clone())
    }

    pub(crate) async fn put_team(&self, team: pb::Team) -> anyhow::Result<()> {
        let request = pb::PutTeamRequest { request_id: request_id(), team: Some(team) };
        self.client(0).put_team(request).await?;
        Ok(())
    }

    pub(crate) async fn put_user(&self, user: pb::User) -> anyhow::Result<()> {
        let request = pb::PutUserRequest { request_id: request_id(), user: Some(user) };
        self.client(0).put_user(request).await?;
        Ok(())
    }

    /// Puts `users/bob` of sales, for whom all calls speak.
    pub(crate) async fn put_bob(&self) -> anyhow::Result<()> {
        let side = common::Side::Sales.into();
        self.put_user(pb::User { name: BOB.into(), side, active: true, ..pb::User::default() }).await
    }

    /// Captures a lead, hands it over and accepts it, one call after the other.
    pub(crate) async fn capture_and_accept(&self, number: usize) -> anyhow::Result<()> {
        let mut client = self.client(number);
        let person = pb::Person { email: format!("quiet-{number}@example.com"), ..pb::Person::default() };
        let request = pb::CaptureLeadRequest {
            request_id: request_id(),
            lead: Some(pb::Lead { person: Some(person), ..pb::Lead::default() }),
            ..pb::CaptureLeadRequest::default()
        };
        let lead = client.capture_lead(request).await?.into_inner().lead.unwrap_or_default().name;
        let request = pb::QualifyLeadRequest {
            request_id: request_id(),
            lead: Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Name(lead)) }),
            ..pb::QualifyLeadRequest::default()
        };
        let name = client.qualify_lead(request).await?.into_inner().handoff.unwrap_or_default().name;
        let request = pb::AcceptHandoffRequest { request_id: request_id(), name, ..Default::default() };
        client.accept_handoff(request).await?;
        Ok(())
    }

    /// Sends items through one stream and waits for all answers; how many there were.
    ///
    /// # Errors
    /// When an item is refused, or has no answer.
    pub(crate) async fn import<I>(&self, items: I) -> anyhow::Result<usize>
    where
        I: IntoIterator<Item = pb::ImportRequest, IntoIter: Send + 'static>,
    {
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let items = items.into_iter().inspect(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let mut answers = self.client(0).import(tokio_stream::iter(items)).await?.into_inner();
        let mut imported = 0;
        while let Some(answer) = answers.message().await? {
            match answer.result.context("an answer without a result")? {
                Imported(_) => imported += 1,
                Refused(refused) => {
                    anyhow::bail!("item {}: {} {:?}", answer.index, refused.message, refused.violations)
                }
            }
        }
        let sent = sent.load(Ordering::Relaxed);
        anyhow::ensure!(imported == sent, "of {sent} items {imported} were answered");
        Ok(imported)
    }
}

/// An item of an import: a lead that was handed over to bob, who has yet to decide.
pub(crate) fn waiting_lead(number: usize) -> pb::ImportRequest {
    let time = |seconds| Some(prost_types::Timestamp { seconds: MQL_SECONDS + seconds, nanos: 0 });
    let entry = |seconds, entry| pb::HistoryEntry {
        occur_time: time(seconds),
        entry: Some(entry),
        ..pb::HistoryEntry::default()
    };
    let person = pb::Person { email: format!("waiting-{number}@example.com"), ..pb::Person::default() };
    pb::ImportRequest {
        source_key: format!("waiting/{number}"),
        subject: Some(Subject::Lead(pb::Lead { person: Some(person), ..pb::Lead::default() })),
        capture_time: time(-3_600),
        history: vec![
            entry(0, Entry::Qualified(pb::ImportedQualification {})),
            entry(60, Entry::Assigned(pb::ImportedAssignment { owner: BOB.into() })),
        ],
    }
}
