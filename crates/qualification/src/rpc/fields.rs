//! Fields that several requests share, each parsed in one way. `Violations` has those that all services share.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use handoff_domain::id::{LeadId, is_slug};
use handoff_domain::points::Points;
use handoff_domain::qualification::command::{CaptureLead, LeadRef, Outcome};
use handoff_domain::qualification::record::{ContactKind, Direction, Origin, Person, ProductLine};
use handoff_domain::qualification::rejection::{Disposition, RejectionReason};
use handoff_domain::value::{Value, ValueType};
use handoff_proto::common::v1::Money;
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert;
use handoff_runtime::violations::Violations;
use uuid::Uuid;

use crate::convert::criteria_set::points;
use crate::convert::word;

/// Names, sources, external ids, record ids.
const NAME_LENGTH: usize = 200;
/// Codes: kinds of activities, means of contact.
const CODE_LENGTH: usize = 64;
/// Reasons, segments, personas.
pub(super) const LABEL_LENGTH: usize = 100;
/// Notes and free values.
pub(super) const NOTE_LENGTH: usize = 1_000;
/// Free values of one record.
const VALUES: usize = 64;
/// Values that somebody may have made sure of: the free ones, an address, a number and an organisation.
const VERIFIED: usize = VALUES + 3;
/// Systems of record in which a lead has an id.
const SYSTEMS: usize = 16;
/// An address that SMTP can carry.
const EMAIL_LENGTH: usize = 254;

/// The longest time that a tenant or a lead waits, in days.
const WAITING_DAYS_MAX: i64 = 366;

/// A waiting time; zero is none at all.
pub(super) fn waiting_time(
    check: &mut Violations,
    field: &str,
    value: Option<&prost_types::Duration>,
) -> Option<TimeDelta> {
    let value = value?;
    let longest = TimeDelta::days(WAITING_DAYS_MAX);
    let time = convert::from_duration(value).filter(|time| (TimeDelta::zero()..=longest).contains(time));
    check.check(time.is_some(), field, "is not a time from zero to 366 days");
    time
}

/// A lead as a caller names it; required.
pub(super) fn lead_ref(check: &mut Violations, field: &str, lead: Option<&pb::LeadRef>) -> LeadRef {
    use pb::lead_ref::Lead;
    match lead.and_then(|lead| lead.lead.as_ref()) {
        Some(Lead::Name(name)) => {
            LeadRef::Id(LeadId(check.name(&format!("{field}.name"), name, Collection::Leads)))
        }
        Some(Lead::ExternalId(id)) => {
            LeadRef::ExternalId(check.required_text(&format!("{field}.external_id"), id, NAME_LENGTH))
        }
        Some(Lead::RecordId(pb::RecordId { system, id })) => LeadRef::RecordId {
            system: check.slug(&format!("{field}.record_id.system"), system),
            id: check.required_text(&format!("{field}.record_id.id"), id, NAME_LENGTH),
        },
        Some(Lead::Email(email)) => {
            LeadRef::Email(check.required_text(&format!("{field}.email"), email, EMAIL_LENGTH))
        }
        None => {
            check.add(field, "is required: a name, an external id, a record id or an e-mail address");
            LeadRef::Id(LeadId(Uuid::nil()))
        }
    }
}

/// A product line that may be left out.
pub(super) fn line_if_given(check: &mut Violations, field: &str, line: &str) -> Option<ProductLine> {
    if line.is_empty() {
        return None;
    }
    let parsed = line.parse().ok();
    check.check(parsed.is_some(), field, "is not 2 to 63 of a-z, 0-9 and -, starting with a letter");
    parsed
}

/// A product line; `default` when it is left out.
pub(super) fn line(check: &mut Violations, field: &str, line: &str) -> ProductLine {
    line_if_given(check, field, line).unwrap_or_default()
}

/// A local date that may be left out.
pub(super) fn day_if_given(check: &mut Violations, field: &str, text: &str) -> Option<NaiveDate> {
    if text.is_empty() {
        return None;
    }
    match Value::parse(ValueType::Date, text) {
        Ok(Value::Date(day)) => Some(day),
        Ok(_) => None,
        Err(invalid) => {
            check.add(field, invalid.to_string());
            None
        }
    }
}

/// Points that may be left out.
pub(super) fn points_if_given(check: &mut Violations, field: &str, text: &str) -> Option<Points> {
    if text.is_empty() { None } else { points(field, text, check) }
}

