//! A lead's way from capture to decision, a request per step, each repeated until it is answered. A request may go out
//! several times at once, through several processes: whatever comes back must be the same.

use std::fmt::Debug;

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use handoff_domain::actor::Side;
use handoff_proto::common::v1 as common;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_runtime::client::{Caller, Peer};
use tokio::sync::watch;
use tonic::{Response, Status};
use uuid::Uuid;

use crate::endpoints::Endpoints;
use crate::fault::ledger::{Ledger, Promise};
use crate::fault::patience::done;
use crate::fault::random::Random;

/// A client of qualification.
pub type Client = QualificationServiceClient<Peer>;

/// The sales user who owns everything.
const OWNER: &str = "users/sara";

/// `users/mia` of marketing.
pub fn marketing(tenant: &str) -> Caller {
    Caller::user(tenant, "mia", Side::Marketing)
}

/// `users/sara` of sales.
pub fn sales(tenant: &str) -> Caller {
    Caller::user(tenant, "sara", Side::Sales)
}

/// Founds a tenant with its people.
///
/// # Errors
/// When it is refused.
pub async fn found(endpoints: &Endpoints, tenant: &str, random: &mut Random) -> anyhow::Result<()> {
    let system = endpoints.qualification(&Caller::service("tests"))?;
    let named = pb::Tenant {
        name: format!("tenants/{tenant}"),
        time_zone: "Europe/Rome".into(),
        currency_code: "EUR".into(),
        ..pb::Tenant::default()
    };
    let request = pb::CreateTenantRequest { request_id: random.uuid().to_string(), tenant: Some(named) };
    done(&system, &request, |mut client, request| async move { client.create_tenant(request).await }).await?;
    let mia = endpoints.qualification(&marketing(tenant))?;
    for (slug, side) in [("mia", common::Side::Marketing), ("sara", common::Side::Sales)] {
        let user = pb::User {
            name: format!("users/{slug}"),
            side: side.into(),
            active: true,
            ..pb::User::default()
        };
        let request = pb::PutUserRequest { request_id: random.uuid().to_string(), user: Some(user) };
        done(&mia, &request, |mut client, request| async move { client.put_user(request).await }).await?;
    }
    Ok(())
}

/// Who takes leads of one tenant along.
#[derive(Debug)]
pub struct Guide {
    /// What was promised so far.
    pub ledger: Ledger,
    random: Random,
    marketing: Vec<Client>,
    sales: Vec<Client>,
    copies_max: u64,
    progress: watch::Sender<u64>,
}

