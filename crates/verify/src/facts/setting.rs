//! The tenant, its calendars and its contracts, as reports know them.

use std::collections::HashMap;

use handoff_proto::event::v1::{CalendarVersioned, ContractEffective, TenantChanged};
use handoff_proto::sla::v1::Calendar;
use handoff_store::verify::reporting::{ContractVersionRow, SettingRow};
use uuid::Uuid;

use crate::event::Event;
use crate::word::{id, instant, slug};

/// Settings so far.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) tenant: Option<SettingRow>,
    pub(super) calendars: HashMap<(Uuid, i32), (chrono::DateTime<chrono::Utc>, Calendar)>,
    pub(super) contracts: HashMap<(Uuid, i32), ContractVersionRow>,
}

impl Settings {
    pub(super) fn tenant_changed(&mut self, fact: &TenantChanged) -> Option<()> {
        let tenant = fact.tenant.as_ref()?;
        self.tenant = Some(SettingRow {
            slug: slug("tenants", &tenant.name)?.to_owned(),
            time_zone: tenant.time_zone.clone(),
            currency_code: tenant.currency_code.clone(),
            fiscal_year_start_month: i16::try_from(tenant.fiscal_year_start_month).ok()?,
        });
        Some(())
    }

    pub(super) fn calendar_versioned(&mut self, event: &Event, fact: &CalendarVersioned) -> Option<()> {
        let calendar = fact.calendar.clone()?;
        self.calendars.insert((id(&fact.calendar_id)?, calendar.version), (event.recorded, calendar));
        Some(())
    }

    pub(super) fn contract_effective(&mut self, event: &Event, fact: &ContractEffective) -> Option<()> {
        let row = ContractVersionRow {
            contract_id: id(&fact.contract_id)?,
            version: fact.version,
            known_from: event.recorded,
            effective_from: instant(fact.effective_time.as_ref())?,
            is_signed: fact.signed,
        };
        self.contracts.insert((row.contract_id, row.version), row);
        Some(())
    }
}
