//! ListStageChanges: the changes of stage and nurture segment behind a position, oldest first (R12, R23).

use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use tonic::{Request, Response, Status};

use super::stage_change::{self, Filter};
use crate::app::{App, Call};
use crate::feed::refuse_the_future;

const PAGE: i64 = 100;
const PAGE_MAX: i64 = 1_000;

pub(crate) async fn list_stage_changes(
    app: &App,
    request: Request<pb::ListStageChangesRequest>,
) -> Result<Response<pb::ListStageChangesResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    check.check(request.after_position >= 0, "after_position", "is negative");
    let filter = Filter::of(&mut check, request.filter.as_ref());
    let [line, segment] = filter.words();
    let list = Binding::new("ListStageChanges", call.tenant.id)
        .with(&request.after_position.to_string())
        .with(line)
        .with(segment);
    let token: Option<i64> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = token.unwrap_or(request.after_position);
    let found = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move { stage_change::page(tx, tenant, after, size, &filter).await })
        })
        .await?;
    refuse_the_future(after, found.head).map_err(from_error)?;
    let more = found.position < found.head;
    Ok(Response::new(pb::ListStageChangesResponse {
        next_page_token: if more { list.token(&found.position) } else { String::new() },
        changes: found.changes,
        position: found.position,
    }))
}
