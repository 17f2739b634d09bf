//! `handoff list|watch|assign|accept|reject|withdraw`: the hand-overs.

use clap::Args;
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{
    AcceptHandoffRequest, AssignHandoffRequest, HandoffOrder, HandoffState, ListHandoffsRequest,
    ListHandoffsResponse, RejectHandoffRequest, RejectionDisposition, Stage, WatchHandoffsRequest,
    WithdrawHandoffRequest,
};
use prost_types::Duration;
use tonic::Code;

use super::paging::{Page, Paging};
use super::target::parse_time_span;
use crate::session::{Session, full_name, request_id};
use crate::word;

/// Which hand-overs.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those in this state.
    #[arg(long, value_parser = word::flag::<HandoffState>())]
    state: Option<HandoffState>,
    /// Only those of this user, as `bob`.
    #[arg(long)]
    owner: Option<String>,
    /// Only those of this team, as `north`.
    #[arg(long)]
    team: Option<String>,
    /// Only those of this persona.
    #[arg(long, default_value = "")]
    persona: String,
    /// Only those whose lead stands in this stage.
    #[arg(long, value_parser = word::flag::<Stage>())]
    stage: Option<Stage>,
    /// Only those of this product line.
    #[arg(long, default_value = "")]
    product_line: String,
    /// Only those that wait for a decision.
    #[arg(long)]
    open: bool,
    /// Only those with at least so many points of behaviour when they became MQLs.
    #[arg(long, default_value = "")]
    min_score: String,
    /// Only those with less.
    #[arg(long, default_value = "")]
    below_score: String,
    /// By MQL time, newest first, or by score, best first.
    #[arg(long, value_parser = word::flag::<HandoffOrder>())]
    order: Option<HandoffOrder>,
    #[command(flatten)]
    paging: Paging,
}

/// Which changes of hand-overs.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Only those of this user, as `bob`.
    #[arg(long)]
    owner: Option<String>,
    /// Only those of this team, as `north`.
    #[arg(long)]
    team: Option<String>,
    /// Only those that wait for a decision.
    #[arg(long)]
    open: bool,
    /// What changed behind this position too; only what comes from now on unless it is given.
    #[arg(long)]
    after: Option<i64>,
}

/// One hand-over.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// `handoffs/{uuid}`, or the UUID alone.
    handoff: String,
    /// The etag it was read with: somebody else's change in between is then not overwritten.
    #[arg(long, default_value = "")]
    pub(super) etag: String,
}

impl Which {
    /// The name of it.
    pub(super) fn name(&self) -> String {
        full_name("handoffs", &self.handoff)
    }
}

/// An assignment.
#[derive(Debug, Args)]
pub(crate) struct Assign {
    #[command(flatten)]
    which: Which,
    /// A user of the sales side, as `bob`.
    #[arg(long)]
    owner: String,
}

/// An acceptance.
#[derive(Debug, Args)]
pub(crate) struct Accept {
    #[command(flatten)]
    which: Which,
}

/// A rejection.
#[derive(Debug, Args)]
pub(crate) struct Reject {
    #[command(flatten)]
    which: Which,
    /// WRONG_SIZE, WRONG_VERTICAL, WRONG_ROLE, WRONG_GEOGRAPHY, NO_VERIFIED_CONTACT, DUPLICATE, NO_BUDGET_NOW,
    /// NO_NEED_NOW, EXISTING_CUSTOMER, COMPETITOR, WRONG_OWNER or OTHER.
    #[arg(long)]
    reason: String,
    /// In words; needed with OTHER.
    #[arg(long, default_value = "")]
    note: String,
    /// What to do with the lead; what the reason says unless it is given.
    #[arg(long, value_parser = word::flag::<RejectionDisposition>())]
    disposition: Option<RejectionDisposition>,
    /// The nurture flow that a recycled lead joins.
    #[arg(long, default_value = "")]
    segment: String,
}

/// A withdrawal.
#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    which: Which,
    /// Why, in words that sales reads.
    #[arg(long)]
    note: String,
    /// How long the lead is not handed over again, as `7d`, `0s` for not at all; the tenant's cool-down unless given.
    #[arg(long, value_parser = parse_time_span)]
    cooldown: Option<Duration>,
}

