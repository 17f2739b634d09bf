//! What both sides agree on, in the tenant's own words too: a criteria set that is in effect, one that replaces it after it was changed under a
//! signature, and one that waits for marketing.

use anyhow::Context;
use handoff_proto::common::v1::Version;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::criterion::Role;
use handoff_proto::qualification::v1::predicate::Test;
use handoff_proto::qualification::v1::version_content::Content;
use handoff_runtime::client::Caller;

use super::Life;

const SUBJECT: &str = "criteria-sets/b2b";

impl Life {
    /// Lets both sides agree on criteria, twice, and nearly a third time.
    ///
    /// # Errors
    /// When a request is refused.
    pub async fn agree(&self) -> anyhow::Result<()> {
        self.find_words().await?;
        let (marketing, sales) = (self.marketing(), self.sales());
        let first = self.draft("30").await?;
        self.sign(&first, "first", &[&marketing, &sales]).await?;
        self.take_effect(&first).await?;
        let second = self.draft("40").await?;
        self.sign(&second, "second", &[&sales]).await?;
        let second = self.draft("50").await?;
        self.sign(&second, "changed", &[&marketing, &sales]).await?;
        self.take_effect(&second).await?;
        let third = self.draft("60").await?;
        self.sign(&third, "third", &[&sales]).await?;
        let request_id = self.id(&format!("{}/withdrawn", third.name));
        let request = pb::WithdrawSignatureRequest { request_id, name: third.name.clone() };
        self.endpoints.versions(&sales)?.withdraw_signature(request).await?;
        self.sign(&third, "again", &[&sales]).await
    }

    /// The next version, in which one criterion gives `points`, and one asks for what only this tenant calls so.
    async fn draft(&self, points: &str) -> anyhow::Result<Version> {
        let criterion = pb::Criterion {
            key: "email_known".to_owned(),
            label: "There is an address".to_owned(),
            attribute: "email".to_owned(),
            predicate: Some(pb::Predicate { test: Some(Test::Exists(pb::Exists {})) }),
            role: Some(Role::Points(points.to_owned())),
            on_unknown: pb::UnknownPolicy::Neutral.into(),
            ..pb::Criterion::default()
        };
        let shops = pb::Criterion {
            key: "shops_known".to_owned(),
            label: "Somebody counted its shops".to_owned(),
            attribute: "shops".to_owned(),
            max_age_months: 24,
            sensitive: true,
            ..criterion.clone()
        };
        let set = pb::CriteriaSet { kind: pb::LeadKind::B2b.into(), criteria: vec![criterion, shops] };
        self.draft_as(SUBJECT, points, Content::CriteriaSet(set)).await
    }

    /// Lets both sides agree on what is in effect from now on; no other turn of the subject has this one's name.
    pub(super) async fn agree_on(&self, subject: &str, turn: &str, content: Content) -> anyhow::Result<()> {
        let version = self.draft_as(subject, turn, content).await?;
        self.sign(&version, turn, &[&self.marketing(), &self.sales()]).await?;
        self.take_effect(&version).await
    }

    async fn draft_as(&self, subject: &str, turn: &str, content: Content) -> anyhow::Result<Version> {
        let request = pb::DraftVersionRequest {
            request_id: self.id(&format!("{subject}/{turn}")),
            subject: subject.to_owned(),
            content: Some(pb::VersionContent { content: Some(content) }),
        };
        let mut service = self.endpoints.versions(&self.marketing())?;
        service.draft_version(request).await?.into_inner().version.context("a version")
    }

    /// Submits a version and lets people sign it.
    async fn sign(&self, version: &Version, turn: &str, signers: &[&Caller]) -> anyhow::Result<()> {
        let (name, content_hash) = (version.name.clone(), version.content_hash.clone());
        let request_id = self.id(&format!("{name}/{turn}"));
        let request = pb::SubmitVersionRequest { request_id, name: name.clone() };
        self.endpoints.versions(&self.marketing())?.submit_version(request).await?;
        for signer in signers {
            let request_id = self.id(&format!("{name}/{turn}/{}", signer.principal));
            let (name, content_hash) = (name.clone(), content_hash.clone());
            let request = pb::SignVersionRequest { request_id, name, content_hash };
            self.endpoints.versions(signer)?.sign_version(request).await?;
        }
        Ok(())
    }

    async fn take_effect(&self, version: &Version) -> anyhow::Result<()> {
        let (request_id, name) = (self.id(&format!("{}/effect", version.name)), version.name.clone());
        let request = pb::ScheduleVersionRequest { request_id, name, effective_time: None };
        self.endpoints.versions(&self.sales())?.schedule_version(request).await?;
        Ok(())
    }
}
