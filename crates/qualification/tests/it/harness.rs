//! A service on a database of its own, and what the tests say to it. One helper per RPC fills in what a test does not
//! care about; a test that cares builds the request itself.

use std::sync::atomic::{AtomicU64, Ordering};

use handoff_domain::actor::Side;
use handoff_proto::common::v1 as common;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::catalogue_service_client::CatalogueServiceClient;
use handoff_proto::qualification::v1::decision_service_client::DecisionServiceClient;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::reevaluation_service_client::ReevaluationServiceClient;
use handoff_proto::qualification::v1::routing_service_client::RoutingServiceClient;
use handoff_proto::qualification::v1::score_service_client::ScoreServiceClient;
use handoff_proto::qualification::v1::stage_service_client::StageServiceClient;
use handoff_proto::qualification::v1::version_service_client::VersionServiceClient;
use handoff_qualification::{Config, start};
use handoff_runtime::client::{Caller, Peer, connect_lazy};
use handoff_runtime::config::ServiceConfig;
use handoff_runtime::service::Running;
use handoff_runtime::shutdown::Shutdown;
use handoff_store::scratch::{ScratchClock, ScratchDatabase};
use tonic::Status;
use tonic_types::StatusExt;

pub(crate) type Client = QualificationServiceClient<Peer>;

/// A running service with the tenant `acme`: sales people `users/sara` and `users/sam` of `teams/north`, and
/// `users/mia` of marketing.
pub(crate) struct World {
    endpoint: String,
    shutdown: Shutdown,
    running: Option<Running>,
    // Dropped last: the service still works on it while it drains.
    database: ScratchDatabase,
}

impl World {
    /// A service without any tenant.
    pub(crate) async fn empty() -> Self {
        Self::on(ScratchDatabase::new().await.expect("a scratch database")).await
    }

    async fn on(database: ScratchDatabase) -> Self {
        let shutdown = Shutdown::new();
        let service = ServiceConfig::on_loopback(database.url());
        // Nobody is there: calendars come from sla, which has tests of its own.
        let config = Config { service, sla: "http://127.0.0.1:1".to_owned() };
        let running = start(config, shutdown.clone()).await.expect("the service starts");
        Self { endpoint: running.endpoint(), shutdown, running: Some(running), database }
    }

    /// A service with the tenant `acme` and its people.
    pub(crate) async fn new() -> Self {
        let world = Self::empty().await;
        world.create_tenant("acme").await;
        world.create_people("acme").await;
        world
    }

    /// As [`World::new`], at a time that the test moves: what is recorded carries it.
    pub(crate) async fn at(instant: &str) -> (Self, ScratchClock) {
        let database = ScratchDatabase::new().await.expect("a scratch database");
        let instant = instant.parse().expect("an instant");
        let clock = database.take_clock(instant).await.expect("a superuser");
        let world = Self::on(database).await;
        world.create_tenant("acme").await;
        world.create_people("acme").await;
        (world, clock)
    }

    /// Founds a tenant with the usual values.
    pub(crate) async fn create_tenant(&self, slug: &str) {
        let request = pb::CreateTenantRequest { request_id: request_id(), tenant: Some(tenant(slug)) };
        self.system().create_tenant(request).await.expect("a tenant");
    }

    pub(crate) async fn create_people(&self, tenant: &str) {
        let mut client = self.caller(Caller::user(tenant, "mia", Side::Marketing));
        let team =
            pb::Team { name: "teams/north".into(), side: common::Side::Sales.into(), ..pb::Team::default() };
        let request = pb::PutTeamRequest { request_id: request_id(), team: Some(team) };
        client.put_team(request).await.expect("a team");
        for (slug, side, team) in [
            ("sara", common::Side::Sales, "teams/north"),
            ("sam", common::Side::Sales, "teams/north"),
            ("mia", common::Side::Marketing, ""),
        ] {
            let request = pb::PutUserRequest { request_id: request_id(), user: Some(user(slug, side, team)) };
            client.put_user(request).await.expect("a user");
        }
    }

    /// Whoever calls.
    pub(crate) fn caller(&self, caller: Caller) -> Client {
        QualificationServiceClient::new(connect_lazy(&self.endpoint, &caller).expect("an address"))
    }

    /// Whoever changes versions.
    pub(crate) fn versions(&self, caller: Caller) -> VersionServiceClient<Peer> {
        VersionServiceClient::new(connect_lazy(&self.endpoint, &caller).expect("an address"))
    }

