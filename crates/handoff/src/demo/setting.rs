//! The demo's tenants with their teams and users. Setting them up again changes nothing.

use handoff_proto::common::v1::{Side, Target};
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::{
    CreateTenantRequest, PutTeamRequest, PutUserRequest, Team, Tenant, User,
};
use tonic::Code;

use super::company::{CURRENCY, TIME_ZONE};
use crate::session::{Session, full_name, request_id};

/// Creates the session's tenant unless it is there, and its teams and users.
pub(crate) async fn set_up(
    session: &Session<'_>,
    starter_target: Option<Target>,
    teams: Vec<Team>,
    users: Vec<User>,
) -> anyhow::Result<()> {
    let peer = session.peer(&session.global.qualification, None, Side::System).await?;
    let tenant = Tenant {
        name: full_name("tenants", session.tenant()?),
        time_zone: TIME_ZONE.name().to_owned(),
        currency_code: CURRENCY.to_owned(),
        fiscal_year_start_month: 1,
        starter_target,
        ..Tenant::default()
    };
    let request = CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
    match QualificationServiceClient::new(peer).create_tenant(request).await {
        Err(status) if status.code() != Code::AlreadyExists => return Err(status.into()),
        _ => {}
    }
    let mut service = session.qualification(Side::System).await?;
    for team in teams {
        service.put_team(PutTeamRequest { request_id: request_id(), team: Some(team) }).await?;
    }
    for user in users {
        service.put_user(PutUserRequest { request_id: request_id(), user: Some(user) }).await?;
    }
    Ok(())
}
