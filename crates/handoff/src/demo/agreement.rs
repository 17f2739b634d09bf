//! What both sides of the demo agree on: criteria and a scoring model, drafted and signed for marketing by `mia` and for
//! sales by `nora`, in effect at once. Where something is in effect already nothing is changed.

use anyhow::Context;
use handoff_proto::common::v1::{Side, VersionState};
use handoff_proto::qualification::v1::version_content::Content;
use handoff_proto::qualification::v1::{
    CriteriaSet, DraftVersionRequest, ListVersionsRequest, ScheduleVersionRequest, ScoringModel,
    SignVersionRequest, SubmitVersionRequest, VersionContent,
};
use prost::{Message, Name};

use crate::session::{Session, request_id};
use crate::yaml::{Document, Unusable};

const CRITERIA: &str = include_str!("criteria.yaml");
const MODEL: &str = include_str!("scoring-model.yaml");

/// Agrees.
pub(crate) async fn agree(session: &mut Session<'_>) -> anyhow::Result<()> {
    let criteria = parse::<CriteriaSet>("criteria.yaml", CRITERIA)?;
    let model = parse::<ScoringModel>("scoring-model.yaml", MODEL)?;
    agree_on(session, "criteria-sets/b2b", Content::CriteriaSet(criteria)).await?;
    agree_on(session, "scoring-model", Content::ScoringModel(model)).await
}

fn parse<M: Message + Name + Default + Clone>(file: &str, text: &str) -> anyhow::Result<M> {
    let document = Document::<M>::parse(text)?;
    Ok(document.map_err(|faults| Unusable { file: file.to_owned(), faults })?.message.clone())
}

async fn agree_on(session: &mut Session<'_>, subject: &str, content: Content) -> anyhow::Result<()> {
    speak_as(session, "mia");
    let mut marketing = session.versions(Side::Marketing).await?;
    let request =
        ListVersionsRequest { subject: subject.to_owned(), page_size: 1, ..ListVersionsRequest::default() };
    if !marketing.list_versions(request).await?.into_inner().versions.is_empty() {
        return Ok(());
    }
    let content = Some(VersionContent { content: Some(content) });
    let request = DraftVersionRequest { request_id: request_id(), subject: subject.to_owned(), content };
    let drafted = marketing.draft_version(request).await?.into_inner().version.context("a version")?;
    let (name, content_hash) = (drafted.name, drafted.content_hash);
    let request = SubmitVersionRequest { request_id: request_id(), name: name.clone() };
    marketing.submit_version(request).await?;
    for (user, side) in [("mia", Side::Marketing), ("nora", Side::Sales)] {
        speak_as(session, user);
        let (name, content_hash) = (name.clone(), content_hash.clone());
        let request = SignVersionRequest { request_id: request_id(), name, content_hash };
        session.versions(side).await?.sign_version(request).await?;
    }
    let request =
        ScheduleVersionRequest { request_id: request_id(), name: name.clone(), effective_time: None };
    let answer = marketing.schedule_version(request).await?.into_inner().version.unwrap_or_default();
    anyhow::ensure!(answer.state() == VersionState::Effective, "{name} is not in effect: {answer:?}");
    session.output.say(&format!("{name} is in effect: mia of marketing and nora of sales have signed it."));
    Ok(())
}

fn speak_as(session: &mut Session<'_>, user: &str) {
    user.clone_into(&mut session.global.user);
}