impl Guide {
    /// One that sends each request one to `copies_max` times, through the processes of qualification at `endpoints` in
    /// turn, and adds to `progress` with every request that is answered.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn new(
        endpoints: &[Endpoints],
        tenant: &str,
        random: Random,
        copies_max: u64,
        progress: &watch::Sender<u64>,
    ) -> anyhow::Result<Self> {
        let clients = |caller: &Caller| -> anyhow::Result<Vec<Client>> {
            endpoints.iter().map(|endpoints| endpoints.qualification(caller)).collect()
        };
        Ok(Self {
            ledger: Ledger::default(),
            random,
            marketing: clients(&marketing(tenant))?,
            sales: clients(&sales(tenant))?,
            copies_max,
            progress: progress.clone(),
        })
    }

    /// Takes a new lead from capture to a decision, or to where nobody has decided yet.
    ///
    /// # Errors
    /// When a step is refused or not answered.
    pub async fn take(&mut self, external_id: &str) -> anyhow::Result<()> {
        let lead = self.capture(external_id).await?;
        self.record_activity(&lead).await?;
        let handoff = self.qualify(&lead).await?;
        if self.random.below(8) == 0 {
            return Ok(());
        }
        self.assign(&handoff).await?;
        match self.random.below(8) {
            0 => Ok(()),
            1..4 => self.reject(&handoff).await,
            _ => self.accept(&handoff).await,
        }
    }

    /// Captures a lead; its name.
    ///
    /// # Errors
    /// As [`Guide::take`].
    pub async fn capture(&mut self, external_id: &str) -> anyhow::Result<String> {
        let person = pb::Person { external_id: external_id.to_owned(), ..pb::Person::default() };
        let lead = pb::Lead { person: Some(person), ..pb::Lead::default() };
        let id = self.random.uuid();
        let request = pb::CaptureLeadRequest {
            request_id: id.to_string(),
            lead: Some(lead),
            ..pb::CaptureLeadRequest::default()
        };
        self.ledger.tried.insert(external_id.to_owned());
        let answer = self
            .send(self.marketing.clone(), request, |mut client, request| async move {
                client.capture_lead(request).await
            })
            .await
            .context("a lead is captured")?;
        let lead = answer.lead.context("an answer has its lead")?.name;
        ensure!(answer.created, "{lead} was there before it was captured");
        self.promised(id, "LeadCaptured");
        self.ledger.leads.insert(external_id.to_owned(), lead.clone());
        Ok(lead)
    }

    /// Records an activity of a lead.
    ///
    /// # Errors
    /// As [`Guide::take`].
    pub async fn record_activity(&mut self, lead: &str) -> anyhow::Result<()> {
        let id = self.random.uuid();
        let request = pb::RecordActivityRequest {
            request_id: id.to_string(),
            lead: by_name(lead),
            r#type: "DEMO_REQUESTED".into(),
            ..pb::RecordActivityRequest::default()
        };
        self.send(self.marketing.clone(), request, |mut client, request| async move {
            client.record_activity(request).await
        })
        .await
        .context("an activity is recorded")?;
        self.promised(id, "ActivityRecorded");
        Ok(())
    }

    /// Hands a lead over; the name of the handoff.
    ///
    /// # Errors
    /// As [`Guide::take`].
    pub async fn qualify(&mut self, lead: &str) -> anyhow::Result<String> {
        let id = self.random.uuid();
        let request = pb::QualifyLeadRequest {
            request_id: id.to_string(),
            lead: by_name(lead),
            ..pb::QualifyLeadRequest::default()
        };
        let answer = self
            .send(self.marketing.clone(), request, |mut client, request| async move {
                client.qualify_lead(request).await
            })
            .await
            .context("a lead is qualified")?;
        self.promised(id, "LeadQualified");
        self.noted(answer.handoff)
    }

    /// Gives a handoff to the sales user.
    ///
    /// # Errors
    /// As [`Guide::take`].
    pub async fn assign(&mut self, handoff: &str) -> anyhow::Result<()> {
        let id = self.random.uuid();
        let request = pb::AssignHandoffRequest {
            request_id: id.to_string(),
            name: handoff.to_owned(),
            owner: OWNER.into(),
            ..pb::AssignHandoffRequest::default()
        };
        let answer = self
            .send(self.marketing.clone(), request, |mut client, request| async move {
                client.assign_handoff(request).await
            })
            .await
            .context("a handoff is assigned")?;
        self.promised(id, "HandoffRouted");
        self.noted(answer.handoff).map(drop)
    }

    async fn accept(&mut self, handoff: &str) -> anyhow::Result<()> {
        let id = self.random.uuid();
        let request = pb::AcceptHandoffRequest {
            request_id: id.to_string(),
            name: handoff.to_owned(),
            ..pb::AcceptHandoffRequest::default()
        };
        let answer = self
            .send(self.sales.clone(), request, |mut client, request| async move {
                client.accept_handoff(request).await
            })
            .await
            .context("a handoff is accepted")?;
        self.promised(id, "HandoffAccepted");
        self.noted(answer.handoff).map(drop)
    }

    async fn reject(&mut self, handoff: &str) -> anyhow::Result<()> {
        let id = self.random.uuid();
        let request = pb::RejectHandoffRequest {
            request_id: id.to_string(),
            name: handoff.to_owned(),
            reason: "NO_BUDGET_NOW".into(),
            ..pb::RejectHandoffRequest::default()
        };
        let answer = self
            .send(self.sales.clone(), request, |mut client, request| async move {
                client.reject_handoff(request).await
            })
            .await
            .context("a handoff is rejected")?;
        self.promised(id, "HandoffRejected");
        self.noted(answer.handoff).map(drop)
    }

    /// Sends a request, as often as chance has it; all answers must be the same.
    async fn send<R, A, F>(
        &mut self,
        clients: Vec<Client>,
        request: R,
        call: impl Fn(Client, R) -> F,
    ) -> anyhow::Result<A>
    where
        R: Clone,
        A: PartialEq + Debug,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let copies = usize::try_from(self.random.between(1, self.copies_max))?;
        let sent = clients.iter().cycle().take(copies).map(|client| done(client, &request, &call));
        let mut answers = try_join_all(sent).await?.into_iter();
        let first = answers.next().context("it was sent once at least")?;
        for other in answers {
            ensure!(other == first, "one request, two answers: {first:?} and {other:?}");
        }
        self.progress.send_modify(|answered| *answered += 1);
        Ok(first)
    }

    fn promised(&mut self, request: Uuid, event: &'static str) {
        self.ledger.promises.push(Promise { request, event });
    }

    /// Notes how an answer has a handoff; gives its name.
    fn noted(&mut self, handoff: Option<pb::Handoff>) -> anyhow::Result<String> {
        let handoff = handoff.context("an answer has its handoff")?;
        self.ledger.handoffs.insert(handoff.name.clone(), handoff.state());
        Ok(handoff.name)
    }
}

/// A lead by its name.
pub fn by_name(lead: &str) -> Option<pb::LeadRef> {
    Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Name(lead.to_owned())) })
}

/// A lead by its id in the tenant's own system.
pub fn by_external_id(id: &str) -> Option<pb::LeadRef> {
    Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::ExternalId(id.to_owned())) })
}
