//! PreviewElapsed: how much time lies between two instants by a calendar. Changes nothing.

use chrono::{SecondsFormat, TimeDelta};
use handoff_domain::error::Error;
use handoff_domain::id::CalendarId;
use handoff_domain::sla::DEFAULT_CALENDAR;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_runtime::{clock, convert};
use handoff_store::sla::calendar;
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert::{calendar_name, count};

pub(crate) async fn preview_elapsed(
    app: &App,
    request: Request<pb::PreviewElapsedRequest>,
) -> Result<Response<pb::PreviewElapsedResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let mut check = Violations::new();
    let slug = check.optional_slug_name("calendar", &request.calendar, "calendars");
    let start = check.required_time("start_time", request.start_time.as_ref());
    let end = check.time("end_time", request.end_time.as_ref()).unwrap_or_else(clock::now);
    check.finish().map_err(from_error)?;

    let slug = slug.unwrap_or_else(|| DEFAULT_CALENDAR.to_owned());
    let id = CalendarId::from_slug(call.tenant.id, &slug);
    let found =
        app.read(&call, move |tx, tenant| Box::pin(async move { calendar::load(tx, tenant, &[id]).await }));
    let version = found.await?.pop().ok_or_else(|| from_error(Error::not_found(calendar_name(&slug))))?;
    let calendar = &version.calendar;
    let elapsed = calendar.measure(start, end);
    let zone = calendar.definition().time_zone;
    let local = |at: chrono::DateTime<chrono::Utc>| {
        at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, false)
    };
    let length = |us| Some(convert::to_duration(TimeDelta::microseconds(us)));
    Ok(Response::new(pb::PreviewElapsedResponse {
        business_time: length(elapsed.business_us),
        calendar_time: length(elapsed.calendar_us),
        business_days: count(elapsed.business_days),
        local_start_time: local(start),
        local_end_time: local(end),
        time_zone: zone.name().to_owned(),
    }))
}
