//! `handoff migrate`: a job of its own, for it needs the owner of the tables and services are not that.

use clap::Args;
use handoff_runtime::config::DatabaseLocation;

use crate::output::Output;

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Its user owns the tables.
    #[command(flatten)]
    database: DatabaseLocation,
}

/// Brings its schema up to this build.
pub(crate) async fn run(arguments: Arguments, output: &mut Output<'_>) -> anyhow::Result<()> {
    let url = arguments.database.needed().map_err(anyhow::Error::msg)?;
    handoff_store::migrate::migrate(url.expose()).await?;
    output.say(&format!("The schema is at version {}.", handoff_store::migrate::needed_version()));
    Ok(())
}