/// The version that a caller read, if it says.
pub(super) fn version(check: &mut Violations, etag: &str) -> Option<i64> {
    version_of(check, "etag", etag)
}

/// The same, of one record of several.
pub(super) fn version_of(check: &mut Violations, field: &str, etag: &str) -> Option<i64> {
    if etag.is_empty() {
        return None;
    }
    let version = etag.parse().ok();
    check.check(version.is_some(), field, "is not an etag of this record");
    version
}

/// A code in upper snake case; required.
pub(super) fn code(check: &mut Violations, field: &str, value: &str) -> String {
    let code = check.required_text(field, value, CODE_LENGTH);
    let plain = code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    check.check(plain, field, "is not in upper snake case, such as EBOOK_DOWNLOADED");
    code
}

/// Free values by name.
pub(super) fn values(
    check: &mut Violations,
    field: &str,
    values: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    check.check(values.len() <= VALUES, field, "has more than 64 values");
    let parsed = values.iter().map(|(name, value)| {
        // The name is the sender's own and may be personal: a fault is told without it.
        let name = check.required_text(field, name, CODE_LENGTH);
        (name, check.text(field, value, NOTE_LENGTH).unwrap_or_default())
    });
    parsed.collect()
}

/// Ids by system of record.
fn record_ids(
    check: &mut Violations,
    field: &str,
    ids: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    check.check(ids.len() <= SYSTEMS, field, "has ids of more than 16 systems");
    let mut parsed = BTreeMap::new();
    for (system, id) in ids {
        if is_slug(system) {
            let id = check.text(&format!("{field}.{system}"), id, NAME_LENGTH);
            parsed.extend(id.map(|id| (system.clone(), id)));
        } else {
            // It may be anything, an id too: the fault is told without it.
            let fault = "names a system by other than 2 to 63 of a-z, 0-9 and -, starting with a letter";
            check.add(field, fault);
        }
    }
    parsed
}

