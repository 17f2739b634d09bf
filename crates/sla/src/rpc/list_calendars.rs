//! ListCalendars: by name.

use handoff_proto::sla::v1 as pb;
use handoff_runtime::page::Binding;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::sla::calendar;
use tonic::{Request, Response, Status};

use super::{PAGE, PAGE_MAX};
use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn list_calendars(
    app: &App,
    request: Request<pb::ListCalendarsRequest>,
) -> Result<Response<pb::ListCalendarsResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let size = check.page_size(request.page_size, PAGE, PAGE_MAX);
    let list = Binding::new("ListCalendars", call.tenant.id);
    let after: Option<String> = check.take(list.key(&request.page_token));
    check.finish().map_err(from_error)?;

    let after = after.unwrap_or_default();
    // One more than asked for tells whether there is another page.
    let mut calendars = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move { calendar::list(tx, tenant, &after, size + 1).await })
        })
        .await?;
    let shown = usize::try_from(size).unwrap_or(usize::MAX);
    let more = calendars.len() > shown;
    calendars.truncate(shown);
    let last = calendars.last().filter(|_| more).map(|calendar| calendar.slug.clone());
    Ok(Response::new(pb::ListCalendarsResponse {
        calendars: calendars.iter().map(convert::calendar::version).collect(),
        next_page_token: last.map(|slug| list.token(&slug)).unwrap_or_default(),
    }))
}
