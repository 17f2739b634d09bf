//! An item of an import: a lead, described or named, and what happened to it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_domain::qualification::Stage;
use handoff_domain::qualification::command::{Entry, Import, LeadRef, Outcome, Past, Subject};
use handoff_domain::qualification::record::SourceKind;
use handoff_domain::qualification::rejection::Disposition;
use handoff_proto::qualification::v1 as pb;
use handoff_proto::qualification::v1::history_entry::Entry as Said;
use handoff_proto::qualification::v1::import_request::Subject as Whose;
use handoff_runtime::violations::Violations;
use uuid::Uuid;

use super::source;
use crate::rpc::fields;

const KEY_LENGTH: usize = 400;
const ENTRIES_MAX: usize = 200;

/// The command that an item is.
///
/// # Errors
/// `Invalid` with every violation.
pub(super) fn parse(item: &pb::ImportRequest, now: DateTime<Utc>) -> Result<Import, Error> {
    let mut check = Violations::new();
    let key = check.required_text("source_key", &item.source_key, KEY_LENGTH);
    let subject = subject(&mut check, item, &key, now);
    check.check(item.history.len() <= ENTRIES_MAX, "history", "has more than 200 entries");
    let mut counts = BTreeMap::new();
    let mut entries = Vec::with_capacity(item.history.len());
    for (index, said) in item.history.iter().enumerate() {
        entries.extend(entry(&mut check, &format!("history[{index}]."), said, &key, &mut counts, now));
    }
    check.finish()?;
    Ok(Import { subject, entries })
}

fn subject(check: &mut Violations, item: &pb::ImportRequest, key: &str, now: DateTime<Utc>) -> Subject {
    match &item.subject {
        Some(Whose::Lead(lead)) => {
            let at = fields::occurred_at(check, "capture_time", item.capture_time.as_ref(), now);
            let content =
                pb::ImportRequest { source_key: String::new(), history: Vec::new(), ..item.clone() };
            Subject::Capture {
                source: source::named(SourceKind::Lead, key, &content),
                lead: Box::new(fields::capture(check, "lead", Some(lead), at, now)),
            }
        }
        Some(Whose::LeadRef(lead)) => Subject::Existing(fields::lead_ref(check, "lead_ref", Some(lead))),
        None => {
            check.add("lead", "is required, or lead_ref");
            Subject::Existing(LeadRef::Id(Uuid::nil().into()))
        }
    }
}

fn entry(
    check: &mut Violations,
    within: &str,
    said: &pb::HistoryEntry,
    item: &str,
    counts: &mut BTreeMap<&'static str, usize>,
    now: DateTime<Utc>,
) -> Option<Entry> {
    let field = |name: &str| format!("{within}{name}");
    check.check(said.occur_time.is_some(), &field("occur_time"), "is required");
    let occurred_at = fields::occurred_at(check, &field("occur_time"), said.occur_time.as_ref(), now);
    let line = fields::line(check, &field("product_line"), &said.product_line);
    let own_key = check.text(&field("source_key"), &said.source_key, KEY_LENGTH);
    let Some(what) = &said.entry else {
        check.add(field("entry"), "is required: what happened");
        return None;
    };
    let (name, past) = past(check, within, what);
    let count = counts.entry(name).and_modify(|count| *count += 1).or_insert(0);
    let content = pb::HistoryEntry { source_key: String::new(), ..said.clone() };
    let source = match own_key {
        Some(key) => source::named(past.source_kind(), &key, &content),
        None => source::derived(past.source_kind(), item, name, *count, &content),
    };
    Some(Entry { source, occurred_at: occurred_at.unwrap_or(now), line, past })
}

/// What happened, and the name of its kind in the request.
fn past(check: &mut Violations, within: &str, said: &Said) -> (&'static str, Past) {
    let field = |name: &str| format!("{within}{name}");
    match said {
        Said::Activity(said) => {
            let kind = fields::code(check, &field("activity.type"), &said.r#type);
            let properties = fields::values(check, &field("activity.properties"), &said.properties);
            ("activity", Past::Activity { kind, properties })
        }
        Said::Qualified(_) => ("qualified", Past::Qualified),
        Said::Assigned(said) => {
            let owner = check.slug_name(&field("assigned.owner"), &said.owner, "users");
            ("assigned", Past::Assigned { owner })
        }
        Said::Accepted(said) => {
            let by = check.optional_slug_name(&field("accepted.decided_by"), &said.decided_by, "users");
            ("accepted", Past::Accepted { by })
        }
        Said::Rejected(said) => {
            let reason = fields::rejection_reason(check, &field("rejected.reason"), &said.reason);
            let past = Past::Rejected {
                by: check.optional_slug_name(&field("rejected.decided_by"), &said.decided_by, "users"),
                reason,
                disposition: fields::disposition(check, &field("rejected.disposition"), said.disposition),
                note: fields::note(check, &field("rejected.note"), &said.note, reason),
            };
            ("rejected", past)
        }
        Said::Contact(said) => {
            let past = Past::Contact {
                by: check.optional_slug_name(&field("contact.made_by"), &said.made_by, "users"),
                kind: fields::contact_kind(check, &field("contact.outcome"), said.outcome),
                direction: fields::direction(check, &field("contact.direction"), said.direction),
                human: said.human,
                channel: fields::code(check, &field("contact.medium"), &said.medium),
            };
            ("contact", past)
        }
        Said::Outcome(said) => {
            let within = field("outcome.");
            let past = match fields::outcome(check, &within, said.outcome, said.amount.as_ref(), &said.reason)
            {
                Outcome::Opened { amount } => Past::OpportunityOpened { amount },
                Outcome::Won { amount } => Past::Won { amount },
                Outcome::Lost { reason } => Past::Lost { reason },
            };
            ("outcome", past)
        }
        Said::Nurtured(said) => {
            let segment = check.text(&field("nurtured.segment"), &said.segment, fields::LABEL_LENGTH);
            ("nurtured", Past::Nurtured { segment })
        }
        Said::Disqualified(said) => {
            let reason =
                check.required_text(&field("disqualified.reason"), &said.reason, fields::LABEL_LENGTH);
            ("disqualified", Past::Disqualified { reason })
        }
        Said::Returned(said) => {
            let reason = check.required_text(&field("returned.reason"), &said.reason, fields::LABEL_LENGTH);
            let place = field("returned.disposition");
            let to = match fields::disposition(check, &place, said.disposition) {
                None | Some(Disposition::Recycle) => Stage::Nurture,
                Some(Disposition::Disqualify) => Stage::Disqualified,
                Some(Disposition::Merge | Disposition::ReturnToRouting) => {
                    check.add(place, "must be RECYCLE or DISQUALIFY: an SQL has been through routing");
                    Stage::Nurture
                }
            };
            ("returned", Past::Returned { to, reason })
        }
    }
}

#[cfg(test)]
mod tests;
