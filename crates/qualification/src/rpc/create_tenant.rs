//! CreateTenant: founds a tenant with its starter contract. Only the product itself may: no tenant can vouch for
//! somebody who founds another.

use handoff_domain::actor::Side;
use handoff_domain::error::{Error, Reason};
use handoff_domain::money::Currency;
use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::CreateTenant;
use handoff_domain::qualification::record::Labels;
use handoff_domain::target::Target;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::deadline::Deadline;
use handoff_runtime::identity::{Identity, TenantRef};
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::unexpected;
use crate::app::{App, Call};
use crate::ledger::Told;

/// What sales may take unless the tenant is created with another target (R29).
const STARTER_TARGET: Target = Target::BusinessDays(2);

pub(crate) async fn create_tenant(
    app: &App,
    request: Request<pb::CreateTenantRequest>,
) -> Result<Response<pb::CreateTenantResponse>, Status> {
    let actor = Identity::of(&request)?.actor;
    if actor.side != Side::System {
        return Err(from_error(Error::refused(
            Reason::WrongSide,
            [("side", Side::System.to_string()), ("actor_side", actor.side.to_string())],
        )));
    }
    let deadline = Deadline::of(&request).instant();
    let mut request = request.into_inner();
    let size = request.encoded_len();

    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = parse(&mut check, request.tenant.as_ref());
    check.finish().map_err(from_error)?;

    // The new tenant is the only one that the command can touch, whichever one the caller acts for.
    let call = Call { tenant: TenantRef::from_slug(&command.slug), actor, deadline };
    let request = key(id, "CreateTenant", &request);
    match app.change(call, request, Command::CreateTenant(command), size).await?.told {
        Told::Tenant(tenant) => Ok(Response::new(pb::CreateTenantResponse { tenant: Some(*tenant) })),
        other => Err(unexpected(other)),
    }
}

fn parse(check: &mut Violations, tenant: Option<&pb::Tenant>) -> CreateTenant {
    let absent = pb::Tenant::default();
    check.check(tenant.is_some(), "tenant", "is required");
    let tenant = tenant.unwrap_or(&absent);
    let month = tenant.fiscal_year_start_month;
    check.check((0..=12).contains(&month), "tenant.fiscal_year_start_month", "is a month from 1 to 12");
    CreateTenant {
        slug: check.slug_name("tenant.name", &tenant.name, "tenants"),
        zone: check.zone("tenant.time_zone", &tenant.time_zone),
        currency: check.currency("tenant.currency_code", &tenant.currency_code).unwrap_or_else(any_currency),
        fiscal_year_start_month: u32::try_from(month).unwrap_or_default().max(1),
        starter_target: tenant
            .starter_target
            .as_ref()
            .and_then(|target| check.target("tenant.starter_target", Some(target)))
            .unwrap_or(STARTER_TARGET),
        defaults: super::tenant::defaults(check, tenant.defaults.as_ref()),
        labels: labels(check, tenant),
    }
}

/// Stands in for a currency that could not be read; the violation keeps it from getting any further.
fn any_currency() -> Currency {
    "XXX".parse().expect("three upper-case letters are a currency")
}

fn labels(check: &mut Violations, given: &pb::Tenant) -> Labels {
    let (crm_field, crm_values) = super::tenant::crm_field(check, given.crm_field.as_ref());
    Labels {
        stages: super::tenant::stage_labels(check, "tenant.stage_labels", &given.stage_labels),
        sides: super::tenant::side_labels(check, "tenant.side_labels", &given.side_labels),
        crm_field,
        crm_values,
    }
}
