//! DisputeHandoff: marketing objects to a rejection.

use handoff_domain::id::HandoffId;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::DisputeHandoff;
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

pub(crate) async fn dispute_handoff(
    app: &App,
    request: Request<pb::DisputeHandoffRequest>,
) -> Result<Response<pb::DisputeHandoffResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = DisputeHandoff {
        handoff: HandoffId(check.name("name", &request.name, Collection::Handoffs)),
        note: check.required_text("note", &request.note, fields::NOTE_LENGTH),
        version: fields::version(&mut check, &request.etag),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "DisputeHandoff", &request);
    match app.change(call, request, Command::DisputeHandoff(command), size).await?.told {
        Told::Handoff(handoff) => Ok(Response::new(pb::DisputeHandoffResponse { handoff: Some(*handoff) })),
        other => Err(unexpected(other)),
    }
}
