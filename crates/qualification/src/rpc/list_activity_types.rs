//! ListActivityTypes: pages of a tenant's declared types of activity, standard and own, by name. All are read: they are at
//! most 500.

use handoff_domain::activity::ActivityTypes;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::activity_type;
use tonic::{Request, Response, Status};

use super::catalogue::{PAGE, PAGE_MAX, page};
use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn list_activity_types(
    app: &App,
    request: Request<pb::ListActivityTypesRequest>,
) -> Result<Response<pb::ListActivityTypesResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let list = Binding::new("ListActivityTypes", call.tenant.id);
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let after: Option<String> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = after.unwrap_or_default();
    let all = app
        .read(&call, |tx, tenant| {
            Box::pin(async move { Ok(ActivityTypes::with(activity_type::load(tx, tenant).await?)) })
        })
        .await?;
    let (page, more) = page(all.iter().filter(|it| it.kind.as_str() > after.as_str()), size);
    let last = page.last().filter(|_| more);
    Ok(Response::new(pb::ListActivityTypesResponse {
        next_page_token: last.map(|it| list.token(&it.kind.to_string())).unwrap_or_default(),
        activity_types: page.into_iter().map(convert::catalogue::activity_type).collect(),
    }))
}
