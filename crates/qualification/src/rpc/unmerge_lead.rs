//! UnmergeLead: a merge was wrong (edge case 10).

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::UnmergeLead;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn unmerge_lead(
    app: &App,
    request: Request<pb::UnmergeLeadRequest>,
) -> Result<Response<pb::UnmergeLeadResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = UnmergeLead {
        lead: fields::lead_ref(&mut check, "lead", request.lead.as_ref()),
        version: fields::version(&mut check, &request.etag),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "UnmergeLead", &request);
    match app.change(call, request, Command::UnmergeLead(command), size).await?.told {
        Told::Lead { lead, .. } => Ok(Response::new(pb::UnmergeLeadResponse { lead: Some(*lead) })),
        other => Err(unexpected(other)),
    }
}
