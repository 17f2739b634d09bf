//! CaptureLead: a lead is known, or more is known of one (R6, R7).

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::CaptureLead;
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

pub(crate) async fn capture_lead(
    app: &App,
    request: Request<pb::CaptureLeadRequest>,
) -> Result<Response<pb::CaptureLeadResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let now = clock::now();
    let occurred_at = fields::occurred_at(&mut check, "occur_time", request.occur_time.as_ref(), now);
    let command = CaptureLead {
        line: fields::line(&mut check, "product_line", &request.product_line),
        version: fields::version(&mut check, &request.etag),
        ..fields::capture(&mut check, "lead", request.lead.as_ref(), occurred_at, now)
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "CaptureLead", &request);
    match app.change(call, request, Command::CaptureLead(Box::new(command)), size).await?.told {
        Told::Lead { lead, created } => {
            Ok(Response::new(pb::CaptureLeadResponse { lead: Some(*lead), created }))
        }
        other => Err(unexpected(other)),
    }
}
