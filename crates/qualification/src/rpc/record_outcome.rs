//! RecordOutcome: what became of a lead (R4).

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::RecordOutcome;
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn record_outcome(
    app: &App,
    request: Request<pb::RecordOutcomeRequest>,
) -> Result<Response<pb::RecordOutcomeResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = RecordOutcome {
        lead: fields::lead_ref(&mut check, "lead", request.lead.as_ref()),
        line: fields::line(&mut check, "product_line", &request.product_line),
        outcome: fields::outcome(&mut check, "", request.outcome, request.amount.as_ref(), &request.reason),
        occurred_at: fields::occurred_at(&mut check, "occur_time", request.occur_time.as_ref(), clock::now()),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "RecordOutcome", &request);
    let answer = app.change(call, request, Command::RecordOutcome(command), size).await?;
    match answer.told {
        Told::Outcome { opportunity, lead } => Ok(Response::new(pb::RecordOutcomeResponse {
            lead: Some(*lead),
            position: answer.position,
            opportunity: Collection::Opportunities.name(opportunity.0),
        })),
        other => Err(unexpected(other)),
    }
}
