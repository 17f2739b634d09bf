//! DraftVersion: the next version of a subject says what the caller says.

use handoff_domain::error::Error;
use handoff_domain::qualification::command::VersionStep;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{catalogue, version};
use crate::app::{App, Call};
use crate::convert::version_content;

pub(crate) async fn draft_version(
    app: &App,
    request: Request<pb::DraftVersionRequest>,
) -> Result<Response<pb::DraftVersionResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let subject = version::subject(&mut check, "subject", &request.subject);
    // The batch judges by the catalogue as it is then: an attribute never goes or changes its type.
    let catalogue = catalogue::attributes(app, &call).await?;
    let content = version_content::from_proto("content", request.content.clone(), &catalogue, &mut check);
    check.finish().map_err(from_error)?;
    // What cannot be read was told above, and must never count as the wish to end everything.
    let content = content.ok_or_else(|| from_error(Error::Internal))?;

    let request = key(id, "DraftVersion", &request);
    let step = VersionStep::Draft(content);
    let (version, unchanged) = version::change(app, call, request, (subject, step), size).await?;
    Ok(Response::new(pb::DraftVersionResponse { version: Some(version), unchanged }))
}
