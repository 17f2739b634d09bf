//! Leads that become candidates and MQLs by themselves: criteria and a scoring model that both sides sign, what leads do by
//! it, and another model in its place. What the service makes of it comes when it comes: whoever goes on after it waits
//! until the log tells.

use std::collections::VecDeque;

use anyhow::{Context, bail};
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{Event, SubscribeEventsRequest, SubscribeEventsResponse};
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::criterion::Role;
use handoff_proto::qualification::v1::decay::Decay;
use handoff_proto::qualification::v1::predicate::Test;
use handoff_proto::qualification::v1::version_content::Content;
use handoff_runtime::client::connect_lazy;
use tokio::time::timeout;
use tonic::Streaming;

use super::{Life, after, external};
use crate::waiting::LIMIT;

/// A log, from its beginning on.
struct Listener {
    stream: Streaming<SubscribeEventsResponse>,
    heard: VecDeque<Event>,
}

impl Listener {
    /// Waits for the first fact, after those that were waited for before, of which `is_it` makes something.
    async fn hear<T>(&mut self, what: &str, is_it: impl Fn(&Fact) -> Option<T>) -> anyhow::Result<T> {
        let told = timeout(LIMIT, async {
            loop {
                while let Some(event) = self.heard.pop_front() {
                    if let Some(found) = event.payload.and_then(|payload| is_it(payload.fact.as_ref()?)) {
                        return Ok(found);
                    }
                }
                let Some(message) = self.stream.message().await? else { bail!("the log ends") };
                self.heard.extend(message.events);
            }
        });
        told.await.with_context(|| format!("waited in vain until {what}"))?
    }

    /// Waits until the lead is handed over; the name of the handoff.
    async fn hear_of_mql(&mut self, lead: &str) -> anyhow::Result<String> {
        let is_it = |fact: &Fact| match fact {
            Fact::LeadQualified(fact) if fact.r#move.as_ref().is_some_and(|it| it.lead_id == lead) => {
                Some(format!("handoffs/{}", fact.handoff_id))
            }
            _ => None,
        };
        self.hear("a lead is handed over", is_it).await
    }

    async fn hear_of_candidate(&mut self, lead: &str) -> anyhow::Result<()> {
        let is_it =
            |fact: &Fact| matches!(fact, Fact::CandidateEntered(it) if it.lead_id == lead).then_some(());
        self.hear("a lead is a candidate", is_it).await
    }

    async fn hear_of_leaving(&mut self, lead: &str) -> anyhow::Result<()> {
        let is_it = |fact: &Fact| matches!(fact, Fact::CandidateLeft(it) if it.lead_id == lead).then_some(());
        self.hear("a lead is no candidate any more", is_it).await
    }
}

impl Life {
    /// Lets both sides agree on what B2C leads are judged by, and lives through `count` of them, in six different ways.
    ///
    /// # Errors
    /// When a request is refused, or the service does not make of a lead what it must.
    pub async fn score(&self, count: u32) -> anyhow::Result<()> {
        self.agree_on("criteria-sets/b2c", "b2c", Content::CriteriaSet(criteria())).await?;
        self.agree_on("scoring-model", "first", Content::ScoringModel(model("20"))).await?;
        let mut log = self.listen().await?;
        for number in 0..count {
            self.scored(number, &mut log).await.with_context(|| format!("scored lead {number}"))?;
        }
        self.agree_on("scoring-model", "second", Content::ScoringModel(model("19.5"))).await?;
        // What they did before is counted anew; the others wait until something happens to them.
        for number in (0..count).step_by(6) {
            self.did(&name_of(number), "EBOOK_DOWNLOAD", "under the second model", "", None).await?;
        }
        Ok(())
    }

    async fn listen(&self) -> anyhow::Result<Listener> {
        let peer = connect_lazy(&self.endpoints.qualification, &self.marketing())?;
        let stream =
            EventLogServiceClient::new(peer).subscribe_events(SubscribeEventsRequest::default()).await?;
        Ok(Listener { stream: stream.into_inner(), heard: VecDeque::new() })
    }

