//! What must be so. It is looked for until it is: what leads do is judged a moment after.

use anyhow::Context;
use chrono::{DateTime, Utc};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert::to_timestamp;
use handoff_tests::waiting::until;

use super::stage::{Stage, by_email};
use super::step::{ExpectLead, ExpectVersion};

/// Looks until nothing differs. What differed last is told if it never comes.
async fn all_of(
    what: &str,
    mut look: impl AsyncFnMut() -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<()> {
    let mut last = Vec::new();
    let waited = until(what, async || {
        last = look().await?;
        Ok(last.is_empty().then_some(()))
    })
    .await;
    waited.with_context(|| last.join("; "))
}

/// Says what is not as expected.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn check<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: Option<&T>, found: &T) {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            self.0.push(format!("{what}: {found:?} in place of {expected:?}"));
        }
    }
}

pub(super) async fn version(stage: &Stage<'_>, expected: &ExpectVersion) -> anyhow::Result<()> {
    let mut client = stage.services.endpoints.versions(&stage.reader())?;
    all_of("the version is as expected", async || {
        let request = pb::GetVersionRequest { name: expected.name.clone() };
        let version = client.get_version(request).await?.into_inner().version.context("a version")?;
        let mut signed_by: Vec<String> = version
            .signatures
            .iter()
            .map(|signature| signature.user.trim_start_matches("users/").to_owned())
            .collect();
        signed_by.sort();
        let mut differences = Differences::default();
        differences.check("state", expected.state.as_ref(), &version.state());
        differences.check("signed_by", expected.signed_by.as_ref(), &signed_by);
        Ok(differences.0)
    })
    .await
}

pub(super) async fn lead(stage: &Stage<'_>, expected: &ExpectLead) -> anyhow::Result<()> {
    let endpoints = &stage.services.endpoints;
    let mut leads = endpoints.qualification(&stage.reader())?;
    let mut scores = endpoints.scores(&stage.reader())?;
    let lead_ref = by_email(&expected.email);
    all_of("the lead is as expected", async || {
        let mut differences = Differences::default();
        let request = pb::GetLeadRequest { lead: lead_ref.clone() };
        let lead = leads.get_lead(request).await?.into_inner().lead.context("a lead")?;
        differences.check("stage", expected.stage.as_ref(), &lead.stage());
        let since = expected.since.map(|since: DateTime<Utc>| Some(to_timestamp(since)));
        differences.check("since", since.as_ref(), &lead.stage_time);
        if expected.trigger.is_some() {
            let handoff = lead.tracks.first().map(|track| track.latest_handoff.clone()).unwrap_or_default();
            let trigger = if handoff.is_empty() {
                pb::QualificationTrigger::Unspecified
            } else {
                let request = pb::GetHandoffRequest { name: handoff };
                leads.get_handoff(request).await?.into_inner().handoff.context("a handoff")?.trigger()
            };
            differences.check("trigger", expected.trigger.as_ref(), &trigger);
        }
        let request =
            pb::ExplainScoreRequest { lead: lead_ref.clone(), ..pb::ExplainScoreRequest::default() };
        let explained = scores.explain_score(request).await?.into_inner();
        let explanation = explained.explanation.context("an explanation")?;
        let verdict = explanation.verdict.unwrap_or_default();
        differences.check("verdict", expected.verdict.as_ref(), &verdict.kind());
        let lacks: Vec<pb::LackKind> = verdict.lacks.iter().map(pb::ScoreLack::kind).collect();
        differences.check("lacks", expected.lacks.as_ref(), &lacks);
        let fit = explanation.fit.unwrap_or_default();
        differences.check("fit", expected.fit.as_ref(), &fit.points);
        let behaviour = explanation.behaviour.unwrap_or_default();
        differences.check("behaviour", expected.behaviour.as_ref(), &behaviour.points);
        Ok(differences.0)
    })
    .await
}
