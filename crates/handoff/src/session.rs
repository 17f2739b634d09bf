//! What a command works with: the services, as the caller that was named, and the place where answers go.

use anyhow::{Context, bail};
use chrono_tz::Tz;
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::catalogue_service_client::CatalogueServiceClient;
use handoff_proto::qualification::v1::decision_service_client::DecisionServiceClient;
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::reevaluation_service_client::ReevaluationServiceClient;
use handoff_proto::qualification::v1::routing_service_client::RoutingServiceClient;
use handoff_proto::qualification::v1::score_service_client::ScoreServiceClient;
use handoff_proto::qualification::v1::stage_service_client::StageServiceClient;
use handoff_proto::qualification::v1::version_service_client::VersionServiceClient;
use handoff_proto::qualification::v1::{GetTenantRequest, Tenant};
use handoff_proto::reporting::v1::reporting_service_client::ReportingServiceClient;
use handoff_proto::sla::v1::sla_service_client::SlaServiceClient;
use handoff_runtime::client::{Caller, Peer};
use handoff_runtime::{clock, convert, limits};
use handoff_store::entropy;
use uuid::Uuid;

use crate::arguments::{Format, Global};
use crate::output::Output;
use crate::view::{Labels, View};

/// A command's surroundings.
pub(crate) struct Session<'a> {
    pub(crate) global: Global,
    pub(crate) output: Output<'a>,
}

impl Session<'_> {
    /// Qualification, spoken to for `side` unless the caller chose one.
    pub(crate) async fn qualification(&self, side: Side) -> anyhow::Result<QualificationServiceClient<Peer>> {
        let peer = self.peer(&self.global.qualification, Some(self.tenant()?), side).await?;
        Ok(QualificationServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// Versions of criteria sets and scoring models.
    pub(crate) async fn versions(&self, side: Side) -> anyhow::Result<VersionServiceClient<Peer>> {
        let peer = self.peer(&self.global.qualification, Some(self.tenant()?), side).await?;
        Ok(VersionServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// To whom handoffs go.
    pub(crate) async fn routing(&self, side: Side) -> anyhow::Result<RoutingServiceClient<Peer>> {
        let peer = self.peer(&self.global.qualification, Some(self.tenant()?), side).await?;
        Ok(RoutingServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// Scores of leads.
    pub(crate) async fn scores(&self, side: Side) -> anyhow::Result<ScoreServiceClient<Peer>> {
        let peer = self.peer(&self.global.qualification, Some(self.tenant()?), side).await?;
        Ok(ScoreServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// Changes of stage, and nurture.
    pub(crate) async fn stages(&self, side: Side) -> anyhow::Result<StageServiceClient<Peer>> {
        let peer = self.peer(&self.global.qualification, Some(self.tenant()?), side).await?;
        Ok(StageServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// Decisions, and what becomes of them.
    pub(crate) async fn decisions(&self, side: Side) -> anyhow::Result<DecisionServiceClient<Peer>> {
        let peer = self.peer(&self.global.qualification, Some(self.tenant()?), side).await?;
        Ok(DecisionServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// What followed from versions that took effect.
    pub(crate) async fn reevaluations(&self, side: Side) -> anyhow::Result<ReevaluationServiceClient<Peer>> {
        let peer = self.peer(&self.global.qualification, Some(self.tenant()?), side).await?;
        Ok(ReevaluationServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// Attributes, types of activity and rates.
    pub(crate) async fn catalogue(&self, side: Side) -> anyhow::Result<CatalogueServiceClient<Peer>> {
        let peer = self.peer(&self.global.qualification, Some(self.tenant()?), side).await?;
        Ok(CatalogueServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// Sla.
    pub(crate) async fn sla(&self) -> anyhow::Result<SlaServiceClient<Peer>> {
        let peer = self.peer(&self.global.sla, Some(self.tenant()?), Side::Sales).await?;
        Ok(SlaServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// Reporting.
    pub(crate) async fn reporting(&self) -> anyhow::Result<ReportingServiceClient<Peer>> {
        let peer = self.peer(&self.global.reporting, Some(self.tenant()?), Side::Marketing).await?;
        Ok(ReportingServiceClient::new(peer).max_decoding_message_size(limits::ANSWER_BYTES))
    }

    /// A service, as the caller that was named.
    pub(crate) async fn peer(&self, url: &str, tenant: Option<&str>, side: Side) -> anyhow::Result<Peer> {
        let side = self.global.side.unwrap_or(side);
        let caller = Caller {
            tenant: tenant.map(str::to_owned),
            principal: format!("users/{}", self.global.user.trim_start_matches("users/")),
            side: convert::from_side(side.into()).context("a side is needed")?,
        };
        Ok(self.global.peer.open()?.connect(url, &caller).await?)
    }

    /// The slug of the tenant that was chosen.
    pub(crate) fn tenant(&self) -> anyhow::Result<&str> {
        match &self.global.tenant {
            Some(tenant) if !tenant.is_empty() => Ok(tenant.trim_start_matches("tenants/")),
            _ => bail!("which tenant? Name it with --tenant or HANDOFF_TENANT"),
        }
    }

    /// Writes an answer; to people with times in their tenant's zone.
    pub(crate) async fn show(&mut self, answer: &impl View) -> anyhow::Result<()> {
        // Programs are told instants and names.
        let (zone, labels) = match self.global.format {
            Format::Table => self.tenant_now().await.map(|tenant| (zone_of(&tenant), Labels::of(&tenant)))?,
            Format::Json | Format::Csv => (Tz::UTC, Labels::default()),
        };
        self.output.show(answer, self.global.format, zone, &labels)
    }

    /// The zone of the tenant, in which its people read and write times.
    pub(crate) async fn zone(&self) -> anyhow::Result<Tz> {
        self.tenant_now().await.map(|tenant| zone_of(&tenant))
    }

    async fn tenant_now(&self) -> anyhow::Result<Tenant> {
        let answer =
            self.qualification(Side::Marketing).await?.get_tenant(GetTenantRequest {}).await?.into_inner();
        Ok(answer.tenant.unwrap_or_default())
    }
}

fn zone_of(tenant: &Tenant) -> Tz {
    tenant.time_zone.parse().unwrap_or(Tz::UTC)
}

/// An id for a request that changes something: a repeat of the very request would carry the same.
pub(crate) fn request_id() -> String {
    let millis = u64::try_from(clock::now().timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &entropy::ten_bytes()).into_uuid().to_string()
}

/// The name `collection/…` from a name or its last part alone.
pub(crate) fn full_name(collection: &str, name: &str) -> String {
    if name.starts_with(&format!("{collection}/")) { name.to_owned() } else { format!("{collection}/{name}") }
}

/// Whether a text is a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    Uuid::try_parse(text).is_ok()
}
