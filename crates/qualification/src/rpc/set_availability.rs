//! SetAvailability: when and how much a user takes.

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::SetAvailability;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::unexpected;
use crate::app::{App, Call};
use crate::convert::routing;
use crate::ledger::Told;

pub(crate) async fn set_availability(
    app: &App,
    request: Request<pb::SetAvailabilityRequest>,
) -> Result<Response<pb::SetAvailabilityResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let user = check.slug_name("user", &request.user, "users");
    let availability = routing::availability(&mut check, "availability", request.availability.as_ref());
    check.extend(availability.violations("availability"));
    check.finish().map_err(from_error)?;

    let request = key(id, "SetAvailability", &request);
    let command = Command::SetAvailability(SetAvailability { user, availability });
    match app.change(call, request, command, size).await?.told {
        Told::User(user) => Ok(Response::new(pb::SetAvailabilityResponse { user: Some(*user) })),
        other => Err(unexpected(other)),
    }
}
