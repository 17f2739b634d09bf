//! ListVersions: all versions of a subject, by number.

use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use tonic::{Request, Response, Status};

use super::version;
use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn list_versions(
    app: &App,
    request: Request<pb::ListVersionsRequest>,
) -> Result<Response<pb::ListVersionsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let subject = version::subject(&mut check, "subject", &request.subject);
    check.finish().map_err(from_error)?;

    let versions = version::read(app, &call, subject).await?.versions;
    let told = versions.list().iter().map(|it| convert::version::version(&versions, it)).collect();
    Ok(Response::new(pb::ListVersionsResponse { versions: told }))
}
