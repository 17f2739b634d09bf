//! Changing what a tenant may change of itself: waiting times, words, the field of its CRM. What was decided by the old ones
//! stays.

use crate::error::Error;
use crate::qualification::command::UpdateTenant;
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::{Draft, same_version};
use crate::qualification::event::{Event, TenantChanged};

pub(super) fn update_tenant(draft: &mut Draft<'_, '_>, command: &UpdateTenant) -> Result<Answer, Error> {
    let before = draft.tenant()?;
    same_version(command.version, before.version, format!("tenants/{}", before.slug))?;
    let UpdateTenant { defaults, stage_labels, side_labels, crm_field, .. } = command.clone();
    let mut tenant = before.clone();
    tenant.defaults = defaults.unwrap_or(tenant.defaults);
    let labels = &mut tenant.labels;
    labels.stages = stage_labels.unwrap_or(std::mem::take(&mut labels.stages));
    labels.sides = side_labels.unwrap_or(std::mem::take(&mut labels.sides));
    if let Some((name, values)) = crm_field {
        (labels.crm_field, labels.crm_values) = (name, values);
    }
    let violations = labels.violations();
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let id = tenant.id;
    if tenant != *before {
        draft.emit(Event::TenantChanged(TenantChanged { occurred_at: draft.now(), tenant }));
    }
    Ok(Answer::Tenant(id))
}
