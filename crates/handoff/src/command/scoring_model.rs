//! `handoff model apply|show`: what behaviour is worth, as it lives in a repository.

use clap::Subcommand;
use handoff_proto::qualification::v1::ScoringModel;
use handoff_proto::qualification::v1::version_content::Content;

use super::version::apply::{self, File};
use super::version::show::{self, Look};
use crate::session::Session;

const SUBJECT: &str = "scoring-model";

/// What is to be done with the scoring model.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draft what a YAML file says, as the next version. Signs nothing: a version takes effect by both sides' signatures.
    Apply(File),
    /// Show the model that is in effect, or else the next.
    Show(Look),
}

/// Does it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    match command {
        Command::Apply(file) => {
            let document = file.yaml.read::<ScoringModel>()?;
            apply::run(&file, document, SUBJECT, "scoring_model", Content::ScoringModel, session).await
        }
        Command::Show(look) => show::run(SUBJECT, &look, session).await,
    }
}
