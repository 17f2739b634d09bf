//! From a file to a draft. Saying the same again changes nothing, so a pipeline may apply what is in its repository at
//! every run; nothing is ever signed here.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use handoff_proto::common::v1::{Side, VersionState};
use handoff_proto::qualification::v1::version_content::Content;
use handoff_proto::qualification::v1::{
    DraftVersionRequest, GetVersionRequest, SubmitVersionRequest, VersionContent,
};
use prost::{Message, Name};
use tonic::Status;
use tonic_types::StatusExt;

use crate::session::{Session, request_id};
use crate::yaml::{Document, Fault, Unusable};

/// A file that says what is to be agreed on.
#[derive(Debug, Args)]
pub(crate) struct File {
    /// The YAML file; docs/CRITERIA.md says what it may say.
    file: PathBuf,
    /// Put it before both sides at once.
    #[arg(long)]
    submit: bool,
}

impl File {
    /// What it says.
    ///
    /// # Errors
    /// If there is no such file, and with everything that is wrong with it.
    pub(crate) fn read<M: Message + Name + Default>(&self) -> anyhow::Result<Document<M>> {
        let place = self.file.display();
        let text = std::fs::read_to_string(&self.file).with_context(|| format!("cannot read {place}"))?;
        Ok(Document::parse(&text)?.map_err(|faults| Unusable { file: place.to_string(), faults })?)
    }

    /// That a field of it is wrong.
    pub(crate) fn unusable<M>(&self, document: &Document<M>, path: &str, what: String) -> Unusable
    where
        M: Message + Name + Default,
    {
        let fault = Fault { place: document.place(path), path: path.to_owned(), what };
        Unusable { file: self.file.display().to_string(), faults: vec![fault] }
    }

    /// A refusal of what the file says, with the places that it speaks of; any other as it is. `field` is what the file is
    /// in the request.
    fn with_places<M>(&self, refusal: anyhow::Error, document: &Document<M>, field: &str) -> anyhow::Error
    where
        M: Message + Name + Default,
    {
        let Some(status) = refusal.downcast_ref::<Status>() else { return refusal };
        let prefix = format!("content.{field}.");
        let found = status.get_details_bad_request().map(|found| found.field_violations).unwrap_or_default();
        let faults: Option<Vec<Fault>> = found
            .into_iter()
            .map(|found| {
                let path = found.field.strip_prefix(&prefix)?.to_owned();
                Some(Fault { place: document.place(&path), path, what: found.description })
            })
            .collect();
        match faults {
            Some(faults) if !faults.is_empty() => {
                Unusable { file: self.file.display().to_string(), faults }.into()
            }
            _ => refusal,
        }
    }
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
    drafted.map_err(|refusal| file.with_places(refusal, &document, field))
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
