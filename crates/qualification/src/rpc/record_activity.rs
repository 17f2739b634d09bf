//! RecordActivity: a lead did something (R8, R9).

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::RecordActivity;
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

pub(crate) async fn record_activity(
    app: &App,
    request: Request<pb::RecordActivityRequest>,
) -> Result<Response<pb::RecordActivityResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = RecordActivity {
        lead: fields::lead_ref(&mut check, "lead", request.lead.as_ref()),
        kind: fields::code(&mut check, "type", &request.r#type),
        properties: fields::values(&mut check, "properties", &request.properties),
        occurred_at: fields::occurred_at(&mut check, "occur_time", request.occur_time.as_ref(), clock::now()),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "RecordActivity", &request);
    let answer = app.change(call, request, Command::RecordActivity(command), size).await?;
    match answer.told {
        Told::Activity(id) => Ok(Response::new(pb::RecordActivityResponse {
            activity: Collection::Activities.name(id.0),
            position: answer.position,
        })),
        other => Err(unexpected(other)),
    }
}
