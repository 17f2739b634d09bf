//! UpdateTenant: what a tenant may change of itself: waiting times, words (R5), the field of its CRM (R23).

use handoff_domain::qualification::Command;
use handoff_domain::qualification::command::UpdateTenant;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::request::key;
use handoff_runtime::status::from_error;
use handoff_runtime::violations::Violations;
use prost::Message;
use tonic::{Request, Response, Status};

use super::tenant::{crm_field, defaults, side_labels, stage_labels};
use super::{fields, unexpected};
use crate::app::{App, Call};
use crate::ledger::Told;

pub(crate) async fn update_tenant(
    app: &App,
    request: Request<pb::UpdateTenantRequest>,
) -> Result<Response<pb::UpdateTenantResponse>, Status> {
    let call = Call::of(&request)?;
    let mut request = request.into_inner();
    let size = request.encoded_len();
    let mut check = Violations::new();
    let id = check.request_id(&std::mem::take(&mut request.request_id));
    let command = parse(&mut check, &request, &call.tenant.slug);
    check.finish().map_err(from_error)?;

    let request = key(id, "UpdateTenant", &request);
    match app.change(call, request, Command::UpdateTenant(Box::new(command)), size).await?.told {
        Told::Tenant(tenant) => Ok(Response::new(pb::UpdateTenantResponse { tenant: Some(*tenant) })),
        other => Err(unexpected(other)),
    }
}

fn parse(check: &mut Violations, request: &pb::UpdateTenantRequest, own: &str) -> UpdateTenant {
    let absent = pb::Tenant::default();
    check.check(request.tenant.is_some(), "tenant", "is required");
    let tenant = request.tenant.as_ref().unwrap_or(&absent);
    let is_own = tenant.name.is_empty() || tenant.name == format!("tenants/{own}");
    check.check(is_own, "tenant.name", "is another tenant than the caller's");
    let mut command = UpdateTenant {
        version: fields::version_of(check, "tenant.etag", &tenant.etag),
        ..UpdateTenant::default()
    };
    let paths = request.update_mask.as_ref().map(|mask| mask.paths.as_slice()).unwrap_or_default();
    check.check(!paths.is_empty(), "update_mask", "names nothing to change");
    for path in paths {
        match path.as_str() {
            "defaults" => command.defaults = Some(defaults(check, tenant.defaults.as_ref())),
            "stage_labels" => {
                command.stage_labels = Some(stage_labels(check, "tenant.stage_labels", &tenant.stage_labels));
            }
            "side_labels" => {
                command.side_labels = Some(side_labels(check, "tenant.side_labels", &tenant.side_labels));
            }
            "crm_field" => command.crm_field = Some(crm_field(check, tenant.crm_field.as_ref())),
            _ => {
                check.add("update_mask", "names other than defaults, stage_labels, side_labels and crm_field")
            }
        }
    }
    command
}
