//! GetVersion: one version, what it says, and what it would change.

use handoff_domain::error::Error;
use handoff_domain::qualification::record::Agreement;
use handoff_domain::version::{Document, Version, diff};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use tonic::{Request, Response, Status};

use super::version;
use crate::app::{App, Call};
use crate::convert::{self, version_content};

pub(crate) async fn get_version(
    app: &App,
    request: Request<pb::GetVersionRequest>,
) -> Result<Response<pb::GetVersionResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let (subject, number) = if request.name.contains("/versions") {
        let (subject, number) = version::name(&mut check, "name", &request.name);
        (subject, Some(number))
    } else {
        (version::subject(&mut check, "name", &request.name), None)
    };
    check.finish().map_err(from_error)?;

    let (agreement, now) = version::read(app, &call, subject).await?;
    let versions = &agreement.versions;
    let found = match number {
        Some(number) => versions.version(number),
        None => versions.in_effect(now).or_else(|| versions.open()),
    };
    let found = found.ok_or_else(|| from_error(Error::not_found(request.name)))?;
    tell(&agreement, found).map(Response::new).map_err(from_error)
}

fn tell(agreement: &Agreement, version: &Version) -> Result<pb::GetVersionResponse, Error> {
    let versions = &agreement.versions;
    // Versions follow one another by number, so that the one before was in effect before it, unless it ended all.
    let before = version.number.checked_sub(1).and_then(|number| versions.version(number));
    let before = before.filter(|before| !before.document.is_empty());
    let nothing = Document::default();
    let changes = diff(before.map_or(&nothing, |before| &before.document), &version.document);
    let content = agreement.content(version.number).ok_or(Error::Internal)?;
    Ok(pb::GetVersionResponse {
        version: Some(convert::version::version(versions, version)),
        content: Some(version_content::to_proto(content)),
        changes: changes.into_iter().map(convert::version::change).collect(),
        compared_with: before.map(Version::name).unwrap_or_default(),
    })
}
