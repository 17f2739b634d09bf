//! ListClocks: by deadline, latest first; of one state or one handoff, if so wanted.

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_domain::id::{ClockId, HandoffId};
use handoff_domain::sla::ClockState;
use handoff_proto::name::Collection;
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
use crate::convert::clock::from_state;

pub(crate) async fn list_clocks(
    app: &App,
    request: Request<pb::ListClocksRequest>,
) -> Result<Response<pb::ListClocksResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let now = clock::now();
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let state = check.optional_choice("state", request.state).and_then(from_state);
    let handoff = check.optional_name("handoff", &request.handoff, Collection::Handoffs).map(HandoffId);
    let list = Binding::new("ListClocks", call.tenant.id)
        .with(state.map_or("", ClockState::as_str))
        .with(&request.handoff);
    let after: Option<(DateTime<Utc>, Uuid)> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = after.map(|(at, id)| Place { at, clock: ClockId(id) });
    let (found, more) = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                if let Some(handoff) = handoff {
                    return Ok((clocks::of_handoff(tx, tenant, handoff, state).await?, false));
                }
                // One more than asked for tells whether there is another page.
                let ids = clock_page::list(tx, tenant, state, after, size + 1).await?;
                clocks::page(tx, tenant, ids, size).await
            })
        })
        .await?;
    let last = found.last().filter(|_| more).map(|last| list.token(&(last.due_at, last.id.0)));
    Ok(Response::new(pb::ListClocksResponse {
        clocks: found.to_wire(now).ok_or_else(|| from_error(Error::Internal))?,
        next_page_token: last.unwrap_or_default(),
    }))
}
