//! AssignHandoff: a handoff gets its owner, or another one while it is open (R22).

use handoff_domain::id::HandoffId;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::AssignHandoff;
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

pub(crate) async fn assign_handoff(
    app: &App,
    request: Request<pb::AssignHandoffRequest>,
) -> Result<Response<pb::AssignHandoffResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = AssignHandoff {
        handoff: HandoffId(check.name("name", &request.name, Collection::Handoffs)),
        owner: check.slug_name("owner", &request.owner, "users"),
        version: fields::version(&mut check, &request.etag),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "AssignHandoff", &request);
    match app.change(call, request, Command::AssignHandoff(command), size).await?.told {
        Told::Handoff(handoff) => Ok(Response::new(pb::AssignHandoffResponse { handoff: Some(*handoff) })),
        other => Err(unexpected(other)),
    }
}