    /// Whoever asks about scores.
    pub(crate) fn scores(&self, caller: Caller) -> ScoreServiceClient<Peer> {
        ScoreServiceClient::new(connect_lazy(&self.endpoint, &caller).expect("an address"))
    }

    /// Whoever keeps stages elsewhere.
    pub(crate) fn stages(&self, caller: Caller) -> StageServiceClient<Peer> {
        StageServiceClient::new(connect_lazy(&self.endpoint, &caller).expect("an address"))
    }

    /// Whoever has to do with decisions once they were made.
    pub(crate) fn decisions(&self, caller: Caller) -> DecisionServiceClient<Peer> {
        DecisionServiceClient::new(connect_lazy(&self.endpoint, &caller).expect("an address"))
    }

    /// Whoever asks what followed from a version.
    pub(crate) fn reevaluations(&self, caller: Caller) -> ReevaluationServiceClient<Peer> {
        ReevaluationServiceClient::new(connect_lazy(&self.endpoint, &caller).expect("an address"))
    }

    /// Whoever says to whom handoffs go.
    pub(crate) fn routing(&self, caller: Caller) -> RoutingServiceClient<Peer> {
        RoutingServiceClient::new(connect_lazy(&self.endpoint, &caller).expect("an address"))
    }

    /// Whoever extends the vocabulary.
    pub(crate) fn catalogue(&self, caller: Caller) -> CatalogueServiceClient<Peer> {
        CatalogueServiceClient::new(connect_lazy(&self.endpoint, &caller).expect("an address"))
    }

    /// `users/mia` of marketing, of `acme`.
    pub(crate) fn marketing(&self) -> Client {
        self.caller(Caller::user("acme", "mia", Side::Marketing))
    }

    /// `users/sara` of sales, of `acme`.
    pub(crate) fn sales(&self) -> Client {
        self.caller(Caller::user("acme", "sara", Side::Sales))
    }

    /// The product itself, acting for no tenant.
    pub(crate) fn system(&self) -> Client {
        self.caller(Caller::service("tests"))
    }

    /// The log, as `caller` sees it.
    pub(crate) fn log(&self, caller: Caller) -> EventLogServiceClient<Peer> {
        EventLogServiceClient::new(connect_lazy(&self.endpoint, &caller).expect("an address"))
    }

    /// Where its tables are, for what nobody can ask it yet.
    pub(crate) fn database_url(&self) -> String {
        self.database.url()
    }

    /// Asks the service to stop; it drains.
    pub(crate) fn ask_to_stop(&self) {
        self.shutdown.request();
    }

    /// Drains and ends the service.
    pub(crate) async fn stop(self) {
        self.end().await;
    }

    /// Ends the service and starts another on its database, in which `meanwhile` was done: what a process left that died.
    pub(crate) async fn restart_after(self, meanwhile: &str) -> Self {
        let database = self.end().await;
        database.run(meanwhile).await.expect("done");
        Self::on(database).await
    }

    /// Does something behind the service's back.
    pub(crate) async fn meddle(&self, statements: &str) {
        self.database.run(statements).await.expect("done");
    }

    async fn end(mut self) -> ScratchDatabase {
        self.shutdown.request();
        if let Some(running) = self.running.take() {
            running.join().await;
        }
        self.database
    }
}

/// A new request id.
pub(crate) fn request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    uuid::Uuid::from_u128(
        0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(NEXT.fetch_add(1, Ordering::SeqCst)),
    )
    .to_string()
}

pub(crate) fn tenant(slug: &str) -> pb::Tenant {
    pb::Tenant {
        name: format!("tenants/{slug}"),
        time_zone: "Europe/Rome".into(),
        currency_code: "EUR".into(),
        ..pb::Tenant::default()
    }
}

pub(crate) fn user(slug: &str, side: common::Side, team: &str) -> pb::User {
    pb::User {
        name: format!("users/{slug}"),
        display_name: format!("{slug} of the tests"),
        email: format!("{slug}@acme.example"),
        side: side.into(),
        team: team.into(),
        active: true,
        ..pb::User::default()
    }
}

/// A lead with an address made of `name`.
pub(crate) fn lead(name: &str) -> pb::Lead {
    let person = pb::Person { email: format!("{name}@lead.example"), ..pb::Person::default() };
    pb::Lead { person: Some(person), ..pb::Lead::default() }
}

/// A lead by its name.
pub(crate) fn by_name(name: &str) -> Option<pb::LeadRef> {
    Some(pb::LeadRef { lead: Some(pb::lead_ref::Lead::Name(name.to_owned())) })
}

