//! `handoff tenant create|show`.

use clap::{Args, Subcommand};
use handoff_proto::common::v1::{Side, Target};
use handoff_proto::qualification::v1::qualification_service_client::QualificationServiceClient;
use handoff_proto::qualification::v1::{CreateTenantRequest, GetTenantRequest, Tenant};

use super::target::parse_target;
use crate::session::{Session, full_name, request_id};

/// What is to be done with tenants.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a tenant with a starter contract.
    Create(Create),
    /// Show the tenant that is chosen with --tenant.
    Show,
}

/// A new tenant.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Its name: lower-case letters, digits and hyphens, as `acme`.
    name: String,
    /// Its IANA time zone, as `Europe/Rome`.
    #[arg(long)]
    time_zone: String,
    /// Its currency by ISO 4217, as `EUR`.
    #[arg(long)]
    currency_code: String,
    /// The month in which its fiscal year starts.
    #[arg(long, default_value_t = 1)]
    fiscal_year_start_month: i32,
    /// How long sales may take to decide: `2 business days` (unless given), `8h business` or `48h calendar`.
    #[arg(long, value_parser = parse_target)]
    starter_target: Option<Target>,
}

/// Does it.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    match command {
        Command::Create(create) => {
            let tenant = Tenant {
                name: full_name("tenants", &create.name),
                time_zone: create.time_zone,
                currency_code: create.currency_code,
                fiscal_year_start_month: create.fiscal_year_start_month,
                starter_target: create.starter_target,
                ..Tenant::default()
            };
            // Nobody is of the tenant yet: whoever creates it speaks for the system and names it in the request.
            let peer = session.peer(&session.global.qualification, None, Side::System).await?;
            let request = CreateTenantRequest { request_id: request_id(), tenant: Some(tenant) };
            let answer = QualificationServiceClient::new(peer).create_tenant(request).await?.into_inner();
            session.global.tenant = Some(create.name);
            session.show(&answer).await
        }
        Command::Show => {
            let mut service = session.qualification(Side::Marketing).await?;
            let answer = service.get_tenant(GetTenantRequest {}).await?.into_inner();
            session.show(&answer).await
        }
    }
}
