//! From a file to a draft. Saying the same again changes nothing, so a pipeline may apply what is in its repository at
//! every run; nothing is ever signed here.

use clap::Args;
use handoff_proto::common::v1::{Side, VersionState};
use handoff_proto::qualification::v1::version_content::Content;
use handoff_proto::qualification::v1::{
    DraftVersionRequest, GetVersionRequest, SubmitVersionRequest, VersionContent,
};
use prost::{Message, Name};

use crate::command::yaml_file::YamlFile;
use crate::session::{Session, request_id};
use crate::yaml::Document;

/// A file that says what is to be agreed on.
#[derive(Debug, Args)]
pub(crate) struct File {
    #[command(flatten)]
    pub(crate) yaml: YamlFile,
    /// Put it before both sides at once.
    #[arg(long)]
    submit: bool,
}

/// Drafts what a file says of `subject`. `field` and `wrap` are what it is in the request.
pub(crate) async fn run<M>(
    file: &File,
    document: Document<M>,
    subject: &str,
    field: &str,
    wrap: fn(M) -> Content,
    session: &mut Session<'_>,
) -> anyhow::Result<()>
where
    M: Message + Name + Default + Clone,
{
    let content = VersionContent { content: Some(wrap(document.message.clone())) };
    let drafted = draft(subject.to_owned(), content, file.submit, session).await;
    drafted.map_err(|refusal| file.yaml.with_places(refusal, &document, &format!("content.{field}.")))
}

/// Drafts a content, puts it before both sides if that is asked for, and shows where it stands and what it changes.
pub(crate) async fn draft(
    subject: String,
    content: VersionContent,
    submit: bool,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let mut service = session.versions(Side::Marketing).await?;
    let request = DraftVersionRequest { request_id: request_id(), subject, content: Some(content) };
    let answer = service.draft_version(request).await?.into_inner();
    let version = answer.version.unwrap_or_default();
    let name = version.name;
    session.output.say(&if answer.unchanged {
        format!("UNCHANGED: {name} says this already")
    } else {
        format!("DRAFTED: {name}")
    });
    // What is further on already needs no step back.
    if submit && version.state == i32::from(VersionState::Draft) {
        let request = SubmitVersionRequest { request_id: request_id(), name: name.clone() };
        service.submit_version(request).await?;
        session.output.say(&format!("SUBMITTED: {name} lies before both sides"));
    }
    let answer = service.get_version(GetVersionRequest { name }).await?.into_inner();
    session.show(&answer).await
}
