//! ListAttributes: pages of a tenant's attributes, standard and own, by key. All are read: they are at most 500.

use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use tonic::{Request, Response, Status};

use super::catalogue::{PAGE, PAGE_MAX, attributes, page};
use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn list_attributes(
    app: &App,
    request: Request<pb::ListAttributesRequest>,
) -> Result<Response<pb::ListAttributesResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let list = Binding::new("ListAttributes", call.tenant.id);
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let after: Option<String> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = after.unwrap_or_default();
    let all = attributes(app, &call).await?;
    let (page, more) = page(all.iter().filter(|it| it.key.as_str() > after.as_str()), size);
    let last = page.last().filter(|_| more);
    Ok(Response::new(pb::ListAttributesResponse {
        next_page_token: last.map(|it| list.token(&it.key.to_string())).unwrap_or_default(),
        attributes: page.into_iter().map(convert::catalogue::attribute).collect(),
    }))
}
