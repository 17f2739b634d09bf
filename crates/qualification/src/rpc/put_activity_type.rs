//! PutActivityType: a type of activity is as the caller says, for what may change of it (R8, R9).

use handoff_domain::error::Error;
use handoff_domain::qualification::Command;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::unexpected;
use crate::app::{App, Call};
use crate::convert::catalogue;
use crate::ledger::Told;

pub(crate) async fn put_activity_type(
    app: &App,
    request: Request<pb::PutActivityTypeRequest>,
) -> Result<Response<pb::PutActivityTypeResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    check.check(request.activity_type.is_some(), "activity_type", "is required");
    let given = request.activity_type.as_ref();
    let given = given.and_then(|given| catalogue::from_activity_type("activity_type", given, &mut check));
    check.finish().map_err(from_error)?;
    // What cannot be read was told above.
    let given = given.ok_or_else(|| from_error(Error::Internal))?;

    let request = key(id, "PutActivityType", &request);
    match app.change(call, request, Command::PutActivityType(given), size).await?.told {
        Told::ActivityType(declared) => {
            Ok(Response::new(pb::PutActivityTypeResponse { activity_type: Some(declared) }))
        }
        other => Err(unexpected(other)),
    }
}
