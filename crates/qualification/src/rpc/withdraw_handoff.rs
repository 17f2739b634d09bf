//! WithdrawHandoff: marketing takes a handoff back that sales has not decided on.

use handoff_domain::id::HandoffId;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::WithdrawHandoff;
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

pub(crate) async fn withdraw_handoff(
    app: &App,
    request: Request<pb::WithdrawHandoffRequest>,
) -> Result<Response<pb::WithdrawHandoffResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = WithdrawHandoff {
        handoff: HandoffId(check.name("name", &request.name, Collection::Handoffs)),
        note: check.required_text("note", &request.note, fields::NOTE_LENGTH),
        cooldown: fields::waiting_time(&mut check, "cooldown", request.cooldown.as_ref()),
        version: fields::version(&mut check, &request.etag),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "WithdrawHandoff", &request);
    match app.change(call, request, Command::WithdrawHandoff(command), size).await?.told {
        Told::Handoff(handoff) => Ok(Response::new(pb::WithdrawHandoffResponse { handoff: Some(*handoff) })),
        other => Err(unexpected(other)),
    }
}
