//! ResolveDispute: sales says whether a disputed rejection stands.

use handoff_domain::id::HandoffId;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::{Finding, ResolveDispute};
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn resolve_dispute(
    app: &App,
    request: Request<pb::ResolveDisputeRequest>,
) -> Result<Response<pb::ResolveDisputeResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = ResolveDispute {
        handoff: HandoffId(check.name("name", &request.name, Collection::Handoffs)),
        finding: finding(&mut check, request.ruling, &request.owner),
        note: check.required_text("note", &request.note, fields::NOTE_LENGTH),
        version: fields::version(&mut check, &request.etag),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "ResolveDispute", &request);
    match app.change(call, request, Command::ResolveDispute(command), size).await?.told {
        Told::Handoff(handoff) => Ok(Response::new(pb::ResolveDisputeResponse { handoff: Some(*handoff) })),
        other => Err(unexpected(other)),
    }
}

/// What the dispute comes to; whoever upholds a rejection needs nobody to decide anew.
fn finding(check: &mut Violations, ruling: i32, owner: &str) -> Finding {
    let owner = check.optional_slug_name("owner", owner, "users");
    match check.choice("ruling", ruling) {
        Some(pb::DisputeRuling::Overturned) => Finding::Overturned { owner },
        Some(pb::DisputeRuling::Upheld) => {
            check.check(owner.is_none(), "owner", "is only for a rejection that is overturned");
            Finding::Upheld
        }
        Some(pb::DisputeRuling::Unspecified) | None => Finding::Upheld,
    }
}
