//! The tenant, its calendars and its contract.

use handoff_proto::event::v1 as pb;
use handoff_proto::name;
use handoff_store::reporting::calendar_version::CalendarVersion;
use handoff_store::reporting::contract_version::ContractVersion;
use handoff_store::reporting::tenant_setting::TenantSetting;
use prost::Message;

use super::{When, field};
use crate::facts::Facts;

/// The tenant as it is now.
pub(super) fn tenant_changed(facts: &mut Facts, event: &pb::TenantChanged) -> Option<()> {
    let tenant = event.tenant.as_ref()?;
    facts.set_tenant(TenantSetting {
        slug: name::slug("tenants", &tenant.name)?.to_owned(),
        zone: tenant.time_zone.parse().ok()?,
        currency: tenant.currency_code.parse().ok()?,
        fiscal_year_start_month: u32::try_from(tenant.fiscal_year_start_month).ok()?,
    });
    Some(())
}

/// A version of a calendar, kept as it came; it is read when a report names it.
pub(super) fn calendar_versioned(facts: &mut Facts, when: When, event: &pb::CalendarVersioned) -> Option<()> {
    let calendar = event.calendar.as_ref()?;
    facts.add_calendar(CalendarVersion {
        calendar: field::id(&event.calendar_id)?,
        version: u32::try_from(calendar.version).ok()?,
        known_from: when.recorded,
        definition: calendar.encode_to_vec(),
    });
    Some(())
}

/// A version of the contract.
pub(super) fn contract_effective(facts: &mut Facts, when: When, event: &pb::ContractEffective) -> Option<()> {
    facts.add_contract(ContractVersion {
        contract: field::id(&event.contract_id)?,
        version: u32::try_from(event.version).ok()?,
        known_from: when.recorded,
        effective_from: field::instant(event.effective_time.as_ref())?,
        is_signed: event.signed,
    });
    Some(())
}
