//! `handoff criteria apply|show`: what makes a lead a good fit, as it lives in a repository.

use clap::{Args, Subcommand, ValueEnum};
use handoff_proto::qualification::v1::version_content::Content;
use handoff_proto::qualification::v1::{CriteriaSet, LeadKind};

use super::version::apply::{self, File};
use super::version::show::{self, Look};
use crate::session::Session;
use crate::word;

/// What is to be done with criteria.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draft what a YAML file says, as the next version. Signs nothing: a version takes effect by both sides' signatures.
    Apply(File),
    /// Show the criteria that are in effect, or else the next.
    Show(Show),
}

/// Which criteria.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// For which leads.
    #[arg(value_enum)]
    kind: Kind,
    #[command(flatten)]
    look: Look,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Leads that stand for a company.
    B2b,
    /// Leads that stand for themselves.
    B2c,
}

/// Does it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    match command {
        Command::Apply(file) => {
            let document = file.yaml.read::<CriteriaSet>()?;
            let kind = document.message.kind;
            let subject = match LeadKind::try_from(kind) {
                Ok(LeadKind::B2b) => "criteria-sets/b2b",
                Ok(LeadKind::B2c) => "criteria-sets/b2c",
                _ => {
                    let what = match word::show::<LeadKind>(kind).as_str() {
                        "" => "is required: B2B or B2C".to_owned(),
                        other => format!("is B2B or B2C: there are no criteria for leads of kind {other}"),
                    };
                    return Err(file.yaml.unusable(&document, "kind", what).into());
                }
            };
            apply::run(&file, document, subject, "criteria_set", Content::CriteriaSet, session).await
        }
        Command::Show(Show { kind, look }) => {
            let subject = match kind {
                Kind::B2b => "criteria-sets/b2b",
                Kind::B2c => "criteria-sets/b2c",
            };
            show::run(subject, &look, session).await
        }
    }
}
