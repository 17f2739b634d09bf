//! PutUser: a user is as the caller says.

use handoff_domain::actor::Side;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::PutUser;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

const NAME_LENGTH: usize = 200;
const EMAIL_LENGTH: usize = 254;

pub(crate) async fn put_user(
    app: &App,
    request: Request<pb::PutUserRequest>,
) -> Result<Response<pb::PutUserResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = parse(&mut check, request.user.as_ref());
    check.finish().map_err(from_error)?;

    let request = key(id, "PutUser", &request);
    match app.change(call, request, Command::PutUser(command), size).await?.told {
        Told::User(user) => Ok(Response::new(pb::PutUserResponse { user: Some(*user) })),
        other => Err(unexpected(other)),
    }
}

fn parse(check: &mut Violations, user: Option<&pb::User>) -> PutUser {
    let absent = pb::User::default();
    check.check(user.is_some(), "user", "is required");
    let user = user.unwrap_or(&absent);
    let command = PutUser {
        slug: check.slug_name("user.name", &user.name, "users"),
        side: check.side("user.side", user.side).unwrap_or(Side::Marketing),
        team: check.optional_slug_name("user.team", &user.team, "teams"),
        active: user.active,
        display_name: check.text("user.display_name", &user.display_name, NAME_LENGTH),
        email: check.text("user.email", &user.email, EMAIL_LENGTH),
    };
    check.check(command.side != Side::System, "user.side", "is MARKETING or SALES: programs are no users");
    if let Some(email) = &command.email {
        fields::email(check, "user.email", email);
    }
    command
}
