//! `handoff demo`: everything from nothing, in under a minute.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use handoff_proto::sla::v1::ListBreachesRequest;
use handoff_runtime::clock;
use handoff_runtime::config::PeerConfig;
use handoff_runtime::service::StartError;
use handoff_runtime::shutdown::Shutdown;

use super::up::describe;
use crate::arguments::Global;
use crate::demo::{self, Sample};
use crate::output::Output;
use crate::session::Session;
use crate::up::{Database, Options, Ports, Up};

/// The tenant with the sample.
const TENANT: &str = "demo";
/// The tenant in which one watches clocks.
const LIVE_TENANT: &str = "demo-live";

/// Which demo.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Stay up afterwards.
    #[arg(long)]
    serve: bool,
    /// Where its data is kept; what is there already is used again.
    #[arg(long, default_value = "handoff-data/demo")]
    folder: PathBuf,
    /// Another seed is another story.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many leads.
    #[arg(long, default_value_t = demo::LEADS)]
    leads: u64,
    /// The first of three ports; free ones where they are taken.
    #[arg(long, default_value_t = 7431)]
    port: u16,
}

/// Starts everything, fills it, lives a little, and reports.
pub(crate) async fn run(arguments: Arguments, global: Global, output: &mut Output<'_>) -> anyhow::Result<()> {
    let started = Instant::now();
    let wanted = Sample { seed: arguments.seed, leads: arguments.leads, until: clock::now() };
    let mut folder = demo::Folder::open(&arguments.folder, wanted)?;
    let shutdown = Shutdown::on_signals()?;
    let options = Options {
        database: Database::Embedded(folder.postgres()),
        ports: Ports::FromOrFree(arguments.port),
        config: None,
    };
    output.say("Starting Postgres and the services.");
    let up = Up::start(options, shutdown.clone()).await?;
    output.say(&describe(&up));
    let mut session = Session { global: at(&up, global), output: output.reborrow() };
    let shown = perform(&mut session, &mut folder, &shutdown).await;
    match &shown {
        Ok(()) => {
            session.output.say(&format!(
                "\nThat took {:.0} s.\n{}",
                started.elapsed().as_secs_f64(),
                next(&up, arguments.serve)
            ));
            if arguments.serve {
                up.until_stopped().await;
            }
        }
        Err(_) => session.output.say("The demo ends here."),
    }
    up.stop().await?;
    match shown {
        Err(failure) if is_interruption(&failure) => Ok(()),
        other => other,
    }
}

async fn perform(
    session: &mut Session<'_>,
    folder: &mut demo::Folder,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    if folder.is_complete {
        let until = folder.sample.until.format("%Y-%m-%d");
        session
            .output
            .say(&format!("The sample up to {until} is there already; remove the folder for a new one."));
    } else {
        session.output.say("Importing a sample that is made now, by the public API.");
        demo::set_up(session, None, demo::teams(), demo::users()).await?;
        demo::fill(session, folder.sample, shutdown).await?;
        folder.complete()?;
    }

    session.output.say("\nNow watch a team that has five seconds to decide about each lead.\n");
    session.global.tenant = Some(LIVE_TENANT.to_owned());
    demo::live(session, shutdown).await?;
    let request = ListBreachesRequest { page_size: 5, ..ListBreachesRequest::default() };
    let breaches = session.sla().await?.list_breaches(request).await?.into_inner();
    session.output.say("\nThe breaches as the SLA keeps them.\n");
    session.show(&breaches).await?;

    session.global.tenant = Some(TENANT.to_owned());
    demo::wait_for_reporting(session, shutdown).await?;
    demo::show(session, folder.sample).await
}

/// The demo's own services, whatever the environment says.
fn at(up: &Up, global: Global) -> Global {
    Global {
        tenant: Some(TENANT.to_owned()),
        side: None,
        peer: PeerConfig::default(),
        qualification: up.endpoint("qualification"),
        sla: up.endpoint("sla"),
        reporting: up.endpoint("reporting"),
        ..global
    }
}

fn next(up: &Up, serves: bool) -> String {
    let first = if serves {
        "Try next, in another terminal (Ctrl-C here stops it):".to_owned()
    } else {
        "Try next: `./x demo --serve` (or `handoff demo --serve`), and in another terminal:".to_owned()
    };
    let (qualification, sla, reporting) =
        (up.endpoint("qualification"), up.endpoint("sla"), up.endpoint("reporting"));
    format!(
        "{first}
  export HANDOFF_TENANT={TENANT} HANDOFF_QUALIFICATION={qualification} HANDOFF_SLA={sla} HANDOFF_REPORTING={reporting}
  handoff list --state assigned --limit 5
  handoff lead show D-000042
  handoff report sql --breakdown source --period-kind quarter
  handoff report velocity --breakdown owner --filter team=north --verdict-statistic p90
  handoff sla breaches --overdue-only --limit 5
  handoff report mql --format csv > mqls.csv"
    )
}

fn is_interruption(failure: &anyhow::Error) -> bool {
    matches!(failure.downcast_ref::<StartError>(), Some(StartError::Interrupted))
}
