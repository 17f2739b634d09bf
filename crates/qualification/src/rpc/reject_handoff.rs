//! RejectHandoff: sales refuses the lead, with a reason of the list (R3).

use handoff_domain::id::HandoffId;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::RejectHandoff;
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

pub(crate) async fn reject_handoff(
    app: &App,
    request: Request<pb::RejectHandoffRequest>,
) -> Result<Response<pb::RejectHandoffResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let reason = fields::rejection_reason(&mut check, "reason", &request.reason);
    let command = RejectHandoff {
        handoff: HandoffId(check.name("name", &request.name, Collection::Handoffs)),
        reason,
        disposition: fields::disposition(&mut check, "disposition", request.disposition),
        segment: check.text("segment", &request.segment, fields::LABEL_LENGTH),
        note: fields::note(&mut check, "note", &request.note, reason),
        version: fields::version(&mut check, &request.etag),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "RejectHandoff", &request);
    match app.change(call, request, Command::RejectHandoff(command), size).await?.told {
        Told::Handoff(handoff) => Ok(Response::new(pb::RejectHandoffResponse { handoff: Some(*handoff) })),
        other => Err(unexpected(other)),
    }
}
