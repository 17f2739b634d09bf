//! Adding a lead, or adding to what is known of one: `identity` says of which.

use std::collections::BTreeMap;

use crate::error::{Error, Reason, Violation};
use crate::id::LeadId;
use crate::profile::Catalogue;
use crate::qualification::command::CaptureLead;
use crate::qualification::decide::draft::{Draft, Occasion, same_version};
use crate::qualification::decide::withdraw_handoff::withdraw_all;
use crate::qualification::decide::{Answer, identity, refusal};
use crate::qualification::event::{Event, LeadAttributesChanged, LeadCaptured, Step, SuppressionChanged};
use crate::qualification::record::{LeadKind, Person, Suppression};
use crate::qualification::stage::Stage;

/// What became of a captured lead.
pub(super) struct Captured {
    pub(super) lead: LeadId,
    pub(super) created: bool,
}

pub(super) fn capture_lead(draft: &mut Draft<'_, '_>, command: &CaptureLead) -> Result<Answer, Error> {
    let at = draft.occurred("occurred_at", command.occurred_at)?;
    capture(draft, command, None, Occasion::live(at)).map(|captured| Answer::Lead(captured.lead))
}

/// Captures a lead; `came_as` is the lead that an earlier import made of the same item, should nothing else name it.
pub(super) fn capture(
    draft: &mut Draft<'_, '_>,
    command: &CaptureLead,
    came_as: Option<LeadId>,
    occasion: Occasion,
) -> Result<Captured, Error> {
    draft.tenant()?;
    let person = tidy(&command.person, draft.state().catalogue())?;
    let named = identity::find(draft.state(), &person)?;
    let came_as = came_as.map(|lead| draft.state().survivor(lead));
    let found = match named.or(came_as) {
        Some(lead) => Some(lead),
        None => identity::find_by_phone(draft.state(), &person)?,
    };
    let Some(lead) = found else {
        return add(draft, command, person, occasion).map(|lead| Captured { lead, created: true });
    };
    same_version(command.version, draft.whole(lead).lead.version, refusal::lead_id_name(lead))?;
    change(draft, lead, command, &person, occasion);
    Ok(Captured { lead, created: false })
}

/// The person as it is compared and kept: trimmed, the address normalised, attributes in the one form of their values,
/// blank values absent. Nobody verified what is absent.
fn tidy(person: &Person, catalogue: &Catalogue) -> Result<Person, Error> {
    let trim = |value: &Option<String>| {
        value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let email = trim(&person.email).map(|email| Person::normalise_email(&email));
    let mut violations = Vec::new();
    if email.as_deref().is_some_and(|email| !is_address(email)) {
        let description = "an address is a name, one @ and a domain, without spaces".to_owned();
        violations.push(Violation { field: "lead.person.email".to_owned(), description });
    }
    let attributes = catalogue.tidy("lead.person.attributes", &person.attributes).unwrap_or_else(|wrong| {
        violations.extend(wrong);
        BTreeMap::new()
    });
    Error::of_violations(violations)?;
    let record_ids = person.record_ids.iter().map(|(system, id)| (system.clone(), id.trim().to_owned()));
    let mut tidy = Person {
        external_id: trim(&person.external_id),
        record_ids: record_ids.filter(|(_, id)| !id.is_empty()).collect(),
        email,
        phone: trim(&person.phone),
        given_name: trim(&person.given_name),
        family_name: trim(&person.family_name),
        organisation: trim(&person.organisation),
        attributes,
        verified: BTreeMap::new(),
        note: None,
    };
    let verified = person.verified.iter().filter(|(name, _)| tidy.value(name).is_some());
    tidy.verified = verified.map(|(name, at)| (name.clone(), *at)).collect();
    Ok(tidy)
}

/// Whether mail could be sent there; only sending tells whether it arrives.
fn is_address(email: &str) -> bool {
    let parts = email.split_once('@');
    parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !email.contains(char::is_whitespace)
}

fn add(
    draft: &mut Draft<'_, '_>,
    command: &CaptureLead,
    person: Person,
    occasion: Occasion,
) -> Result<LeadId, Error> {
    if !person.is_known() {
        let way_out = "give an e-mail address, a telephone number, an external id or a record id; a cookie is no person";
        return Err(Error::refused(Reason::LeadUnknown, [("way_out", way_out.to_owned())]));
    }
    let lead = draft.context.ids.next();
    draft.emit(Event::LeadCaptured(LeadCaptured {
        occurred_at: occasion.at,
        lead,
        step: Step { line: command.line.clone(), cycle: 1, from: None, to: Stage::Lead },
        kind: command.kind.unwrap_or(LeadKind::Unknown),
        origin: command.origin.clone().unwrap_or_default(),
        persona: command.persona.clone(),
        suppression: command.suppression.unwrap_or(Suppression::None),
        imported: occasion.imported,
        source: occasion.source,
        person,
    }));
    Ok(lead)
}

fn change(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    command: &CaptureLead,
    person: &Person,
    occasion: Occasion,
) {
    let dossier = draft.whole(lead);
    let mut news = dossier.person.changes_by(person);
    // By these the person was found, and they are names of a lead that was merged into it.
    news.external_id = news.external_id.filter(|id| draft.state().lead_with_external_id(id).is_none());
    news.record_ids.retain(|system, id| draft.state().lead_with_record_id(system, id).is_none());
    news.email = news.email.filter(|email| draft.state().lead_with_email(email).is_none());
    let event = LeadAttributesChanged {
        occurred_at: occasion.at,
        lead,
        kind: command.kind.filter(|kind| *kind != dossier.lead.kind),
        persona: command.persona.clone().filter(|persona| dossier.lead.persona.as_ref() != Some(persona)),
        imported: occasion.imported,
        source: occasion.source,
        person: news,
    };
    // An item that says nothing new is remembered nevertheless: the next import of it must not undo what is said later.
    let says_something = event.kind.is_some() || event.persona.is_some() || !event.person.is_empty();
    if says_something || event.source.is_some() {
        draft.emit(Event::LeadAttributesChanged(event));
    }
    let Some(to) = command.suppression else { return };
    // It is said of the person, and so of every lead that the person is.
    let mut is_changed = false;
    for member in draft.state().members(lead) {
        let from = draft.dossier(member).lead.suppression;
        if from != to {
            is_changed = true;
            draft.emit(Event::SuppressionChanged(SuppressionChanged {
                occurred_at: occasion.at,
                lead: member,
                from,
                to,
                imported: occasion.imported,
            }));
        }
    }
    if is_changed {
        withdraw_all(draft, lead, to, occasion);
    }
}
