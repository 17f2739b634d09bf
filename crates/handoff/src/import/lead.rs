//! The lead of a row: who it is, or by what it is known.

use handoff_proto::qualification::v1::{
    Lead, LeadKind, LeadRef, Origin, OriginChannel, Person, RecordId, Suppression, lead_ref,
};
use prost_types::Timestamp;

use super::field::Bound;
use super::mapping::LeadFields;
use super::plan::{Binder, Cells};

/// The lead's fields, bound to a header.
#[derive(Debug)]
pub(crate) struct LeadPlan {
    name: Option<Bound>,
    external_id: Option<Bound>,
    record_ids: Vec<(String, Bound)>,
    email: Option<Bound>,
    phone: Option<Bound>,
    given_name: Option<Bound>,
    family_name: Option<Bound>,
    organisation: Option<Bound>,
    kind: Option<Bound>,
    persona: Option<Bound>,
    suppression: Option<Bound>,
    captured: Option<Bound>,
    channel: Option<Bound>,
    source: Option<Bound>,
    medium: Option<Bound>,
    campaign: Option<Bound>,
    attributes: Vec<(String, Bound)>,
}

impl LeadPlan {
    pub(crate) fn bind(fields: &LeadFields, binder: &mut Binder<'_>) -> Self {
        let origin = &fields.origin;
        Self {
            name: binder.bind("lead", "name", &fields.name),
            external_id: binder.bind("lead", "external_id", &fields.external_id),
            record_ids: binder.bind_map("lead.record_ids", &fields.record_ids),
            email: binder.bind("lead", "email", &fields.email),
            phone: binder.bind("lead", "phone", &fields.phone),
            given_name: binder.bind("lead", "given_name", &fields.given_name),
            family_name: binder.bind("lead", "family_name", &fields.family_name),
            organisation: binder.bind("lead", "organisation", &fields.organisation),
            kind: binder.bind("lead", "kind", &fields.kind),
            persona: binder.bind("lead", "persona", &fields.persona),
            suppression: binder.bind("lead", "suppression", &fields.suppression),
            captured: binder.bind("lead", "captured", &fields.captured),
            channel: binder.bind("lead.origin", "channel", &origin.channel),
            source: binder.bind("lead.origin", "source", &origin.source),
            medium: binder.bind("lead.origin", "medium", &origin.medium),
            campaign: binder.bind("lead.origin", "campaign", &origin.campaign),
            attributes: binder.bind_map("lead.attributes", &fields.attributes),
        }
    }

    /// The lead that the row describes, and when it was captured.
    pub(crate) fn described(&self, cells: &mut Cells<'_>) -> (Lead, Option<Timestamp>) {
        let person = Person {
            external_id: cells.text(&self.external_id),
            record_ids: cells.texts(&self.record_ids),
            email: cells.text(&self.email),
            phone: cells.text(&self.phone),
            given_name: cells.text(&self.given_name),
            family_name: cells.text(&self.family_name),
            organisation: cells.text(&self.organisation),
            attributes: cells.texts(&self.attributes),
            ..Person::default()
        };
        let names = [&person.external_id, &person.email, &person.phone];
        if names.iter().all(|name| name.is_empty()) && person.record_ids.is_empty() {
            let names = [&self.external_id, &self.email, &self.phone].into_iter().flatten();
            let column = names.chain(self.record_ids.iter().map(|(_, id)| id)).find_map(Bound::column);
            cells.refuse(
                column,
                "the lead is not known: it has no external id, record id, e-mail or phone (R7)".to_owned(),
            );
        }
        let origin = Origin {
            channel: cells.word::<OriginChannel>(&self.channel).into(),
            source: cells.text(&self.source),
            medium: cells.text(&self.medium),
            campaign: cells.text(&self.campaign),
        };
        let lead = Lead {
            kind: cells.word::<LeadKind>(&self.kind).into(),
            person: Some(person),
            origin: Some(origin),
            suppression: cells.word::<Suppression>(&self.suppression).into(),
            persona: cells.text(&self.persona),
            ..Lead::default()
        };
        (lead, cells.required_time(&self.captured))
    }

    /// The lead that the row is about.
    pub(crate) fn referred(&self, cells: &mut Cells<'_>) -> LeadRef {
        let lead = if let Some(name) = &self.name {
            lead_ref::Lead::Name(cells.required_text(name))
        } else if let Some(id) = &self.external_id {
            lead_ref::Lead::ExternalId(cells.required_text(id))
        } else if let Some((system, id)) = self.record_ids.first() {
            lead_ref::Lead::RecordId(RecordId { system: system.clone(), id: cells.required_text(id) })
        } else {
            lead_ref::Lead::Email(
                self.email.as_ref().map(|email| cells.required_text(email)).unwrap_or_default(),
            )
        };
        LeadRef { lead: Some(lead) }
    }
}
