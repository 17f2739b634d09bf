//! AcceptHandoff: sales takes the lead, and it becomes an SQL (R2).

use handoff_domain::id::HandoffId;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::AcceptHandoff;
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

pub(crate) async fn accept_handoff(
    app: &App,
    request: Request<pb::AcceptHandoffRequest>,
) -> Result<Response<pb::AcceptHandoffResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = AcceptHandoff {
        handoff: HandoffId(check.name("name", &request.name, Collection::Handoffs)),
        version: fields::version(&mut check, &request.etag),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "AcceptHandoff", &request);
    match app.change(call, request, Command::AcceptHandoff(command), size).await?.told {
        Told::Handoff(handoff) => Ok(Response::new(pb::AcceptHandoffResponse { handoff: Some(*handoff) })),
        other => Err(unexpected(other)),
    }
}
