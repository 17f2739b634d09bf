//! `handoff rebuild rollups`: a tenant's rollups anew from its facts, beside the services that go on. Like `migrate` it
//! speaks to the database: it is for whoever runs the services, and no caller of theirs.

use clap::{Args, Subcommand};
use handoff_runtime::config::DatabaseLocation;

use crate::output::Output;

/// What is made anew.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The rollups of a tenant (`--tenant`). Reports are answered from the old ones until the new ones are complete.
    Rollups(Arguments),
}

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseLocation,
}

/// Builds another generation and waits until it is served.
pub(crate) async fn run(
    command: Command,
    tenant: Option<&str>,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    let Command::Rollups(arguments) = command;
    let slug = tenant.ok_or_else(|| anyhow::anyhow!("Name the tenant: --tenant acme, or HANDOFF_TENANT."))?;
    let url = arguments.database.needed().map_err(anyhow::Error::msg)?;
    let rebuilt =
        handoff_reporting::rebuild(url.expose(), slug).await.map_err(|failure| anyhow::anyhow!(failure))?;
    match rebuilt {
        Some(generation) => {
            output.say(&format!("The rollups of {slug} are built anew: generation {generation}."))
        }
        None => output.say(&format!("Nothing has been heard of {slug} yet: there is nothing to build.")),
    }
    Ok(())
}
