//! MergeLeads: two leads are one person (edge case 9).

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::MergeLeads;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn merge_leads(
    app: &App,
    request: Request<pb::MergeLeadsRequest>,
) -> Result<Response<pb::MergeLeadsResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = MergeLeads {
        survivor: fields::lead_ref(&mut check, "survivor", request.survivor.as_ref()),
        duplicate: fields::lead_ref(&mut check, "duplicate", request.duplicate.as_ref()),
        survivor_version: fields::version_of(&mut check, "survivor_etag", &request.survivor_etag),
        duplicate_version: fields::version_of(&mut check, "duplicate_etag", &request.duplicate_etag),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "MergeLeads", &request);
    match app.change(call, request, Command::MergeLeads(command), size).await?.told {
        Told::Lead { lead, .. } => Ok(Response::new(pb::MergeLeadsResponse { lead: Some(*lead) })),
        other => Err(unexpected(other)),
    }
}
