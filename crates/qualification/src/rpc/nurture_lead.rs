//! NurtureLead: a lead goes to a nurture flow, or to another one (R12).

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::NurtureLead;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn nurture_lead(
    app: &App,
    request: Request<pb::NurtureLeadRequest>,
) -> Result<Response<pb::NurtureLeadResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = NurtureLead {
        lead: fields::lead_ref(&mut check, "lead", request.lead.as_ref()),
        line: fields::line(&mut check, "product_line", &request.product_line),
        segment: check.required_text("segment", &request.segment, fields::LABEL_LENGTH),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "NurtureLead", &request);
    match app.change(call, request, Command::NurtureLead(command), size).await?.told {
        Told::Lead { lead, .. } => Ok(Response::new(pb::NurtureLeadResponse { lead: Some(*lead) })),
        other => Err(unexpected(other)),
    }
}
