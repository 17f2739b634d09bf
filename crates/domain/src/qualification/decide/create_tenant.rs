//! Founding a tenant. Its starter contract is in effect from this moment, unsigned (R27).

use crate::error::{Error, Violation};
use crate::id::{TenantId, is_slug};
use crate::qualification::command::CreateTenant;
use crate::qualification::decide::draft::Draft;
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, TenantChanged};
use crate::qualification::record::Tenant;

pub(super) fn create_tenant(draft: &mut Draft<'_, '_>, command: &CreateTenant) -> Result<Answer, Error> {
    check(command, draft.context.tenant)?;
    if draft.state().tenant().is_some() {
        return Err(refusal::name_taken(format!("tenants/{}", command.slug)));
    }
    let now = draft.now();
    let tenant = Tenant {
        id: draft.context.tenant,
        slug: command.slug.clone(),
        zone: command.zone,
        currency: command.currency,
        fiscal_year_start_month: command.fiscal_year_start_month,
        starter_target: command.starter_target,
        contract_effective_from: Some(now),
        defaults: command.defaults,
        labels: command.labels.clone(),
        created_at: now,
        rules_position: 0,
        published_on: None,
        published: 0,
        version: 0,
    };
    let id = tenant.id;
    draft.emit(Event::TenantChanged(TenantChanged { occurred_at: now, tenant }));
    Ok(Answer::Tenant(id))
}

fn check(command: &CreateTenant, tenant: TenantId) -> Result<(), Error> {
    let mut violations = Vec::new();
    let mut violated = |field: &str, description: &str| {
        violations.push(Violation { field: field.to_owned(), description: description.to_owned() });
    };
    if !is_slug(&command.slug) {
        violated("slug", "a lower-case letter, then lower-case letters, digits or dashes; 2 to 63 in all");
    } else if TenantId::from_slug(&command.slug) != tenant {
        violated("slug", "is not the tenant that the request is for");
    }
    if !(1..=12).contains(&command.fiscal_year_start_month) {
        violated("fiscal_year_start_month", "is a month from 1 to 12");
    }
    violations.extend(command.starter_target.violation("starter_target"));
    violations.extend(command.labels.violations());
    if violations.is_empty() { Ok(()) } else { Err(Error::Invalid(violations)) }
}
