//! GetCalendar: a calendar in the version that is in force.

use handoff_domain::error::Error;
use handoff_domain::id::CalendarId;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::sla::calendar;
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert;

pub(crate) async fn get_calendar(
    app: &App,
    request: Request<pb::GetCalendarRequest>,
) -> Result<Response<pb::GetCalendarResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let slug = check.slug_name("name", &request.name, "calendars");
    check.finish().map_err(from_error)?;

    let id = CalendarId::from_slug(call.tenant.id, &slug);
    let found = app
        .read(&call, move |tx, tenant| Box::pin(async move { calendar::load(tx, tenant, &[id]).await }))
        .await?;
    let version = found.first().ok_or_else(|| from_error(Error::not_found(request.name)))?;
    Ok(Response::new(pb::GetCalendarResponse { calendar: Some(convert::calendar::version(version)) }))
}
