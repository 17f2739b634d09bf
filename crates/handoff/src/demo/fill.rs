//! The sample into the services, and the waits until they have seen it.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use handoff_proto::common::v1::Side;
use handoff_proto::event::v1::GetLogHeadRequest;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::qualification::v1::{GetLeadRequest, LeadRef, import_response, lead_ref};
use handoff_proto::reporting::v1::{GetMqlReportRequest, PeriodKind, ReportQuery};
use handoff_proto::sla::v1::ListClocksRequest;
use handoff_runtime::shutdown::Shutdown;
use indicatif::{ProgressBar, ProgressStyle};

use super::Sample;
use super::sample::is_handed_over;
use crate::session::Session;
use crate::upload::upload;
use crate::view::show_count;

/// How often to ask whether a service has seen what was imported; asking costs it time too.
const ASK_AGAIN: Duration = Duration::from_millis(300);
/// After that time something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

/// What an import left behind.
#[derive(Debug, Default)]
struct Imported {
    leads: i64,
    /// The last lead that was handed over.
    handed_over: Option<String>,
    refused: Option<String>,
}

/// Imports the sample.
pub(crate) async fn fill(
    session: &mut Session<'_>,
    sample: Sample,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut service = session.qualification(Side::System).await?;
    let bar = progress_bar(sample.leads);
    let imported = RefCell::new(Imported::default());
    let items = sample.items().take_while(|_| !shutdown.is_requested());
    let items = items.map(|item| (is_handed_over(&item), item));
    upload(&mut service, items, |is_handed_over, result| {
        let mut imported = imported.borrow_mut();
        match result {
            import_response::Result::Imported(item) => {
                imported.leads += 1;
                if is_handed_over {
                    imported.handed_over = Some(item.lead);
                }
            }
            import_response::Result::Refused(refused) => {
                imported
                    .refused
                    .get_or_insert_with(|| format!("{}: {:?}", refused.message, refused.violations));
            }
        }
        bar.inc(1);
    })
    .await?;
    bar.finish_and_clear();
    let imported = imported.into_inner();
    if let Some(refused) = imported.refused {
        bail!("the sample was refused, which is a defect: {refused}");
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = imported.leads as f64 / seconds;
    let head = log_head(session, &session.global.qualification).await?;
    session.output.say(&format!(
        "Imported {} leads in {seconds:.1} s ({rate:.0} a second); qualification's log has {} events.",
        show_count(imported.leads),
        show_count(head)
    ));
    wait_for_sla(session, imported.handed_over, shutdown).await
}

/// Waits until sla has a clock for the last hand-over of the import: it reads the log in order, so it has seen the rest.
async fn wait_for_sla(
    session: &Session<'_>,
    lead: Option<String>,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let Some(lead) = lead else { return Ok(()) };
    let lead = Some(LeadRef { lead: Some(lead_ref::Lead::Name(lead)) });
    let answer =
        session.qualification(Side::System).await?.get_lead(GetLeadRequest { lead }).await?.into_inner();
    let handoff = answer
        .lead
        .and_then(|lead| lead.tracks.into_iter().next())
        .map(|track| track.latest_handoff)
        .context("the lead that was handed over has no hand-over")?;
    let service = session.sla().await?;
    until("the sla service", shutdown, async || {
        let request = ListClocksRequest { handoff: handoff.clone(), ..ListClocksRequest::default() };
        Ok(!service.clone().list_clocks(request).await?.into_inner().clocks.is_empty())
    })
    .await
}

/// Waits until reporting has read qualification's log and what sla has made of it.
pub(crate) async fn wait_for_reporting(session: &Session<'_>, shutdown: &Shutdown) -> anyhow::Result<()> {
    let head = log_head(session, &session.global.qualification).await?;
    let sla_head = log_head(session, &session.global.sla).await?;
    let service = session.reporting().await?;
    until("the reporting service", shutdown, async || {
        // The smallest question there is; what matters is how far it has read.
        let query = ReportQuery {
            period_kind: PeriodKind::Custom.into(),
            start_date: "2000-01-01".to_owned(),
            end_date: "2000-01-02".to_owned(),
            ..ReportQuery::default()
        };
        let request = GetMqlReportRequest { query: Some(query) };
        let basis = service.clone().get_mql_report(request).await?.into_inner().basis.unwrap_or_default();
        let seen = |log: &str, wanted: i64| {
            wanted == 0 || basis.positions.iter().any(|seen| seen.log == log && seen.position >= wanted)
        };
        Ok(seen("qualification", head) && seen("sla", sla_head))
    })
    .await
}

/// The last position of a service's log of the session's tenant.
pub(crate) async fn log_head(session: &Session<'_>, url: &str) -> anyhow::Result<i64> {
    let peer = session.peer(url, Some(session.tenant()?), Side::System).await?;
    Ok(EventLogServiceClient::new(peer)
        .get_log_head(GetLogHeadRequest::default())
        .await?
        .into_inner()
        .position)
}

/// Asks until the answer is yes, the process is to stop, or patience ends.
pub(crate) async fn until(
    who: &str,
    shutdown: &Shutdown,
    mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let started = Instant::now();
    while !is_so().await? {
        if started.elapsed() > PATIENCE {
            bail!("{who} has not seen everything after {} s; its log may say why", PATIENCE.as_secs());
        }
        pause(ASK_AGAIN, shutdown).await?;
    }
    Ok(())
}

/// Lets some time pass.
///
/// # Errors
/// When the process is asked to stop meanwhile.
pub(crate) async fn pause(time: Duration, shutdown: &Shutdown) -> anyhow::Result<()> {
    match tokio::time::timeout(time, shutdown.requested()).await {
        Ok(()) => Err(handoff_runtime::service::StartError::Interrupted.into()),
        Err(_) => Ok(()),
    }
}

/// Visible on a terminal only.
fn progress_bar(leads: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} leads, {per_sec}, {eta} to go");
    ProgressBar::new(leads).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
