//! `handoff sla clocks|breaches|preview|elapsed`.

use clap::{Args, Subcommand};
use handoff_proto::common::v1::Target;
use handoff_proto::sla::v1::{
    ClockState, ListBreachesRequest, ListBreachesResponse, ListClocksRequest, ListClocksResponse,
    PreviewDeadlineRequest, PreviewElapsedRequest,
};
use prost_types::Timestamp;

use super::paging::{Page, Paging};
use super::target::{parse_target, parse_time};
use crate::session::{Session, full_name};
use crate::word;

/// What is to be seen of the SLA.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List clocks by the time they are due, latest first.
    Clocks(Clocks),
    /// List clocks that breached, by the time of the breach, latest first.
    Breaches(Breaches),
    /// Say when something would be due; changes nothing.
    Preview(Preview),
    /// Say how much time lies between two instants by a calendar; changes nothing.
    Elapsed(Elapsed),
}

/// Which clocks.
#[derive(Debug, Args)]
pub(crate) struct Clocks {
    /// Only those in this state.
    #[arg(long, value_parser = word::flag::<ClockState>())]
    state: Option<ClockState>,
    /// Only those of this hand-over.
    #[arg(long)]
    handoff: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

/// Which breaches.
#[derive(Debug, Args)]
pub(crate) struct Breaches {
    /// Only those whose clock still runs.
    #[arg(long)]
    overdue_only: bool,
    #[command(flatten)]
    paging: Paging,
}

/// A deadline that might be.
#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// The calendar, as `default`.
    #[arg(long)]
    calendar: Option<String>,
    /// When it starts, as 2026-03-30T10:00:00+02:00; now unless given.
    #[arg(long, value_parser = parse_time)]
    start_time: Option<Timestamp>,
    /// How long it may take: `2 business days`, `8h business` or `48h calendar`; the contract's target unless given.
    #[arg(long, value_parser = parse_target)]
    target: Option<Target>,
}

/// Two instants.
#[derive(Debug, Args)]
pub(crate) struct Elapsed {
    /// The calendar, as `default`.
    #[arg(long)]
    calendar: Option<String>,
    /// The first, as 2026-03-27T17:00:00+01:00.
    #[arg(long, value_parser = parse_time)]
    start_time: Timestamp,
    /// The second; now unless given.
    #[arg(long, value_parser = parse_time)]
    end_time: Option<Timestamp>,
}

/// Shows it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    match command {
        Command::Clocks(clocks) => {
            let service = session.sla().await?;
            let handoff = clocks.handoff.map(|handoff| full_name("handoffs", &handoff)).unwrap_or_default();
            let (clocks, next_page_token) = {
                let state = clocks.state.unwrap_or_default().into();
                let (found, next) = clocks
                    .paging
                    .collect(async |page_size, page_token| {
                        let request =
                            ListClocksRequest { page_size, page_token, state, handoff: handoff.clone() };
                        let answer = service.clone().list_clocks(request).await?.into_inner();
                        Ok(Page { items: answer.clocks, next: answer.next_page_token })
                    })
                    .await?;
                clocks.paging.tell(&next, &mut session.output);
                (found, next)
            };
            session.show(&ListClocksResponse { clocks, next_page_token }).await
        }
        Command::Breaches(breaches) => {
            let service = session.sla().await?;
            let (clocks, next_page_token) = breaches
                .paging
                .collect(async |page_size, page_token| {
                    let overdue_only = breaches.overdue_only;
                    let request = ListBreachesRequest { page_size, page_token, overdue_only };
                    let answer = service.clone().list_breaches(request).await?.into_inner();
                    Ok(Page { items: answer.clocks, next: answer.next_page_token })
                })
                .await?;
            breaches.paging.tell(&next_page_token, &mut session.output);
            session.show(&ListBreachesResponse { clocks, next_page_token }).await
        }
        Command::Preview(preview) => {
            let request = PreviewDeadlineRequest {
                calendar: preview.calendar.map(|name| full_name("calendars", &name)).unwrap_or_default(),
                start_time: preview.start_time,
                target: preview.target,
            };
            let answer = session.sla().await?.preview_deadline(request).await?.into_inner();
            session.show(&answer).await
        }
        Command::Elapsed(elapsed) => {
            let request = PreviewElapsedRequest {
                calendar: elapsed.calendar.map(|name| full_name("calendars", &name)).unwrap_or_default(),
                start_time: Some(elapsed.start_time),
                end_time: elapsed.end_time,
            };
            let answer = session.sla().await?.preview_elapsed(request).await?.into_inner();
            session.show(&answer).await
        }
    }
}
