//! WithdrawVersion: a version that has not taken effect is a draft again.

use handoff_domain::qualification::command::VersionStep;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::version;
use crate::app::{App, Call};

pub(crate) async fn withdraw_version(
    app: &App,
    request: Request<pb::WithdrawVersionRequest>,
) -> Result<Response<pb::WithdrawVersionResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let (subject, number) = version::name(&mut check, "name", &request.name);
    check.finish().map_err(from_error)?;

    let request = key(id, "WithdrawVersion", &request);
    let (version, _) =
        version::change(app, call, request, (subject, VersionStep::Withdraw(number)), size).await?;
    Ok(Response::new(pb::WithdrawVersionResponse { version: Some(version) }))
}
