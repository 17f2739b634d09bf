//! What people of a story do, each as one call.

use anyhow::{Context, ensure};
use handoff::yaml::tree::{Content, Node};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert::to_timestamp;
use tonic::Status;

use super::stage::{Stage, by_email, request_id};
use super::step::Act;
use super::story;

/// Does it; within, what is refused of it.
pub(super) async fn act(stage: &mut Stage<'_>, by: &str, act: &Act) -> anyhow::Result<Result<(), Status>> {
    let caller = stage.caller(by);
    let endpoints = &stage.services.endpoints;
    let (mut versions, mut leads) = (endpoints.versions(&caller)?, endpoints.qualification(&caller)?);
    let request_id = request_id();
    Ok(match act {
        Act::Draft { subject, document, change } => {
            let document = stage.story.documents.get(document).context("a document")?;
            let content = changed(document, change).and_then(|changed| story::content(&changed))?;
            let content = content.map_err(|faults| anyhow::anyhow!("after its change: {faults:?}"))?;
            let content = Some(pb::VersionContent { content: Some(content) });
            let request = pb::DraftVersionRequest { request_id, subject: subject.clone(), content };
            versions.draft_version(request).await.map(drop)
        }
        Act::Submit { version: name } => {
            let request = pb::SubmitVersionRequest { request_id, name: name.clone() };
            versions.submit_version(request).await.map(drop)
        }
        Act::Read { version: name } => {
            match versions.get_version(pb::GetVersionRequest { name: name.clone() }).await {
                Ok(answer) => {
                    let version = answer.into_inner().version.context("a version")?;
                    stage.read.insert((by.to_owned(), name.clone()), version.content_hash);
                    Ok(())
                }
                Err(refusal) => Err(refusal),
            }
        }
        Act::Sign { version: name } => {
            let hash = stage.read.get(&(by.to_owned(), name.clone()));
            let content_hash = hash.with_context(|| format!("{by} has not read {name}"))?.clone();
            let request = pb::SignVersionRequest { request_id, name: name.clone(), content_hash };
            versions.sign_version(request).await.map(drop)
        }
        Act::Schedule { version: name, effective } => {
            let effective_time = effective.map(to_timestamp);
            let request = pb::ScheduleVersionRequest { request_id, name: name.clone(), effective_time };
            versions.schedule_version(request).await.map(drop)
        }
        Act::Capture { email, kind, attributes } => {
            let attributes = attributes.iter().cloned().collect();
            let person = pb::Person { email: email.clone(), attributes, ..pb::Person::default() };
            let lead = pb::Lead { kind: (*kind).into(), person: Some(person), ..pb::Lead::default() };
            let request =
                pb::CaptureLeadRequest { request_id, lead: Some(lead), ..pb::CaptureLeadRequest::default() };
            leads.capture_lead(request).await.map(drop)
        }
        Act::Record { kind, of } => {
            let (lead, r#type) = (by_email(of), kind.clone());
            let request = pb::RecordActivityRequest {
                request_id,
                lead,
                r#type,
                ..pb::RecordActivityRequest::default()
            };
            leads.record_activity(request).await.map(drop)
        }
        Act::Accept { lead } => {
            let request = pb::GetLeadRequest { lead: by_email(lead) };
            let found = leads.get_lead(request).await?.into_inner().lead.context("a lead")?;
            let track = found.tracks.first().context("a track")?;
            let name = track.latest_handoff.clone();
            let request =
                pb::AcceptHandoffRequest { request_id, name, ..pb::AcceptHandoffRequest::default() };
            leads.accept_handoff(request).await.map(drop)
        }
    })
}

/// The document with other texts in these places: `criteria[1].points`.
fn changed(document: &Node, change: &[(String, String)]) -> anyhow::Result<Node> {
    let mut document = document.clone();
    for (path, text) in change {
        let mut node = &mut document;
        for step in path.split(['.', '[', ']']).filter(|step| !step.is_empty()) {
            let next = match &mut node.content {
                Content::Map(entries) => {
                    entries.iter_mut().find(|entry| entry.key == step).map(|entry| &mut entry.value)
                }
                Content::List(items) => step.parse().ok().and_then(|index: usize| items.get_mut(index)),
                Content::Text(_) | Content::Nothing => None,
            };
            node = next.with_context(|| format!("the document has no {path}"))?;
        }
        let Content::Text(before) = &mut node.content else { anyhow::bail!("{path} is no text") };
        ensure!(before != text, "{path} says {text} already");
        text.clone_into(before);
    }
    Ok(document)
}
