//! The sample into the services, and the waits until they have seen it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use handoff_proto::common::v1::Side;
use handoff_proto::event::v1::GetLogHeadRequest;
use handoff_proto::event::v1::event_log_service_client::EventLogServiceClient;
use handoff_proto::qualification::v1::{GetLeadRequest, ImportRequest, LeadRef, import_response, lead_ref};
use handoff_proto::reporting::v1::{GetMqlReportRequest, PeriodKind, ReportQuery};
use handoff_proto::sla::v1::ListClocksRequest;
use handoff_runtime::shutdown::Shutdown;
use indicatif::{ProgressBar, ProgressStyle};
use tonic::Status;

use super::Sample;
use super::sample::is_handed_over;
use crate::output::Output;
use crate::session::Session;
use crate::upload::{Answer, Source, upload};
use crate::view::show_count;

/// How often to ask whether a service has seen what was imported; asking costs it time too.
const ASK_AGAIN: Duration = Duration::from_millis(300);
/// After that time something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

/// The sample on its way, and what it left behind.
struct Fill<'a, I> {
    items: I,
    shutdown: &'a Shutdown,
    output: Output<'a>,
    bar: ProgressBar,
    leads: i64,
    /// The last lead that was handed over.
    handed_over: Option<String>,
    refused: Option<String>,
}

impl<I: Iterator<Item = ImportRequest>> Source for Fill<'_, I> {
    /// Whether the lead is handed over.
    type Place = bool;

    fn next(&mut self) -> Option<(bool, ImportRequest)> {
        let item = self.items.next().filter(|_| !self.shutdown.is_requested())?;
        Some((is_handed_over(&item), item))
    }

    fn answered(&mut self, is_handed_over: bool, answer: Answer) -> ControlFlow<()> {
        match answer.result {
            import_response::Result::Imported(item) => {
                self.leads += 1;
                if is_handed_over {
                    self.handed_over = Some(item.lead);
                }
            }
            import_response::Result::Refused(refused) => {
                self.refused.get_or_insert_with(|| format!("{}: {:?}", refused.message, refused.violations));
            }
        }
        self.bar.inc(1);
        ControlFlow::Continue(())
    }

    fn broke(&mut self, why: &Status) {
        self.bar.suspend(|| self.output.say(&format!("The connection broke: {}", why.message())));
    }

    fn goes_on(&mut self) {
        self.bar.suspend(|| self.output.say("The import goes on."));
    }
}

/// Imports the sample.
pub(crate) async fn fill(
    session: &mut Session<'_>,
    sample: Sample,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut service = session.qualification(Side::System).await?;
    let mut imported = Fill {
        items: sample.items(),
        shutdown,
        output: session.output.reborrow(),
        bar: progress_bar(sample.leads),
        leads: 0,
        handed_over: None,
        refused: None,
    };
    upload(&mut service, &mut imported, PATIENCE).await?;
    imported.bar.finish_and_clear();
    let Fill { leads, handed_over, refused, .. } = imported;
    if let Some(refused) = refused {
        bail!("the sample was refused, which is a defect: {refused}");
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = leads as f64 / seconds;
    let head = log_head(session, &session.global.qualification).await?;
    session.output.say(&format!(
        "Imported {} leads in {seconds:.1} s ({rate:.0} a second); qualification's log has {} events.",
        show_count(leads),
        show_count(head)
    ));
    wait_for_sla(session, handed_over, shutdown).await
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
