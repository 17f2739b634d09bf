//! SignVersion: the caller turns the key of its side, on exactly what it has read.

use handoff_domain::qualification::command::VersionStep;
use handoff_domain::version::{ContentHash, NoContentHash};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::version;
use crate::app::{App, Call};

pub(crate) async fn sign_version(
    app: &App,
    request: Request<pb::SignVersionRequest>,
) -> Result<Response<pb::SignVersionResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let (subject, number) = version::name(&mut check, "name", &request.name);
    let hash = request.content_hash.parse().unwrap_or_else(|fault: NoContentHash| {
        check.add("content_hash", format!("is required: {fault}, as the version has it"));
        ContentHash::from([0; 32])
    });
    check.finish().map_err(from_error)?;

    let request = key(id, "SignVersion", &request);
    let (version, _) =
        version::change(app, call, request, (subject, VersionStep::Sign { version: number, hash }), size)
            .await?;
    Ok(Response::new(pb::SignVersionResponse { version: Some(version) }))
}
