//! SubmitVersion: a draft is put before both sides.

use handoff_domain::qualification::command::VersionStep;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::version;
use crate::app::{App, Call};

pub(crate) async fn submit_version(
    app: &App,
    request: Request<pb::SubmitVersionRequest>,
) -> Result<Response<pb::SubmitVersionResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let (subject, number) = version::name(&mut check, "name", &request.name);
    check.finish().map_err(from_error)?;

    let request = key(id, "SubmitVersion", &request);
    let (version, _) =
        version::change(app, call, request, (subject, VersionStep::Submit(number)), size).await?;
    Ok(Response::new(pb::SubmitVersionResponse { version: Some(version) }))
}
