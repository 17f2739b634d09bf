//! `handoff migrate`: a job of its own, for it needs the owner of the tables and services are not that.

use clap::Args;

use crate::output::Output;

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The database, as postgres://user:password@host:5432/name; the user owns the tables.
    #[arg(long, env = "HANDOFF_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: String,
}

/// Brings its schema up to this build.
pub(crate) async fn run(arguments: Arguments, output: &mut Output<'_>) -> anyhow::Result<()> {
    handoff_store::migrate::migrate(&arguments.database_url).await?;
    output.say(&format!("The schema is at version {}.", handoff_store::migrate::needed_version()));
    Ok(())
}
