//! Tenants with leads, and what is said about them without end: activities of known leads, and new leads. Every tenant
//! is as busy as every other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, ensure};
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_runtime::client::Peer;
use tokio::task::JoinSet;

use crate::ids::request_id;
use crate::load::Call;
use crate::services::{Connections, Tenant};

const CAPTURED_AT_ONCE: usize = 64;

/// A number of tenants with their leads. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Population(Arc<Members>);

struct Members {
    tenants: Vec<Tenant>,
    /// Resource names, tenant by tenant.
    leads: Vec<Vec<String>>,
    /// How many leads were captured so far, by all callers: the next one's number.
    captured: AtomicUsize,
}

impl Population {
    /// Leads of all its tenants together; more tenants have fewer each.
    pub(crate) const LEADS: usize = 4_096;

    /// Founds so many tenants, named after the number.
    pub(crate) async fn found(connections: &Connections, count: usize) -> anyhow::Result<Self> {
        let mut tenants = Vec::new();
        for number in 0..count {
            tenants.push(connections.found(&format!("of-{count}-{number}"), Side::Marketing).await?);
        }
        Self::of(tenants, Self::LEADS, &pb::Lead::default()).await
    }

    /// So many leads of these tenants, all like one but for their addresses.
    pub(crate) async fn of(tenants: Vec<Tenant>, count: usize, like: &pb::Lead) -> anyhow::Result<Self> {
        let (mut leads, mut tasks) = (vec![Vec::new(); tenants.len()], JoinSet::new());
        for task in 0..CAPTURED_AT_ONCE {
            let (tenants, like) = (tenants.clone(), like.clone());
            tasks.spawn(async move {
                let mut names = Vec::new();
                for number in (task..count).step_by(CAPTURED_AT_ONCE) {
                    let place = number % tenants.len();
                    names.push((place, capture(&mut tenants[place].client(task), number, &like).await?));
                }
                anyhow::Ok(names)
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??.into_iter().for_each(|(place, name)| leads[place].push(name));
        }
        Ok(Self(Arc::new(Members { tenants, leads, captured: AtomicUsize::new(count) })))
    }

    /// A tenant whose leads are there already.
    pub(crate) fn there(tenant: Tenant, leads: Vec<String>) -> Self {
        let captured = AtomicUsize::new(leads.len());
        Self(Arc::new(Members { tenants: vec![tenant], leads: vec![leads], captured }))
    }

    /// The same tenants through other connections.
    pub(crate) fn through(&self, connections: &Connections) -> Self {
        let Members { tenants, leads, captured } = &*self.0;
        let tenants =
            tenants.iter().map(|tenant| connections.tenant(&tenant.slug, Side::Marketing)).collect();
        // Numbers that the others do not reach.
        let captured = AtomicUsize::new(captured.load(Ordering::Relaxed) + (1 << 30));
        Self(Arc::new(Members { tenants, leads: leads.clone(), captured }))
    }

    /// The tenant at this place.
    pub(crate) fn tenant(&self, place: usize) -> Tenant {
        self.0.tenants[place].clone()
    }

    /// What task number `task` says of leads that are known.
    pub(crate) fn activities(&self, task: usize) -> Activities {
        Activities { population: self.clone(), at: task }
    }

    /// A task that records activities.
    pub(crate) fn recorder(&self, task: usize) -> Recorder {
        Recorder { clients: self.clients(task), activities: self.activities(task) }
    }

    /// A task that captures new leads.
    pub(crate) fn capturer(&self, task: usize) -> Capturer {
        Capturer { clients: self.clients(task), population: self.clone() }
    }

    fn clients(&self, task: usize) -> Vec<QualificationServiceClient<Peer>> {
        self.0.tenants.iter().map(|tenant| tenant.client(task)).collect()
    }
}

/// One activity after the other, each with a request id of its own.
pub(crate) struct Activities {
    population: Population,
    at: usize,
}

impl Activities {
    /// The next request, and the place of its tenant.
    pub(crate) fn next(&mut self) -> (usize, pb::RecordActivityRequest) {
        // A step that shares no factor with the numbers of tenants and leads, so that a task meets all of them.
        self.at += 61;
        let Members { tenants, leads, .. } = &*self.population.0;
        let place = self.at % tenants.len();
        let lead = leads[place][self.at / tenants.len() % leads[place].len()].clone();
        let request = pb::RecordActivityRequest {
            request_id: request_id(),
            lead: Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Name(lead)) }),
            r#type: "EBOOK_DOWNLOADED".into(),
            occur_time: None,
            properties: [("asset".to_owned(), "pricing-guide".to_owned())].into(),
        };
        (place, request)
    }
}

/// A client that records one activity after the other.
pub(crate) struct Recorder {
    clients: Vec<QualificationServiceClient<Peer>>,
    activities: Activities,
}

impl Call for Recorder {
    async fn make(&mut self) -> anyhow::Result<()> {
        let (place, request) = self.activities.next();
        let answer = self.clients[place].record_activity(request).await?;
        ensure!(answer.get_ref().position > 0, "an activity without a position");
        Ok(())
    }
}

/// A client that captures one lead after the other.
pub(crate) struct Capturer {
    clients: Vec<QualificationServiceClient<Peer>>,
    population: Population,
}

impl Call for Capturer {
    async fn make(&mut self) -> anyhow::Result<()> {
        let number = self.population.0.captured.fetch_add(1, Ordering::Relaxed);
        let place = number % self.clients.len();
        capture(&mut self.clients[place], number, &pb::Lead::default()).await?;
        Ok(())
    }
}

/// Captures a lead like another one, with an address of its own; its name.
async fn capture(
    client: &mut QualificationServiceClient<Peer>,
    number: usize,
    like: &pb::Lead,
) -> anyhow::Result<String> {
    let mut lead = like.clone();
    lead.person.get_or_insert_default().email = format!("lead-{number}@example.com");
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(lead),
        ..pb::CaptureLeadRequest::default()
    };
    let answer = client.capture_lead(request).await?.into_inner();
    ensure!(answer.created, "lead {number} was there already");
    Ok(answer.lead.context("an answer without the lead")?.name)
}
