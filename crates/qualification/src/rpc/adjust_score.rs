//! AdjustScore: somebody gives or takes points.

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::AdjustScore;
use handoff_domain::score::Decay;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::convert::criteria_set::points;
use crate::convert::scoring_model::decay;
use crate::ledger::Told;

pub(crate) async fn adjust_score(
    app: &App,
    request: Request<pb::AdjustScoreRequest>,
) -> Result<Response<pb::AdjustScoreResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let lead = fields::lead_ref(&mut check, "lead", request.lead.as_ref());
    let points = points("points", &request.points, &mut check).unwrap_or_default();
    let decay = decay("decay", request.decay, &mut check).unwrap_or(Decay::None);
    let note = fields::remark(&mut check, "note", &request.note).unwrap_or_default();
    check.finish().map_err(from_error)?;

    let request = key(id, "AdjustScore", &request);
    let answer = app
        .change(call, request, Command::AdjustScore(AdjustScore { lead, points, decay, note }), size)
        .await?;
    match answer.told {
        Told::Lead { .. } => Ok(Response::new(pb::AdjustScoreResponse { position: answer.position })),
        other => Err(unexpected(other)),
    }
}
