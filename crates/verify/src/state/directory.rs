//! The tenant, teams and users.

use handoff_domain::id::{TeamId, UserId};
use handoff_proto::event::v1::{TeamChanged, TenantChanged, UserChanged};
use handoff_proto::qualification::v1::{StageLabel, Tenant};
use handoff_store::log::time_text;
use handoff_store::verify::directory::{TeamRow, TenantRow, UserRow};
use prost_types::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::State;
use crate::event::Event;
use crate::word::{instant, micros, side, slug, stage, target};

/// The weight of whoever says none.
const USUAL_WEIGHT: i32 = 10;

/// The slug of a calendar that is named, if one is.
fn calendar(name: &str) -> Option<Option<String>> {
    if name.is_empty() { Some(None) } else { slug("calendars", name).map(|slug| Some(slug.to_owned())) }
}

impl State {
    pub(super) fn tenant_changed(&mut self, event: &Event, fact: &TenantChanged) -> Option<()> {
        let tenant = fact.tenant.as_ref()?;
        let defaults = tenant.defaults.as_ref()?;
        let (unit, amount) = target(tenant.starter_target.as_ref())?;
        self.tenant = Some(TenantRow {
            slug: slug("tenants", &tenant.name)?.to_owned(),
            time_zone: tenant.time_zone.clone(),
            currency_code: tenant.currency_code.clone(),
            fiscal_year_start_month: i16::try_from(tenant.fiscal_year_start_month).ok()?,
            starter_target_unit: unit.to_owned(),
            starter_target_amount: amount,
            contract_effective_from: instant(fact.contract_effective_time.as_ref()),
            cooldown_us: micros(defaults.cooldown.as_ref())?,
            correction_grace_us: micros(defaults.correction_grace.as_ref())?,
            dispute_window_us: micros(defaults.dispute_window.as_ref())?,
            settlement_delay_us: micros(defaults.settlement_delay.as_ref())?,
            created_at: instant(tenant.create_time.as_ref())?,
            labels: labels(tenant),
            // Versions and hand-overs say so, and this does not.
            rules_position: self.tenant.as_ref().map_or(0, |before| before.rules_position),
            published_on: self.tenant.as_ref().and_then(|before| before.published_on),
            published: self.tenant.as_ref().and_then(|before| before.published),
            version: event.position,
        });
        Some(())
    }

    pub(super) fn team_changed(&mut self, event: &Event, fact: &TeamChanged) -> Option<()> {
        let team = fact.team.as_ref()?;
        let name = slug("teams", &team.name)?;
        let team_id = TeamId::from_slug(self.tenant_id, name).0;
        let (slug, side) = (name.to_owned(), side(team.side()).to_owned());
        let calendar = calendar(&team.calendar)?;
        self.teams.insert(team_id, TeamRow { team_id, slug, side, calendar, version: event.position });
        Some(())
    }

    pub(super) fn user_changed(&mut self, event: &Event, fact: &UserChanged) -> Option<()> {
        let name = slug("users", &fact.user)?;
        let user_id = UserId::from_slug(self.tenant_id, name).0;
        let team_id = self.team_id(&fact.team)?;
        let (slug, side, active) = (name.to_owned(), side(fact.side()).to_owned(), fact.active);
        // What was said before there was routing says nothing of it.
        let said = fact.availability.clone().unwrap_or_default();
        let absences = said.absences.iter().map(|absence| {
            let time = |time: Option<&Timestamp>| Some(time_text(instant(time)?));
            Some(json!([time(absence.start_time.as_ref())?, time(absence.end_time.as_ref())?]))
        });
        let row = UserRow {
            user_id,
            slug,
            side,
            team_id,
            active,
            calendar: calendar(&said.calendar)?,
            capacity: (said.capacity != 0).then_some(said.capacity),
            routing_weight: if said.weight == 0 { USUAL_WEIGHT } else { said.weight },
            absences: absences.collect::<Option<Value>>()?,
            version: event.position,
        };
        self.users.insert(user_id, row);
        Some(())
    }

    /// The key of a user that an event names, if it names one; it must be known.
    pub(super) fn user_id(&self, name: &str) -> Option<Option<Uuid>> {
        if name.is_empty() {
            return Some(None);
        }
        let id = UserId::from_slug(self.tenant_id, slug("users", name)?).0;
        self.users.contains_key(&id).then_some(Some(id))
    }

    /// The key of a team that an event names, if it names one; it must be known.
    pub(super) fn team_id(&self, name: &str) -> Option<Option<Uuid>> {
        if name.is_empty() {
            return Some(None);
        }
        let id = TeamId::from_slug(self.tenant_id, slug("teams", name)?).0;
        self.teams.contains_key(&id).then_some(Some(id))
    }
}

/// The tenant's words as its row has them; none if it has none.
fn labels(tenant: &Tenant) -> Option<Value> {
    let stages = |labels: &[StageLabel]| -> Value {
        labels.iter().map(|it| (stage(it.stage()).to_owned(), Value::from(it.label.as_str()))).collect()
    };
    let sides: Value = tenant
        .side_labels
        .iter()
        .map(|it| (side(it.side()).to_owned(), Value::from(it.label.as_str())))
        .collect();
    let field = tenant.crm_field.as_ref();
    let crm_field = field.map(|field| field.name.as_str()).filter(|name| !name.is_empty());
    let crm_values = field.map(|field| field.values.as_slice()).unwrap_or_default();
    let has_some = !tenant.stage_labels.is_empty() || !tenant.side_labels.is_empty() || field.is_some();
    has_some.then(|| {
        json!({
            "stages": stages(&tenant.stage_labels),
            "sides": sides,
            "crm_field": crm_field,
            "crm_values": stages(crm_values),
        })
    })
}
