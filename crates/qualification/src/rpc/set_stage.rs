//! SetStage: a stage that was set in the CRM is taken over (R23, R24).

use handoff_domain::error::Error;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::SetStage;
use handoff_proto::common::v1::Role;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::identity::Identity;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn set_stage(
    app: &App,
    request: Request<pb::SetStageRequest>,
) -> Result<Response<pb::SetStageResponse>, Status> {
    let call = Call::of(&request)?;
    let roles = Identity::of(&request)?.roles;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    check.check(request.last_position >= 0, "last_position", "is negative");
    let command = SetStage {
        lead: fields::lead_ref(&mut check, "lead", request.lead.as_ref()),
        line: fields::line(&mut check, "product_line", &request.product_line),
        value: check.required_text("value", &request.value, fields::LABEL_LENGTH),
        last_position: request.last_position,
        user: check.optional_slug_name("user", &request.user, "users"),
        reason: check.text("reason", &request.reason, fields::LABEL_LENGTH),
        note: fields::remark(&mut check, "note", &request.note),
    };
    check.finish().map_err(from_error)?;
    if command.user.is_some() && !roles.has_any_of(&[Role::Admin]) {
        let message = "only an ADMIN may say that another user set the stage".to_owned();
        return Err(from_error(Error::Denied { message }));
    }

    let request = key(id, "SetStage", &request);
    let answer = app.change(call, request, Command::SetStage(command), size).await?;
    match answer.told {
        Told::Lead { lead, .. } => {
            let position = answer.position;
            Ok(Response::new(pb::SetStageResponse { lead: Some(*lead), position }))
        }
        other => Err(unexpected(other)),
    }
}
