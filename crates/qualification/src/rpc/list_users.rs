//! ListUsers: pages in the order of names.

use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::user_account;
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert;

const PAGE: i64 = 100;
const PAGE_MAX: i64 = 1_000;

pub(crate) async fn list_users(
    app: &App,
    request: Request<pb::ListUsersRequest>,
) -> Result<Response<pb::ListUsersResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let list = Binding::new("ListUsers", call.tenant.id);
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let after: Option<String> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = after.unwrap_or_default();
    // One more than asked for tells whether there is another page.
    let mut users = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move { user_account::list(tx, tenant, &after, size + 1).await })
        })
        .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = users.len() > size;
    users.truncate(size);
    let last = users.last().filter(|_| more);
    Ok(Response::new(pb::ListUsersResponse {
        next_page_token: last.map(|card| list.token(&card.row.user.slug)).unwrap_or_default(),
        users: users.iter().map(convert::tenant::user).collect(),
    }))
}
