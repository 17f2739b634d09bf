//! `handoff dispute|resolve-dispute`: rejections that marketing does not take.

use clap::Args;
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{DisputeHandoffRequest, DisputeRuling, ResolveDisputeRequest};

use super::handoffs::Which;
use crate::session::{Session, full_name, request_id};
use crate::word;

/// An objection.
#[derive(Debug, Args)]
pub(crate) struct Dispute {
    #[command(flatten)]
    which: Which,
    /// Why the rejection is wrong, in words that sales reads.
    #[arg(long)]
    note: String,
}

/// The end of a dispute.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    #[command(flatten)]
    which: Which,
    /// Whether the rejection stands.
    #[arg(long, value_parser = word::flag::<DisputeRuling>())]
    ruling: DisputeRuling,
    /// Why, in words that marketing reads.
    #[arg(long)]
    note: String,
    /// Who decides anew, as `bob`; whoever owned it unless given. Only for one that is overturned.
    #[arg(long)]
    owner: Option<String>,
}

/// Disputes a rejection.
pub(crate) async fn dispute(dispute: Dispute, session: &mut Session<'_>) -> anyhow::Result<()> {
    let request = DisputeHandoffRequest {
        request_id: request_id(),
        name: dispute.which.name(),
        note: dispute.note,
        etag: dispute.which.etag,
    };
    let answer = session.decisions(Side::Marketing).await?.dispute_handoff(request).await?.into_inner();
    session.show(&answer).await
}

/// Resolves a dispute.
pub(crate) async fn resolve(resolve: Resolve, session: &mut Session<'_>) -> anyhow::Result<()> {
    let request = ResolveDisputeRequest {
        request_id: request_id(),
        name: resolve.which.name(),
        ruling: resolve.ruling.into(),
        note: resolve.note,
        owner: resolve.owner.map(|owner| full_name("users", &owner)).unwrap_or_default(),
        etag: resolve.which.etag,
    };
    let answer = session.decisions(Side::Sales).await?.resolve_dispute(request).await?.into_inner();
    session.show(&answer).await
}