/// A lead that is described, without its product line and version.
pub(super) fn capture(
    check: &mut Violations,
    field: &str,
    lead: Option<&pb::Lead>,
    occurred_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> CaptureLead {
    let Some(lead) = lead else {
        check.add(field, "is required");
        return CaptureLead::default();
    };
    let within = |name: &str| format!("{field}.{name}");
    CaptureLead {
        person: person(check, &within("person"), lead.person.as_ref(), now),
        kind: check.optional_choice(&within("kind"), lead.kind).and_then(word::from_kind),
        origin: lead.origin.as_ref().map(|origin| self::origin(check, &within("origin"), origin)),
        persona: check.text(&within("persona"), &lead.persona, LABEL_LENGTH),
        suppression: check
            .optional_choice(&within("suppression"), lead.suppression)
            .and_then(word::from_suppression),
        line: ProductLine::default(),
        occurred_at,
        version: None,
    }
}

fn person(check: &mut Violations, field: &str, person: Option<&pb::Person>, now: DateTime<Utc>) -> Person {
    let Some(person) = person else { return Person::default() };
    let mut text = |name: &str, value: &str, longest| check.text(&format!("{field}.{name}"), value, longest);
    let parsed = Person {
        external_id: text("external_id", &person.external_id, NAME_LENGTH),
        email: text("email", &person.email, EMAIL_LENGTH),
        phone: text("phone", &person.phone, CODE_LENGTH),
        given_name: text("given_name", &person.given_name, NAME_LENGTH),
        family_name: text("family_name", &person.family_name, NAME_LENGTH),
        organisation: text("organisation", &person.organisation, NAME_LENGTH),
        record_ids: record_ids(check, &format!("{field}.record_ids"), &person.record_ids),
        attributes: values(check, &format!("{field}.attributes"), &person.attributes),
        verified: BTreeMap::new(),
        note: None,
    };
    let parsed = Person { verified: verified(check, field, person, &parsed, now), ..parsed };
    if let Some(email) = &parsed.email {
        self::email(check, &format!("{field}.email"), email);
    }
    parsed
}

/// When the values of a person were verified, each by the name of a value that is said with it.
fn verified(
    check: &mut Violations,
    field: &str,
    given: &pb::Person,
    person: &Person,
    now: DateTime<Utc>,
) -> BTreeMap<String, DateTime<Utc>> {
    let field = format!("{field}.verify_times");
    let of_values = given.verify_times.keys().all(|name| person.value(name.trim()).is_some());
    // The name is the sender's own and may be personal: a fault is told without it.
    let names =
        "names values of this request: attributes, email, phone or organisation; say what was verified too";
    check.check(of_values, &field, names);
    let given = given.verify_times.iter().take(VERIFIED);
    given.map(|(name, at)| (name.trim().to_owned(), check.occur_time(&field, Some(at), now))).collect()
}

/// Notes a fault unless mail could be sent there; only sending tells whether it arrives.
pub(super) fn email(check: &mut Violations, field: &str, email: &str) {
    let parts = email.split_once('@');
    let plain = parts
        .is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !email.contains(char::is_whitespace);
    check.check(plain, field, "is not an address: a name, one @ and a domain, without spaces");
}

fn origin(check: &mut Violations, field: &str, origin: &pb::Origin) -> Origin {
    let channel =
        check.optional_choice(&format!("{field}.channel"), origin.channel).and_then(word::from_channel);
    let mut text = |name: &str, value: &str| check.text(&format!("{field}.{name}"), value, NAME_LENGTH);
    Origin {
        channel: channel.unwrap_or(Origin::default().channel),
        source: text("source", &origin.source),
        medium: text("medium", &origin.medium),
        campaign: text("campaign", &origin.campaign),
    }
}

/// A rejection's reason by its code; required.
pub(super) fn rejection_reason(check: &mut Violations, field: &str, code: &str) -> RejectionReason {
    RejectionReason::from_name(code).unwrap_or_else(|| {
        let names: Vec<&str> = RejectionReason::ALL.iter().map(|reason| reason.as_str()).collect();
        check.add(field, format!("is not one of {}", names.join(", ")));
        RejectionReason::Other
    })
}

/// What a rejection does with the lead, if it says.
pub(super) fn disposition(check: &mut Violations, field: &str, number: i32) -> Option<Disposition> {
    check.optional_choice(field, number).and_then(word::from_disposition)
}

/// What somebody says about a lead.
pub(super) fn remark(check: &mut Violations, field: &str, note: &str) -> Option<String> {
    check.text(field, note, NOTE_LENGTH)
}

/// The note of a rejection: one that says nothing by its reason needs one.
pub(super) fn note(
    check: &mut Violations,
    field: &str,
    note: &str,
    reason: RejectionReason,
) -> Option<String> {
    let note = check.text(field, note, NOTE_LENGTH);
    check.check(note.is_some() || !reason.needs_note(), field, "is required with the reason OTHER");
    note
}

/// How a contact went; required.
pub(super) fn contact_kind(check: &mut Violations, field: &str, number: i32) -> ContactKind {
    check.choice(field, number).and_then(word::from_contact_kind).unwrap_or(ContactKind::Attempt)
}

/// Who started a contact; required.
pub(super) fn direction(check: &mut Violations, field: &str, number: i32) -> Direction {
    check.choice(field, number).and_then(word::from_direction).unwrap_or(Direction::Outbound)
}

/// What came of a lead; required. `within` leads to its fields.
pub(super) fn outcome(
    check: &mut Violations,
    within: &str,
    outcome: i32,
    amount: Option<&Money>,
    reason: &str,
) -> Outcome {
    let field = |name: &str| format!("{within}{name}");
    let chosen: Option<pb::Outcome> = check.choice(&field("outcome"), outcome);
    let amount = check.money(&field("amount"), amount);
    let reason = check.text(&field("reason"), reason, LABEL_LENGTH);
    let is_lost = chosen == Some(pb::Outcome::Lost);
    check.check(!is_lost || amount.is_none(), &field("amount"), "is nothing that a lost deal brings");
    check.check(is_lost || reason.is_none(), &field("reason"), "is only for a lost deal");
    match chosen {
        Some(pb::Outcome::OpportunityOpened) => Outcome::Opened { amount },
        Some(pb::Outcome::Won) => Outcome::Won { amount },
        _ => Outcome::Lost { reason },
    }
}

/// When something happened, if it says: the batch's now otherwise, which only the batch knows.
pub(super) fn occurred_at(
    check: &mut Violations,
    field: &str,
    value: Option<&prost_types::Timestamp>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    value.map(|value| check.occur_time(field, Some(value), now))
}

#[cfg(test)]
mod tests;