    async fn scored(&self, number: u32, log: &mut Listener) -> anyhow::Result<()> {
        let name = &name_of(number);
        let lead = &self.capture_b2c(name, pb::Suppression::Unspecified, "capture").await?;
        match number % 6 {
            // It reads a little, and of that something was told late.
            0 => {
                self.did(name, "EBOOK_DOWNLOAD", "first", "", None).await?;
                self.did(name, "PAGE_VIEW", "late", "/pricing", Some(7)).await?;
                self.did(name, "PAGE_VIEW", "elsewhere", "/imprint", None).await?;
            }
            // It reads much, sales has no use for it now, and it reads on: a candidate in its cool-down.
            1 => {
                self.is_recycled(name, lead, log).await?;
                self.did(name, "EBOOK_DOWNLOAD", "from before the rejection", "", Some(9)).await?;
            }
            2 => {
                self.did(name, "DEMO_REQUESTED", "first", "", None).await?;
                let handoff = log.hear_of_mql(lead).await?;
                self.assign(&handoff, "bob").await?;
                self.accept(&handoff).await?;
            }
            // A person is quicker than the score.
            3 => {
                self.did(name, "EBOOK_DOWNLOAD", "first", "", None).await?;
                self.qualify(name, false).await?;
            }
            // Suppressed while it asks for a demonstration, and free later.
            4 => {
                self.capture_b2c(name, pb::Suppression::Consent, "consent").await?;
                self.did(name, "DEMO_REQUESTED", "first", "", None).await?;
                log.hear_of_candidate(lead).await?;
                self.capture_b2c(name, pb::Suppression::None, "consent again").await?;
                log.hear_of_mql(lead).await?;
            }
            // As the second, until it has enough.
            _ => {
                self.is_recycled(name, lead, log).await?;
                self.did(name, "UNSUBSCRIBED", "at last", "", None).await?;
                log.hear_of_leaving(lead).await?;
            }
        }
        Ok(())
    }

    async fn is_recycled(&self, name: &str, lead: &str, log: &mut Listener) -> anyhow::Result<()> {
        self.did(name, "EBOOK_DOWNLOAD", "first", "", None).await?;
        self.did(name, "EBOOK_DOWNLOAD", "late", "", Some(5)).await?;
        for turn in ["first", "second", "one too many"] {
            self.did(name, "PAGE_VIEW", turn, "/pricing", None).await?;
        }
        let handoff = log.hear_of_mql(lead).await?;
        self.assign(&handoff, "ann").await?;
        self.reject(&handoff, "NO_BUDGET_NOW", "").await?;
        for turn in ["again", "and again", "and once more"] {
            self.did(name, "EBOOK_DOWNLOAD", turn, "", None).await?;
        }
        log.hear_of_candidate(lead).await
    }

    /// Captures a lead, or adds to it; its id.
    pub(super) async fn capture_b2c(
        &self,
        name: &str,
        suppression: pb::Suppression,
        why: &str,
    ) -> anyhow::Result<String> {
        let attributes = [("interests", "crm; e-mail"), ("residence_country", "IT")];
        let attributes = attributes.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let email = format!("{}@example.org", name.to_lowercase());
        let person = pb::Person {
            external_id: name.to_owned(),
            email,
            attributes: attributes.into(),
            ..pb::Person::default()
        };
        let lead = pb::Lead {
            kind: pb::LeadKind::B2c.into(),
            person: Some(person),
            suppression: suppression.into(),
            ..pb::Lead::default()
        };
        let request = pb::CaptureLeadRequest {
            request_id: self.id(&format!("{name}/{why}")),
            lead: Some(lead),
            ..pb::CaptureLeadRequest::default()
        };
        let mut service = self.endpoints.qualification(&self.marketing())?;
        let lead = service.capture_lead(request).await?.into_inner().lead.context("a lead")?;
        Ok(lead.name.strip_prefix("leads/").context("a name")?.to_owned())
    }

