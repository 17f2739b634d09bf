//! RecordContact: somebody was in contact with a lead, or tried (R31).

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::RecordContact;
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

pub(crate) async fn record_contact(
    app: &App,
    request: Request<pb::RecordContactRequest>,
) -> Result<Response<pb::RecordContactResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = RecordContact {
        lead: fields::lead_ref(&mut check, "lead", request.lead.as_ref()),
        line: fields::line_if_given(&mut check, "product_line", &request.product_line),
        kind: fields::contact_kind(&mut check, "outcome", request.outcome),
        direction: fields::direction(&mut check, "direction", request.direction),
        human: request.human,
        channel: fields::code(&mut check, "medium", &request.medium),
        occurred_at: fields::occurred_at(&mut check, "occur_time", request.occur_time.as_ref(), clock::now()),
    };
    check.finish().map_err(from_error)?;

    let request = key(id, "RecordContact", &request);
    let answer = app.change(call, request, Command::RecordContact(command), size).await?;
    match answer.told {
        Told::Contact(id) => Ok(Response::new(pb::RecordContactResponse {
            contact: Collection::Contacts.name(id.0),
            position: answer.position,
        })),
        other => Err(unexpected(other)),
    }
}
