//! ListHandoffs: by state and owner, newest first (R25).

use chrono::{DateTime, Utc};
use handoff_domain::id::{HandoffId, UserId};
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::qualification::handoff;
use handoff_store::qualification::handoff_page::{self, Filter, Place};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::app::{App, Call};
use crate::convert::{self, word};

const PAGE: i64 = 100;
const PAGE_MAX: i64 = 1_000;

pub(crate) async fn list_handoffs(
    app: &App,
    request: Request<pb::ListHandoffsRequest>,
) -> Result<Response<pb::ListHandoffsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let asked: Option<pb::HandoffState> = check.optional_choice("state", request.state);
    let state = asked.and_then(word::from_state);
    check.check(state.is_some() || asked.is_none(), "state", "is a state that no handoff can be in yet");
    let owner = check.optional_slug_name("owner", &request.owner, "users");
    let list = Binding::new("ListHandoffs", call.tenant.id)
        .with(state.map_or("", |state| state.as_str()))
        .with(owner.as_deref().unwrap_or_default());
    let after: Option<(DateTime<Utc>, Uuid)> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let filter = Filter { state, owner: owner.map(|slug| UserId::from_slug(call.tenant.id, &slug)) };
    let after = after.map(|(mql_at, id)| Place { mql_at, handoff: HandoffId(id) });
    let size_shown = usize::try_from(size).unwrap_or(usize::MAX);
    let (rows, more) = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                // One more than asked for tells whether there is another page.
                let mut ids = handoff_page::list(tx, tenant, filter, after, size + 1).await?;
                let more = ids.len() > size_shown;
                ids.truncate(size_shown);
                Ok((handoff::load(tx, tenant, &ids).await?, more))
            })
        })
        .await?;
    let last = rows.last().filter(|_| more).map(|row| (row.handoff.mql_at, row.handoff.id.0));
    Ok(Response::new(pb::ListHandoffsResponse {
        next_page_token: last.map(|place| list.token(&place)).unwrap_or_default(),
        handoffs: rows.iter().map(convert::handoff::handoff).collect(),
    }))
}
