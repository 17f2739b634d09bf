//! ResetScore: a lead's behaviour is counted anew.

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::ResetScore;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn reset_score(
    app: &App,
    request: Request<pb::ResetScoreRequest>,
) -> Result<Response<pb::ResetScoreResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let lead = fields::lead_ref(&mut check, "lead", request.lead.as_ref());
    check.finish().map_err(from_error)?;

    let request = key(id, "ResetScore", &request);
    let answer = app.change(call, request, Command::ResetScore(ResetScore { lead }), size).await?;
    match answer.told {
        Told::Lead { .. } => Ok(Response::new(pb::ResetScoreResponse { position: answer.position })),
        other => Err(unexpected(other)),
    }
}