    /// Something that a lead did on a page, some hours after everything began or just now.
    pub(super) async fn did(
        &self,
        name: &str,
        kind: &str,
        turn: &str,
        page: &str,
        hours: Option<i64>,
    ) -> anyhow::Result<()> {
        let request = pb::RecordActivityRequest {
            request_id: self.id(&format!("{name}/{kind}/{turn}")),
            lead: external(name),
            r#type: kind.to_owned(),
            occur_time: hours.and_then(after),
            properties: [("page".to_owned(), page.to_owned())]
                .into_iter()
                .filter(|_| !page.is_empty())
                .collect(),
        };
        let mut service = self.endpoints.qualification(&self.marketing())?;
        service.record_activity(request).await?;
        Ok(())
    }
}

fn name_of(number: u32) -> String {
    format!("S-{number:04}")
}

/// Points for an interest, if the country is none that is left out.
pub(super) fn criteria() -> pb::CriteriaSet {
    let values = |value: &str| pb::Values { values: vec![value.to_owned()] };
    let criterion = |key: &str, attribute: &str, test: Test, role: Role| pb::Criterion {
        key: key.to_owned(),
        label: key.to_owned(),
        attribute: attribute.to_owned(),
        predicate: Some(pb::Predicate { test: Some(test) }),
        role: Some(role),
        on_unknown: pb::UnknownPolicy::Neutral.into(),
        ..pb::Criterion::default()
    };
    let interest =
        criterion("interest", "interests", Test::Contains(values("crm")), Role::Points("30".to_owned()));
    let country =
        criterion("country", "residence_country", Test::NotIn(values("AQ")), Role::Gate(pb::Gate {}));
    pb::CriteriaSet { kind: pb::LeadKind::B2c.into(), criteria: vec![interest, country] }
}

/// A model whose rules stand in another order than they are counted in.
pub(super) fn model(points: &str) -> pb::ScoringModel {
    let rule = |key: &str, kind: &str, points: &str| pb::ScoringRule {
        key: key.to_owned(),
        label: key.to_owned(),
        types: vec![kind.to_owned()],
        points: points.to_owned(),
        ..pb::ScoringRule::default()
    };
    let is_pricing = pb::PropertyFilter {
        property: "page".to_owned(),
        value_type: pb::ValueType::Text.into(),
        predicate: Some(pb::Predicate { test: Some(Test::Equals("/pricing".to_owned())) }),
    };
    let web = pb::ScoringGroup {
        key: "web".to_owned(),
        label: "On our pages".to_owned(),
        bounds: Some(pb::Bounds { cap: "40".to_owned(), floor: String::new() }),
    };
    let grouped = |rule: pb::ScoringRule| pb::ScoringRule { group: "web".to_owned(), ..rule };
    pb::ScoringModel {
        rules: vec![
            grouped(pb::ScoringRule {
                filters: vec![is_pricing],
                repeat_cap: 2,
                decay: Some(pb::Decay { decay: Some(Decay::WindowDays(30)) }),
                ..rule("pricing", "PAGE_VIEW", "15")
            }),
            rule("unsubscribed", "UNSUBSCRIBED", "-80"),
            grouped(rule("any-page", "PAGE_VIEW", "1")),
            rule("ebook", "EBOOK_DOWNLOAD", points),
        ],
        groups: vec![web],
        thresholds: Some(pb::Thresholds { fit: "30".to_owned(), up: "58.5".to_owned(), down: String::new() }),
        fast_track: vec!["DEMO_REQUESTED".to_owned()],
        publish: Some(pb::Publish { mode: Some(pb::publish::Mode::NewEventsOnly(pb::NewEventsOnly {})) }),
        ..pb::ScoringModel::default()
    }
}