/// Captures a lead with an address made of `name`; gives its resource name.
pub(crate) async fn capture(client: &mut Client, name: &str) -> String {
    let request = pb::CaptureLeadRequest {
        request_id: request_id(),
        lead: Some(lead(name)),
        ..pb::CaptureLeadRequest::default()
    };
    let answer = client.capture_lead(request).await.expect("captured").into_inner();
    answer.lead.expect("the lead").name
}

/// Makes a lead an MQL.
pub(crate) async fn qualify(client: &mut Client, lead: &str) -> Result<pb::Handoff, Status> {
    let request = pb::QualifyLeadRequest {
        request_id: request_id(),
        lead: by_name(lead),
        ..pb::QualifyLeadRequest::default()
    };
    client.qualify_lead(request).await.map(|answer| answer.into_inner().handoff.expect("the handoff"))
}

/// Gives a handoff to a user.
pub(crate) async fn assign(client: &mut Client, handoff: &str, owner: &str) -> Result<pb::Handoff, Status> {
    let request = pb::AssignHandoffRequest {
        request_id: request_id(),
        name: handoff.to_owned(),
        owner: owner.to_owned(),
        etag: String::new(),
    };
    client.assign_handoff(request).await.map(|answer| answer.into_inner().handoff.expect("the handoff"))
}

/// Accepts a handoff.
pub(crate) async fn accept(client: &mut Client, handoff: &str) -> Result<pb::Handoff, Status> {
    let request =
        pb::AcceptHandoffRequest { request_id: request_id(), name: handoff.to_owned(), etag: String::new() };
    client.accept_handoff(request).await.map(|answer| answer.into_inner().handoff.expect("the handoff"))
}

/// Rejects a handoff.
pub(crate) async fn reject(client: &mut Client, handoff: &str, reason: &str) -> Result<pb::Handoff, Status> {
    let request = pb::RejectHandoffRequest {
        request_id: request_id(),
        name: handoff.to_owned(),
        reason: reason.to_owned(),
        ..pb::RejectHandoffRequest::default()
    };
    client.reject_handoff(request).await.map(|answer| answer.into_inner().handoff.expect("the handoff"))
}

/// Reads a lead with its history.
pub(crate) async fn read(client: &mut Client, lead: &str) -> pb::GetLeadResponse {
    let request = pb::GetLeadRequest { lead: by_name(lead) };
    client.get_lead(request).await.expect("the lead").into_inner()
}

/// An owned handoff of a new lead: (lead, handoff).
pub(crate) async fn assigned(world: &World, name: &str) -> (String, pb::Handoff) {
    let mut marketing = world.marketing();
    let lead = capture(&mut marketing, name).await;
    let handoff = qualify(&mut marketing, &lead).await.expect("qualified");
    let handoff = assign(&mut marketing, &handoff.name, "users/sara").await.expect("assigned");
    (lead, handoff)
}

/// All of a status that a caller sees: code, message and details, without ids and instants, which differ from run to
/// run.
pub(crate) fn told(status: &Status) -> String {
    let details = status.get_error_details();
    let mut lines = vec![format!("{:?}: {}", status.code(), status.message())];
    if let Some(info) = details.error_info() {
        lines.push(format!("reason {} of {}", info.reason, info.domain));
        let facts: std::collections::BTreeMap<_, _> = info.metadata.iter().collect();
        lines.extend(facts.into_iter().map(|(name, value)| format!("fact {name}: {value}")));
    }
    if let Some(request) = details.bad_request() {
        let found = request.field_violations.iter();
        lines.extend(found.map(|found| format!("field {}: {}", found.field, found.description)));
    }
    if let Some(resource) = details.resource_info() {
        lines.push(format!("resource {}: {}", resource.resource_type, resource.resource_name));
    }
    if let Some(retry) = details.retry_info() {
        lines.push(format!("retry after {:?}", retry.retry_delay));
    }
    without_ids(&lines.join("\n"))
}

/// UUIDs and instants as placeholders.
pub(crate) fn without_ids(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.');
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(std::iter::once('\n')) {
        if is_word(c) {
            word.push(c);
            continue;
        }
        let bare = word.trim_end_matches([':', '.']);
        let rest = &word[bare.len()..];
        if uuid::Uuid::try_parse(bare).is_ok() {
            out.push_str("{id}");
        } else if chrono::DateTime::parse_from_rfc3339(bare).is_ok() {
            out.push_str("{instant}");
        } else {
            out.push_str(bare);
        }
        out.push_str(rest);
        word.clear();
        out.push(c);
    }
    out.trim_end().to_owned()
}
