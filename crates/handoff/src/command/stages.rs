//! `handoff stage changes|set` and `handoff nurture send|list`: stages as other systems follow them, and who is in nurture.

use clap::{Args, Subcommand};
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{
    ListNurturedLeadsRequest, ListNurturedLeadsResponse, ListStageChangesRequest, ListStageChangesResponse,
    NurtureLeadRequest, SetStageRequest, StageChangeFilter, WatchStageChangesRequest,
};

use tonic::Code;

use super::lead::{Which, lead_ref};
use super::paging::{Page, Paging};
use crate::session::{Session, full_name, request_id};

/// What there is to see of stages.
#[derive(Debug, Subcommand)]
pub(crate) enum StageCommand {
    /// List the changes of stage and nurture segment behind a position of the log, oldest first.
    Changes(Changes),
    /// Take over a stage that was set in the CRM, by the rules of the machine.
    Set(Set),
}

/// What is to be done about nurture.
#[derive(Debug, Subcommand)]
pub(crate) enum NurtureCommand {
    /// Send a lead to a segment of nurture, or to another one.
    Send(Send),
    /// List who is in nurture.
    List(List),
}

/// Which changes.
#[derive(Debug, Args)]
pub(crate) struct Changes {
    /// Only what lies behind this position: the last one that you have.
    #[arg(long, default_value_t = 0)]
    after: i64,
    /// Only of this product line.
    #[arg(long, default_value = "")]
    product_line: String,
    #[command(flatten)]
    segment: Segment,
    /// Go on with every further change, until it is stopped.
    #[arg(long, conflicts_with_all = ["limit", "page_token"])]
    follow: bool,
    #[command(flatten)]
    paging: Paging,
}

/// A stage from the CRM.
#[derive(Debug, Args)]
pub(crate) struct Set {
    #[command(flatten)]
    which: Which,
    /// What stands in the CRM's field.
    #[arg(long)]
    value: String,
    /// The position up to which the CRM had every change when it was set.
    #[arg(long)]
    last_position: i64,
    /// Who set it there, as `bob`; you unless it is given.
    #[arg(long)]
    by: Option<String>,
    /// Why, where the way needs a reason: a rejection's code, or words.
    #[arg(long, default_value = "")]
    reason: String,
    /// In words, for a rejection or a withdrawal.
    #[arg(long, default_value = "")]
    note: String,
    /// The product line; the only one where there is one.
    #[arg(long, default_value = "")]
    product_line: String,
}

/// Which segment of nurture.
#[derive(Debug, Args)]
pub(crate) struct Segment {
    /// Only this segment of nurture.
    #[arg(long)]
    segment: Option<String>,
    /// Only what is in nurture, and in no segment.
    #[arg(long, conflicts_with = "segment")]
    without_segment: bool,
}

/// A lead for nurture.
#[derive(Debug, Args)]
pub(crate) struct Send {
    #[command(flatten)]
    which: Which,
    /// The segment, a name of your choice.
    #[arg(long)]
    segment: String,
    /// The product line; the only one where there is one.
    #[arg(long, default_value = "")]
    product_line: String,
}

/// Which leads.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    segment: Segment,
    #[command(flatten)]
    paging: Paging,
}

impl Segment {
    fn given(self) -> Option<String> {
        self.segment.or(self.without_segment.then(String::new))
    }
}

/// Tells changes of stage.
pub(crate) async fn stage(command: StageCommand, session: &mut Session<'_>) -> anyhow::Result<()> {
    let Changes { after, product_line, segment, follow, paging } = match command {
        StageCommand::Changes(changes) => changes,
        StageCommand::Set(set) => return set_stage(set, session).await,
    };
    let filter = Some(StageChangeFilter { product_line, segment: segment.given() });
    if follow {
        return watch(WatchStageChangesRequest { after_position: after, filter }, session).await;
    }
    let service = session.stages(Side::Marketing).await?;
    let mut position = after;
    let (changes, next_page_token) = paging
        .collect(async |page_size, page_token| {
            let (after_position, filter) = (after, filter.clone());
            let request = ListStageChangesRequest { page_size, page_token, after_position, filter };
            let answer = service.clone().list_stage_changes(request).await?.into_inner();
            position = answer.position;
            Ok(Page { items: answer.changes, next: answer.next_page_token })
        })
        .await?;
    paging.tell(&next_page_token, &mut session.output);
    session.show(&ListStageChangesResponse { changes, next_page_token, position }).await
}

async fn set_stage(set: Set, session: &mut Session<'_>) -> anyhow::Result<()> {
    let request = SetStageRequest {
        request_id: request_id(),
        lead: Some(lead_ref(&set.which.lead)),
        product_line: set.product_line,
        value: set.value,
        last_position: set.last_position,
        user: set.by.map(|user| full_name("users", &user)).unwrap_or_default(),
        reason: set.reason,
        note: set.note,
    };
    let answer = session.stages(Side::Sales).await?.set_stage(request).await?.into_inner();
    session.show(&answer).await
}

/// Tells them as they come. Whoever opens the stream again at the last position has missed nothing, so neither the end of a
/// stream nor that of a process is the end of this.
async fn watch(mut request: WatchStageChangesRequest, session: &mut Session<'_>) -> anyhow::Result<()> {
    loop {
        let mut service = session.stages(Side::Marketing).await?;
        let mut messages = service.watch_stage_changes(request.clone()).await?.into_inner();
        loop {
            match messages.message().await {
                Ok(Some(message)) => {
                    request.after_position = message.position;
                    if !message.changes.is_empty() {
                        session.show(&message).await?;
                    }
                }
                Ok(None) => break,
                // A connection that breaks is told as UNKNOWN.
                Err(status) if matches!(status.code(), Code::Unavailable | Code::Unknown) => break,
                Err(status) => return Err(status.into()),
            }
        }
    }
}

/// Does what is to be done about nurture.
pub(crate) async fn nurture(command: NurtureCommand, session: &mut Session<'_>) -> anyhow::Result<()> {
    let mut service = session.stages(Side::Marketing).await?;
    match command {
        NurtureCommand::Send(Send { which, segment, product_line }) => {
            let lead = Some(lead_ref(&which.lead));
            let request = NurtureLeadRequest { request_id: request_id(), lead, product_line, segment };
            let answer = service.nurture_lead(request).await?.into_inner();
            session.show(&answer).await
        }
        NurtureCommand::List(List { segment, paging }) => {
            let segment = segment.given();
            let mut position = 0;
            let (leads, next_page_token) = paging
                .collect(async |page_size, page_token| {
                    let request =
                        ListNurturedLeadsRequest { page_size, page_token, segment: segment.clone() };
                    let answer = service.clone().list_nurtured_leads(request).await?.into_inner();
                    // The first page's: what happened behind it is in the changes.
                    position = if position == 0 { answer.position } else { position };
                    Ok(Page { items: answer.leads, next: answer.next_page_token })
                })
                .await?;
            paging.tell(&next_page_token, &mut session.output);
            session.show(&ListNurturedLeadsResponse { leads, next_page_token, position }).await
        }
    }
}
