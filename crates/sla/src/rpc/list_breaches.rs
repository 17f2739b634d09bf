//! ListBreaches: the clocks whose deadline was missed, the latest breach first; those that still run only, if so wanted.

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::ClockId;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::sla::clock_page::{self, Place};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{PAGE, PAGE_MAX, clocks};
use crate::app::{App, Call};

pub(crate) async fn list_breaches(
    app: &App,
    request: Request<pb::ListBreachesRequest>,
) -> Result<Response<pb::ListBreachesResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let now = clock::now();
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let overdue_only = request.overdue_only;
    let list =
        Binding::new("ListBreaches", call.tenant.id).with(if overdue_only { "overdue_only" } else { "" });
    let after: Option<(DateTime<Utc>, Uuid)> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = after.map(|(at, id)| Place { at, clock: ClockId(id) });
    let (found, more) = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                // One more than asked for tells whether there is another page.
                let ids = clock_page::list_breaches(tx, tenant, overdue_only, after, size + 1).await?;
                clocks::page(tx, tenant, ids, size).await
            })
        })
        .await?;
    let last = found.last().filter(|_| more).and_then(|last| Some((last.breached_at?, last.id.0)));
    Ok(Response::new(pb::ListBreachesResponse {
        clocks: found.to_wire(now).ok_or_else(|| from_error(Error::Internal))?,
        next_page_token: last.map(|place| list.token(&place)).unwrap_or_default(),
    }))
}
