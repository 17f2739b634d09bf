//! Which lead somebody describes. Who has an external id, a record id or an address that is there already is that lead, or
//! the one that it was merged into; who has one of each of two leads is refused, because only a person can say which of
//! them is meant.
//!
//! The external id is the record in the tenant's own system: where it names the lead, everything else may change with it.
//! By any other name a lead is found only while the description contradicts none of its ids. Otherwise an address or a
//! partner's id that two records share would move a lead from one to the other, forth and back with every import.

use std::collections::BTreeSet;
use std::fmt;

use crate::error::{Error, Reason};
use crate::id::LeadId;
use crate::qualification::decide::refusal;
use crate::qualification::record::Person;
use crate::qualification::state::State;

/// What names a lead, or what a lead has another of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name<'a> {
    ExternalId,
    /// In this system.
    RecordId(&'a str),
    Email,
}

impl Name<'_> {
    /// The fact of a refusal that says whose it is.
    fn fact(self) -> &'static str {
        match self {
            Self::ExternalId => "lead_by_external_id",
            Self::RecordId(_) => "lead_by_record_id",
            Self::Email => "lead_by_email",
        }
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExternalId => f.write_str("external id"),
            Self::RecordId(system) => write!(f, "id in {system}"),
            Self::Email => f.write_str("address"),
        }
    }
}

/// The lead that the ids and the address name, if they agree.
pub(super) fn find(state: &State, person: &Person) -> Result<Option<LeadId>, Error> {
    let named = named(state, person);
    let Some(&(by, lead)) = named.first() else { return Ok(None) };
    let name = refusal::lead_id_name;
    if let Some(&(other, another)) = named.iter().find(|(_, another)| *another != lead) {
        let fact = match (by, other) {
            (Name::RecordId(_), Name::RecordId(_)) => "other_lead_by_record_id",
            _ => other.fact(),
        };
        let way_out = format!("leave out the {by} or the {other}, whichever is not the person's");
        let facts = [(by.fact(), name(lead)), (fact, name(another)), ("way_out", way_out)];
        return Err(Error::already_exists(Reason::IdentityConflict, facts));
    }
    if by != Name::ExternalId
        && let Some(other) = contradicted(state, lead, person)
    {
        let way_out = format!("the {by} belongs to a lead with another {other}: leave out one");
        let facts = [(by.fact(), name(lead)), ("way_out", way_out)];
        return Err(Error::already_exists(Reason::IdentityConflict, facts));
    }
    Ok(Some(lead))
}

/// The leads that are named, by what weighs most first.
fn named<'a>(state: &State, person: &'a Person) -> Vec<(Name<'a>, LeadId)> {
    let external_id = person.external_id.iter().map(|id| (Name::ExternalId, state.lead_with_external_id(id)));
    let record_ids = person
        .record_ids
        .iter()
        .map(|(system, id)| (Name::RecordId(system), state.lead_with_record_id(system, id)));
    let email = person.email.iter().map(|email| (Name::Email, state.lead_with_email(email)));
    let all = external_id.chain(record_ids).chain(email);
    all.filter_map(|(name, lead)| Some((name, state.survivor(lead?)))).collect()
}

/// Of which id the lead has another than is said. An id that names the lead as well is none: it came with a lead that was
/// merged into it.
fn contradicted<'a>(state: &State, lead: LeadId, person: &'a Person) -> Option<Name<'a>> {
    let whole = state.whole(lead)?;
    let ours = &whole.person;
    // The lead was not found by its external id, so the one that is said names nobody.
    if ours.external_id.is_some() && person.external_id.is_some() {
        return Some(Name::ExternalId);
    }
    let mut said = person.record_ids.iter();
    let other = said.find(|(system, id)| {
        ours.record_ids.contains_key(*system) && state.lead_with_record_id(system, id).is_none()
    });
    other.map(|(system, _)| Name::RecordId(system))
}

/// A telephone number may be a switchboard's, and so it names somebody only where nothing better does, and nobody else has
/// it.
pub(super) fn find_by_phone(state: &State, person: &Person) -> Result<Option<LeadId>, Error> {
    let Some(number) = person.number().filter(|_| person.is_known_by_phone_alone()) else { return Ok(None) };
    let leads = state.leads_with_number(&number).map(|lead| state.survivor(lead));
    let leads: Vec<LeadId> = leads.collect::<BTreeSet<_>>().into_iter().collect();
    let [one, other, ..] = leads[..] else { return Ok(leads.first().copied()) };
    let way_out = "several people have this number: give an e-mail address, an external id or a record id";
    let facts = [
        ("lead_by_phone", refusal::lead_id_name(one)),
        ("other_lead_by_phone", refusal::lead_id_name(other)),
        ("way_out", way_out.to_owned()),
    ];
    Err(Error::already_exists(Reason::IdentityConflict, facts))
}
