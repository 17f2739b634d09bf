//! ScheduleVersion: an approved version takes effect at an instant, or now.

use handoff_domain::qualification::command::VersionStep;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::version;
use crate::app::{App, Call};

pub(crate) async fn schedule_version(
    app: &App,
    request: Request<pb::ScheduleVersionRequest>,
) -> Result<Response<pb::ScheduleVersionResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let (subject, number) = version::name(&mut check, "name", &request.name);
    let effective_from = check.time("effective_time", request.effective_time.as_ref());
    check.finish().map_err(from_error)?;

    let request = key(id, "ScheduleVersion", &request);
    let (version, _) = version::change(
        app,
        call,
        request,
        (subject, VersionStep::Schedule { version: number, effective_from }),
        size,
    )
    .await?;
    Ok(Response::new(pb::ScheduleVersionResponse { version: Some(version) }))
}
