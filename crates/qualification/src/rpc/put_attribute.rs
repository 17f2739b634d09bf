//! PutAttribute: an attribute is as the caller says, for what may change of it (R13, R14).

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

pub(crate) async fn put_attribute(
    app: &App,
    request: Request<pb::PutAttributeRequest>,
) -> Result<Response<pb::PutAttributeResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    check.check(request.attribute.is_some(), "attribute", "is required");
    let given = request.attribute.as_ref();
    let given = given.and_then(|given| catalogue::from_attribute("attribute", given, &mut check));
    check.finish().map_err(from_error)?;
    // What cannot be read was told above.
    let given = given.ok_or_else(|| from_error(Error::Internal))?;

    let request = key(id, "PutAttribute", &request);
    match app.change(call, request, Command::PutAttribute(given), size).await?.told {
        Told::Attribute(attribute) => {
            Ok(Response::new(pb::PutAttributeResponse { attribute: Some(attribute) }))
        }
        other => Err(unexpected(other)),
    }
}
