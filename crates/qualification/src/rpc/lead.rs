//! What the RPCs that read a lead share: to find it by any of its names.

use handoff_domain::qualification::command::LeadRef;
use handoff_domain::qualification::record::Person;
use handoff_proto::name::Collection;
use handoff_store::qualification::dossier;

/// What to look for.
pub(super) fn names(lead: &LeadRef) -> dossier::Names {
    let mut names = dossier::Names::default();
    match lead {
        LeadRef::Id(id) => names.leads.push(*id),
        LeadRef::ExternalId(id) => names.external_ids.push(id.clone()),
        LeadRef::RecordId { system, id } => names.record_ids.push((system.clone(), id.clone())),
        LeadRef::Email(email) => names.emails.push(Person::normalise_email(email)),
    }
    names
}

/// The lead as the caller named it. An id or an address is personal: it is not repeated, the caller has it.
pub(super) fn described(lead: &LeadRef) -> String {
    match lead {
        LeadRef::Id(id) => Collection::Leads.name(id.0),
        LeadRef::ExternalId(_) => "leads with this external id".to_owned(),
        LeadRef::RecordId { .. } => "leads with this record id".to_owned(),
        LeadRef::Email(_) => "leads with this e-mail address".to_owned(),
    }
}
