//! `handoff up`: everything on this machine, until it is told to stop.

use std::path::PathBuf;

use clap::Args;
use handoff_runtime::config::DatabaseLocation;
use handoff_runtime::shutdown::Shutdown;
use handoff_runtime::telemetry;

use crate::output::Output;
use crate::up::{Database, Options, Ports, Up};

/// Where and on what.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder of a private Postgres, made if it is not there.
    #[arg(long, value_name = "FOLDER", default_value = "handoff-data/postgres")]
    data_folder: PathBuf,
    /// Another server instead; its user owns the tables, which are migrated.
    #[command(flatten)]
    database: DatabaseLocation,
    /// The port of qualification; sla and reporting take the next two, health those ten above. 0 takes free ones.
    #[arg(long, default_value_t = 7431)]
    port: u16,
    /// A file for services (TOML; docs/CONFIGURATION.md). What it says of addresses, identity, peers and the database's
    /// place counts for services that are started one by one, and not here.
    #[arg(long, env = "HANDOFF_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Starts everything, its telemetry first, and waits until a signal stops it. However it ends, what it had to tell is sent.
pub(crate) async fn run(arguments: Arguments, output: &mut Output<'_>) -> anyhow::Result<()> {
    let telemetry = telemetry::start("handoff")?;
    let ended = serve(arguments, output).await;
    telemetry.shutdown().await;
    ended
}

async fn serve(arguments: Arguments, output: &mut Output<'_>) -> anyhow::Result<()> {
    let url = arguments.database.url().map_err(anyhow::Error::msg)?;
    let database = url.map_or(Database::Embedded(arguments.data_folder), Database::Url);
    let options = Options { database, ports: Ports::From(arguments.port), config: arguments.config };
    let up = Up::start(options, Shutdown::on_signals()?).await?;
    output.say(&format!("Handoff is up.\n{}\n{NEXT}", describe(&up)));
    up.until_stopped().await;
    output.say("Stopping.");
    up.stop().await
}

const NEXT: &str = "\
Anybody on this machine can be anybody in it: identities are believed without proof.

Try next, in another terminal:
  handoff tenant create acme --time-zone Europe/Rome --currency-code EUR
  export HANDOFF_TENANT=acme
  handoff team put north --team-side sales
  handoff user put bob --user-side sales --team north
  handoff import leads leads.csv --map crates/handoff/mappings/crm-leads.toml
  handoff list --state assigned
  handoff report mql
Ctrl-C stops it.";

/// What listens where.
pub(crate) fn describe(up: &Up) -> String {
    let mut lines: Vec<String> = up
        .services()
        .map(|(name, endpoint, health)| {
            let health = health.map(|address| format!("  (health {address})")).unwrap_or_default();
            format!("  {name:<14} {endpoint}{health}")
        })
        .collect();
    if let Some(url) = up.postgres_url() {
        lines.push(format!("  {:<14} psql \"{url}\"", "database"));
    }
    lines.join("\n")
}
