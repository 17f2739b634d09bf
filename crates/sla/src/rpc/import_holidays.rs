//! ImportHolidays: a calendar is closed on the public holidays of an iCalendar file, from now on.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use handoff_domain::calendar::{Calendar, local};
use handoff_domain::error::Error;
use handoff_domain::id::CalendarId;
use handoff_domain::sla::CalendarVersion;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::clock;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use handoff_store::sla::calendar;
use prost::Message;
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert::{self, calendar_name, count};
use crate::holidays::{self, Holidays};
use crate::ledger::{Answer, Wish};

/// How many years there are from the first to the last, unless that is said, and at most.
const YEARS: i32 = 3;
const YEARS_MAX: i32 = 10;
/// A file is this long at most, in bytes.
const FILE_MAX: usize = 1 << 20;

pub(crate) async fn import_holidays(
    app: &App,
    request: Request<pb::ImportHolidaysRequest>,
) -> Result<Response<pb::ImportHolidaysResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let slug = check.slug_name("calendar", &request.calendar, "calendars");
    let years = years(&mut check, &request);
    let read = read(&mut check, &request.icalendar, years).await?;
    check.finish().map_err(from_error)?;

    let Holidays { days, timed_events } = read;
    let version = if request.validate_only {
        would_be(app, &call, &slug, &days).await?
    } else {
        let wish = Wish::ImportHolidays { slug, holidays: days.clone(), size };
        match app.change(call, key(id, "ImportHolidays", &request), wish).await? {
            Answer::Calendar(version) => version,
            Answer::Heard | Answer::Fired { .. } => return Err(from_error(Error::Internal)),
        }
    };
    Ok(Response::new(pb::ImportHolidaysResponse {
        holidays: days.into_iter().map(|(date, name)| holiday(&version, date, name)).collect(),
        calendar: Some(convert::calendar::version(&version)),
        timed_events: count(timed_events),
    }))
}

/// The years whose holidays are wanted.
fn years(check: &mut Violations, request: &pb::ImportHolidaysRequest) -> RangeInclusive<i32> {
    let first = if request.first_year == 0 { clock::now().year() } else { request.first_year };
    let last = if request.last_year == 0 { first.saturating_add(YEARS - 1) } else { request.last_year };
    let is_year = (1..=9999).contains(&first);
    check.check(is_year, "first_year", "is no year from 1 to 9999");
    let is_after = (first..first.saturating_add(YEARS_MAX)).contains(&last) && last <= 9999;
    check.check(is_after || !is_year, "last_year", "is no year from the first to the ninth after it");
    first..=last
}

/// What the file says, read where it holds up nobody: one that is made to be slow takes seconds.
async fn read(check: &mut Violations, file: &str, years: RangeInclusive<i32>) -> Result<Holidays, Status> {
    if file.is_empty() || file.len() > FILE_MAX {
        check.add("icalendar", format!("has {} bytes; a file has 1 to {FILE_MAX}", file.len()));
    }
    if !check.is_empty() {
        return Ok(Holidays::default());
    }
    let none = format!("has no whole day in the years {} to {}", years.start(), years.end());
    let file = file.to_owned();
    let read = tokio::task::spawn_blocking(move || holidays::read(&file, years)).await;
    match read.map_err(|_| from_error(Error::Internal))? {
        Ok(found) => {
            check.check(!found.days.is_empty(), "icalendar", &none);
            Ok(found)
        }
        Err(fault) => {
            check.add("icalendar", fault);
            Ok(Holidays::default())
        }
    }
}

/// The calendar as it would be.
async fn would_be(
    app: &App,
    call: &Call,
    slug: &str,
    days: &BTreeMap<NaiveDate, String>,
) -> Result<CalendarVersion, Status> {
    let id = CalendarId::from_slug(call.tenant.id, slug);
    let found =
        app.read(call, move |tx, tenant| Box::pin(async move { calendar::load(tx, tenant, &[id]).await }));
    let old = found.await?.pop().ok_or_else(|| from_error(Error::not_found(calendar_name(slug))))?;
    let definition = old.calendar.definition().with_holidays(days);
    definition.validate(local::date(definition.time_zone, clock::now())).map_err(from_error)?;
    let changes = u32::from(&definition != old.calendar.definition());
    Ok(CalendarVersion {
        version: old.version + changes,
        calendar: Arc::new(Calendar::new(definition)),
        ..old
    })
}

fn holiday(version: &CalendarVersion, date: NaiveDate, display_name: String) -> pb::Holiday {
    let has_special_hours = !version.calendar.definition().hours(date).is_empty();
    pb::Holiday { date: date.to_string(), display_name, has_special_hours }
}