/// Lists them.
pub(crate) async fn list(list: List, session: &mut Session<'_>) -> anyhow::Result<()> {
    let service = session.qualification(Side::Sales).await?;
    let asked = ListHandoffsRequest {
        state: list.state.unwrap_or_default().into(),
        owner: list.owner.map(|owner| full_name("users", &owner)).unwrap_or_default(),
        team: list.team.map(|team| full_name("teams", &team)).unwrap_or_default(),
        persona: list.persona,
        stage: list.stage.unwrap_or_default().into(),
        product_line: list.product_line,
        open: list.open,
        min_score: list.min_score,
        below_score: list.below_score,
        order: list.order.unwrap_or_default().into(),
        ..ListHandoffsRequest::default()
    };
    let (handoffs, next_page_token) = list
        .paging
        .collect(async |page_size, page_token| {
            let request = ListHandoffsRequest { page_size, page_token, ..asked.clone() };
            let answer = service.clone().list_handoffs(request).await?.into_inner();
            Ok(Page { items: answer.handoffs, next: answer.next_page_token })
        })
        .await?;
    list.paging.tell(&next_page_token, &mut session.output);
    session.show(&ListHandoffsResponse { handoffs, next_page_token }).await
}

/// Tells changes as they come. Whoever opens the stream again at the last position has missed nothing, so neither the end of a
/// stream nor that of a process is the end of this.
pub(crate) async fn watch(watch: Watch, session: &mut Session<'_>) -> anyhow::Result<()> {
    let mut request = WatchHandoffsRequest {
        after_position: watch.after,
        owner: watch.owner.map(|owner| full_name("users", &owner)).unwrap_or_default(),
        team: watch.team.map(|team| full_name("teams", &team)).unwrap_or_default(),
        open: watch.open,
    };
    loop {
        let mut service = session.qualification(Side::Sales).await?;
        let mut messages = service.watch_handoffs(request.clone()).await?.into_inner();
        loop {
            match messages.message().await {
                Ok(Some(message)) => {
                    request.after_position = Some(message.position);
                    if !(message.handoffs.is_empty() && message.others.is_empty()) {
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

/// Assigns one.
pub(crate) async fn assign(assign: Assign, session: &mut Session<'_>) -> anyhow::Result<()> {
    let request = AssignHandoffRequest {
        request_id: request_id(),
        name: full_name("handoffs", &assign.which.handoff),
        owner: full_name("users", &assign.owner),
        etag: assign.which.etag,
    };
    let answer = session.qualification(Side::Sales).await?.assign_handoff(request).await?.into_inner();
    session.show(&answer).await
}

/// Accepts one.
pub(crate) async fn accept(accept: Accept, session: &mut Session<'_>) -> anyhow::Result<()> {
    let request = AcceptHandoffRequest {
        request_id: request_id(),
        name: full_name("handoffs", &accept.which.handoff),
        etag: accept.which.etag,
    };
    let answer = session.qualification(Side::Sales).await?.accept_handoff(request).await?.into_inner();
    session.show(&answer).await
}

/// Rejects one.
pub(crate) async fn reject(reject: Reject, session: &mut Session<'_>) -> anyhow::Result<()> {
    let request = RejectHandoffRequest {
        request_id: request_id(),
        name: full_name("handoffs", &reject.which.handoff),
        reason: reject.reason.to_uppercase(),
        note: reject.note,
        etag: reject.which.etag,
        disposition: reject.disposition.unwrap_or_default().into(),
        segment: reject.segment,
    };
    let answer = session.qualification(Side::Sales).await?.reject_handoff(request).await?.into_inner();
    session.show(&answer).await
}

/// Takes one back.
pub(crate) async fn withdraw(withdraw: Withdraw, session: &mut Session<'_>) -> anyhow::Result<()> {
    let request = WithdrawHandoffRequest {
        request_id: request_id(),
        name: full_name("handoffs", &withdraw.which.handoff),
        note: withdraw.note,
        etag: withdraw.which.etag,
        cooldown: withdraw.cooldown,
    };
    let answer = session.qualification(Side::Marketing).await?.withdraw_handoff(request).await?.into_inner();
    session.show(&answer).await
}
