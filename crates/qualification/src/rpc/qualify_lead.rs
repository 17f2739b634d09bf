//! QualifyLead: a lead becomes an MQL and is handed over (R1, R24).

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::QualifyLead;
use handoff_domain::qualification::record::Trigger;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn qualify_lead(
    app: &App,
    request: Request<pb::QualifyLeadRequest>,
) -> Result<Response<pb::QualifyLeadResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = QualifyLead {
        lead: fields::lead_ref(&mut check, "lead", request.lead.as_ref()),
        line: fields::line(&mut check, "product_line", &request.product_line),
        trigger: if request.sales_ready { Trigger::SalesReady } else { Trigger::Manual },
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "QualifyLead", &request);
    match app.change(call, request, Command::QualifyLead(command), size).await?.told {
        Told::Handoff(handoff) => Ok(Response::new(pb::QualifyLeadResponse { handoff: Some(*handoff) })),
        other => Err(unexpected(other)),
    }
}
