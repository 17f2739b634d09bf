//! PutCalendar: a calendar is as the caller says, from now on.

use handoff_domain::calendar::Definition;
use handoff_domain::error::Error;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use crate::app::{App, Call};
use crate::convert;
use crate::ledger::{Answer, Wish};

pub(crate) async fn put_calendar(
    app: &App,
    request: Request<pb::PutCalendarRequest>,
) -> Result<Response<pb::PutCalendarResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let calendar = request.calendar.clone().unwrap_or_default();
    check.check(request.calendar.is_some(), "calendar", "is required");
    let slug = check.slug_name("calendar.name", &calendar.name, "calendars");
    let display_name =
        check.required_text("calendar.display_name", &calendar.display_name, Definition::MAX_NAME_CHARS);
    let definition = Box::new(convert::calendar::definition(&mut check, &calendar));
    check.finish().map_err(from_error)?;

    let wish = Wish::PutCalendar { slug, display_name, definition, size };
    match app.change(call, key(id, "PutCalendar", &request), wish).await? {
        Answer::Calendar(version) => Ok(Response::new(pb::PutCalendarResponse {
            calendar: Some(convert::calendar::version(&version)),
        })),
        Answer::Heard | Answer::Fired { .. } => Err(from_error(Error::Internal)),
    }
}
