//! `handoff team put` and `handoff user put|list`.

use clap::{ArgAction, Args, Subcommand};
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{
    ListUsersRequest, ListUsersResponse, PutTeamRequest, PutUserRequest, Team, User,
};

use super::paging::{Page, Paging};
use crate::session::{Session, full_name, request_id};
use crate::word;

/// What is to be done with teams.
#[derive(Debug, Subcommand)]
pub(crate) enum TeamCommand {
    /// Create a team.
    Put(PutTeam),
}

/// A team.
#[derive(Debug, Args)]
pub(crate) struct PutTeam {
    /// Its name, as `north`.
    name: String,
    /// Its side; it never changes.
    #[arg(long = "team-side", value_parser = word::flag::<Side>())]
    side: Side,
}

/// What is to be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Create a user, or change the one of that name.
    Put(PutUser),
    /// List users by name.
    List(Paging),
}

/// A user.
#[derive(Debug, Args)]
pub(crate) struct PutUser {
    /// The name, as `ada`; it is written to logs.
    name: String,
    /// The name people read.
    #[arg(long, default_value = "")]
    display_name: String,
    /// The e-mail address.
    #[arg(long, default_value = "")]
    email: String,
    /// The side the user works for.
    #[arg(long = "user-side", value_parser = word::flag::<Side>())]
    side: Side,
    /// The team, as `north`.
    #[arg(long)]
    team: Option<String>,
    /// Whether the user can be given handoffs.
    #[arg(long, default_value_t = true, action = ArgAction::Set)]
    active: bool,
}

/// Teams.
pub(crate) async fn run_team(
    TeamCommand::Put(put): TeamCommand,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let team = Team { name: full_name("teams", &put.name), side: put.side.into(), ..Team::default() };
    let request = PutTeamRequest { request_id: request_id(), team: Some(team) };
    let answer = session.qualification(Side::System).await?.put_team(request).await?.into_inner();
    session.show(&answer).await
}

/// Users.
pub(crate) async fn run_user(command: UserCommand, session: &mut Session<'_>) -> anyhow::Result<()> {
    match command {
        UserCommand::Put(put) => {
            let user = User {
                name: full_name("users", &put.name),
                display_name: put.display_name,
                email: put.email,
                side: put.side.into(),
                team: put.team.map(|team| full_name("teams", &team)).unwrap_or_default(),
                active: put.active,
                ..User::default()
            };
            let request = PutUserRequest { request_id: request_id(), user: Some(user) };
            let answer = session.qualification(Side::System).await?.put_user(request).await?.into_inner();
            session.show(&answer).await
        }
        UserCommand::List(paging) => {
            let service = session.qualification(Side::Marketing).await?;
            let (users, next_page_token) = paging
                .collect(async |page_size, page_token| {
                    let request = ListUsersRequest { page_size, page_token };
                    let answer = service.clone().list_users(request).await?.into_inner();
                    Ok(Page { items: answer.users, next: answer.next_page_token })
                })
                .await?;
            paging.tell(&next_page_token, &mut session.output);
            session.show(&ListUsersResponse { users, next_page_token }).await
        }
    }
}
