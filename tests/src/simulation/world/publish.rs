//! A model that both sides sign, request by request.

use anyhow::Context;
use handoff_domain::actor::Side;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::client::Caller;

use super::World;
use crate::simulation::agreement;
use crate::simulation::operation::{OWNERS, Publishing};
use crate::simulation::told::Told;
use crate::simulation::twin::TENANT;

impl World {
    /// Drafted, signed and in effect at once.
    pub(super) async fn publish(&mut self, publishing: Publishing) -> anyhow::Result<Told> {
        self.models += 1;
        let endpoints = self.services.endpoints.clone();
        let mut marketing = endpoints.versions(&self.caller())?;
        let mut sales = endpoints.versions(&Caller::user(TENANT, OWNERS[0], Side::Sales))?;
        let draft = pb::DraftVersionRequest {
            request_id: self.request_id(),
            subject: "scoring-model".into(),
            content: Some(agreement::content(self.models, publishing)),
        };
        let version = marketing.draft_version(draft).await?.into_inner().version.context("a version")?;
        let (name, content_hash) = (version.name, version.content_hash);
        let submit = pb::SubmitVersionRequest { request_id: self.request_id(), name: name.clone() };
        marketing.submit_version(submit).await?;
        for signer in [&mut marketing, &mut sales] {
            let (name, content_hash) = (name.clone(), content_hash.clone());
            let sign = pb::SignVersionRequest { request_id: self.request_id(), name, content_hash };
            signer.sign_version(sign).await?;
        }
        let effective_time = None;
        let schedule = pb::ScheduleVersionRequest { request_id: self.request_id(), name, effective_time };
        sales.schedule_version(schedule).await?;
        Ok(Ok(()))
    }
}
