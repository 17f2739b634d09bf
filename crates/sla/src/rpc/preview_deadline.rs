//! PreviewDeadline: when something that starts at a time is due by a calendar. Changes nothing.

use chrono::SecondsFormat;
use handoff_domain::error::Error;
use handoff_domain::id::CalendarId;
use handoff_domain::sla::DEFAULT_CALENDAR;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_runtime::{clock, convert};
use handoff_store::sla::{calendar, contract};
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert::calendar_name;

pub(crate) async fn preview_deadline(
    app: &App,
    request: Request<pb::PreviewDeadlineRequest>,
) -> Result<Response<pb::PreviewDeadlineResponse>, Status> {
    let call = Call::of(&request)?;
    let request = request.into_inner();
    let now = clock::now();
    let mut check = Violations::new();
    let slug = check.optional_slug_name("calendar", &request.calendar, "calendars");
    let start = check.time("start_time", request.start_time.as_ref()).unwrap_or(now);
    let given = request.target.as_ref().and_then(|target| check.target("target", Some(target)));
    check.finish().map_err(from_error)?;

    let slug = slug.unwrap_or_else(|| DEFAULT_CALENDAR.to_owned());
    let id = CalendarId::from_slug(call.tenant.id, &slug);
    let (calendar, contract) = app
        .read(&call, move |tx, tenant| {
            Box::pin(async move {
                let calendar = calendar::load(tx, tenant, &[id]).await?.pop();
                Ok((calendar, contract::load_in_effect(tx, tenant, now).await?))
            })
        })
        .await?;
    let version = calendar.ok_or_else(|| from_error(Error::not_found(calendar_name(&slug))))?;
    let target = given.or(contract.map(|contract| contract.decide));
    let target = target.ok_or_else(|| from_error(Error::not_found("contracts")))?;
    let calendar = &version.calendar;
    let due = calendar.due(start, target).ok_or_else(|| {
        from_error(Error::invalid(
            "target",
            "is longer than the calendar is open for, or ends after the year 9999",
        ))
    })?;
    let zone = calendar.definition().time_zone;
    Ok(Response::new(pb::PreviewDeadlineResponse {
        due_time: Some(convert::to_timestamp(due)),
        local_due_time: due.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, false),
        time_zone: zone.name().to_owned(),
        business_time: Some(convert::to_duration(calendar.elapsed(start, due))),
        start_time: Some(convert::to_timestamp(start)),
        target: Some(convert::to_target(target)),
    }))
}
