//! ListVersions: pages of a subject's versions, by number. They are few, two people signed each: all are read.

use handoff_domain::qualification::record::Agreement;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use tonic::{Request, Response, Status};

use super::version;
use crate::app::{App, Call};
use crate::convert;

const PAGE: i64 = 100;
const PAGE_MAX: i64 = 1_000;

pub(crate) async fn list_versions(
    app: &App,
    request: Request<pb::ListVersionsRequest>,
) -> Result<Response<pb::ListVersionsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let subject = version::subject(&mut check, "subject", &request.subject);
    let list = Binding::new("ListVersions", call.tenant.id).with(&request.subject);
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let after: Option<i64> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let (Agreement { versions, .. }, _) = version::read(app, &call, subject).await?;
    let after = after.unwrap_or_default();
    let mut rest = versions.list().iter().filter(|it| i64::from(it.number) > after);
    let page: Vec<_> = rest.by_ref().take(usize::try_from(size).unwrap_or(usize::MAX)).collect();
    let last = page.last().filter(|_| rest.next().is_some());
    Ok(Response::new(pb::ListVersionsResponse {
        next_page_token: last.map(|it| list.token(&i64::from(it.number))).unwrap_or_default(),
        versions: page.into_iter().map(|it| convert::version::version(&versions, it)).collect(),
    }))
}
