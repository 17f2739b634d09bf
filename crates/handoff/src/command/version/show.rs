//! What a version says: as a page that people read, or as the YAML that `apply` takes.

use anyhow::{Context, bail};
use clap::Args;
use handoff_proto::common::v1::{Side, VersionState};
use handoff_proto::qualification::v1::version_content::Content;
use handoff_proto::qualification::v1::{GetVersionRequest, GetVersionResponse};

use crate::arguments::Format;
use crate::session::Session;
use crate::view::{criteria_page, scoring_model_page, version_heading};
use crate::{word, yaml};

/// Which version, and how.
#[derive(Debug, Args)]
pub(crate) struct Look {
    /// This version instead of the one in effect.
    #[arg(long, value_name = "NUMBER")]
    version: Option<u32>,
    /// As the YAML that `apply` takes.
    #[arg(long)]
    yaml: bool,
}

/// Shows it.
pub(crate) async fn run(subject: &str, look: &Look, session: &mut Session<'_>) -> anyhow::Result<()> {
    let name = match look.version {
        Some(number) => format!("{subject}/versions/{number}"),
        None => subject.to_owned(),
    };
    let mut service = session.versions(Side::Marketing).await?;
    let answer = service.get_version(GetVersionRequest { name }).await?.into_inner();
    if look.yaml {
        session.output.text(&document(&answer)?)?;
        return Ok(());
    }
    if session.global.format == Format::Json {
        return session.show(&answer).await;
    }
    let (grid, mut notes) = match answer.content.as_ref().and_then(|content| content.content.as_ref()) {
        Some(Content::CriteriaSet(set)) => criteria_page(set),
        Some(Content::ScoringModel(model)) => scoring_model_page(model),
        None => return session.show(&answer).await,
    };
    let zone = session.zone().await?;
    notes.extend(version_heading(&answer.version.unwrap_or_default(), zone));
    session.output.grid(&grid, session.global.format)?;
    match session.global.format {
        Format::Table => session.output.line(&format!("\n{}", notes.join("\n")))?,
        Format::Csv | Format::Json => notes.iter().for_each(|note| session.output.say(note)),
    }
    Ok(())
}

/// The YAML of what a version says, under a line that says which it is.
fn document(answer: &GetVersionResponse) -> anyhow::Result<String> {
    let version = answer.version.as_ref().context("the answer names no version")?;
    let body = match answer.content.as_ref().and_then(|content| content.content.as_ref()) {
        Some(Content::CriteriaSet(set)) => yaml::to_yaml(set)?,
        Some(Content::ScoringModel(model)) => yaml::to_yaml(model)?,
        None => bail!("{} says that nothing is in effect any more: there is no file for that", version.name),
    };
    let state = word::show::<VersionState>(version.state);
    Ok(format!("# {}, {state}, {}\n{body}", version.name, version.content_hash))
}
