//! PutTeam: a team is as the caller says.

use handoff_domain::actor::Side;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::PutTeam;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::unexpected;
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn put_team(
    app: &App,
    request: Request<pb::PutTeamRequest>,
) -> Result<Response<pb::PutTeamResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let team = request.team.clone().unwrap_or_default();
    check.check(request.team.is_some(), "team", "is required");
    let command = PutTeam {
        slug: check.slug_name("team.name", &team.name, "teams"),
        side: check.side("team.side", team.side).unwrap_or(Side::Marketing),
    };
    check.check(command.side != Side::System, "team.side", "is MARKETING or SALES: programs have no teams");
    check.finish().map_err(from_error)?;

    let request = key(id, "PutTeam", &request);
    match app.change(call, request, Command::PutTeam(command), size).await?.told {
        Told::Team(team) => Ok(Response::new(pb::PutTeamResponse { team: Some(team) })),
        other => Err(unexpected(other)),
    }
}
