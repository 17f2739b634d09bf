//! SetTeamCalendar: by which calendar a team works.

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::SetTeamCalendar;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::unexpected;
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn set_team_calendar(
    app: &App,
    request: Request<pb::SetTeamCalendarRequest>,
) -> Result<Response<pb::SetTeamCalendarResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let team = check.slug_name("team", &request.team, "teams");
    let calendar = check.optional_slug_name("calendar", &request.calendar, "calendars");
    check.finish().map_err(from_error)?;

    let request = key(id, "SetTeamCalendar", &request);
    let command = Command::SetTeamCalendar(SetTeamCalendar { team, calendar });
    match app.change(call, request, command, size).await?.told {
        Told::Team(team) => Ok(Response::new(pb::SetTeamCalendarResponse { team: Some(team) })),
        other => Err(unexpected(other)),
    }
}
