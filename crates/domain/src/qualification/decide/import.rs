//! Bringing in a lead and its history from elsewhere. The item lands whole or not at all: any refusal refuses all of
//! it, and says at which entry. What came before under the same source key and with the same content is passed over.

use crate::error::{Error, Reason};
use crate::id::{HandoffId, LeadId, TeamId, UserId};
use crate::qualification::command::{Entry, Import, Outcome, Past, Subject};
use crate::qualification::decide::accept_handoff::{Decider, accept};
use crate::qualification::decide::assign_handoff::assign;
use crate::qualification::decide::capture_lead::{Captured, capture};
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::decide::qualify_lead::qualified;
use crate::qualification::decide::record_activity::note;
use crate::qualification::decide::record_contact::{Touch, contact};
use crate::qualification::decide::record_outcome::outcome;
use crate::qualification::decide::reject_handoff::{Verdict, reject};
use crate::qualification::decide::return_sql::return_sql;
use crate::qualification::decide::set_aside::{disqualify, nurture};
use crate::qualification::decide::skip::skip;
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::record::{HandoffState, ProductLine, Source, SourceKind, User};
use crate::qualification::stage::{Stage, Transition};

pub(super) fn import(draft: &mut Draft<'_, '_>, command: &Import) -> Result<Answer, Error> {
    let Captured { lead, created } = subject(draft, &command.subject)?;
    let mut entries_new = 0;
    for (index, entry) in command.entries.iter().enumerate() {
        let told = tell(draft, lead, entry).map_err(|error| at_entry(error, index))?;
        entries_new += u32::from(told);
    }
    Ok(Answer::Imported { lead, created, entries_new })
}

/// The lead whose history it is; captured if the item describes it and did not say the same before.
fn subject(draft: &mut Draft<'_, '_>, subject: &Subject) -> Result<Captured, Error> {
    let (source, command) = match subject {
        Subject::Existing(lead) => return Ok(Captured { lead: draft.lead(lead)?, created: false }),
        Subject::Capture { source, lead } => (*source, lead),
    };
    if source.key.kind != SourceKind::Lead {
        return Err(Error::invalid("source", "the key of a lead is of kind LEAD"));
    }
    let known = draft.state().source(&source.key).copied();
    match known {
        Some(known) if known.content == source.content => {
            Ok(Captured { lead: draft.state().survivor(known.lead), created: false })
        }
        // Leads are upserted: other content under the same key adds to what is known.
        known => {
            let at = draft.occurred("lead.occurred_at", command.occurred_at)?;
            let occasion = Occasion { at, imported: true, source: Some(source) };
            capture(draft, command, known.map(|known| known.lead), occasion)
        }
    }
}

/// Tells one entry; `false` when it was told before.
fn tell(draft: &mut Draft<'_, '_>, lead: LeadId, entry: &Entry) -> Result<bool, Error> {
    if entry.source.key.kind != entry.past.source_kind() {
        return Err(Error::invalid("source", format!("the key is of kind {}", entry.past.source_kind())));
    }
    if was_told(draft, lead, entry.source)? {
        return Ok(false);
    }
    let at = draft.occurred("occurred_at", Some(entry.occurred_at))?;
    let occasion = Occasion { at, imported: true, source: Some(entry.source) };
    let line = &entry.line;
    // What moves a track or opens a deal goes on where the person stands.
    let person = lead;
    let lead = draft.state().acting(person, line);
    match &entry.past {
        Past::Activity { kind, properties } => {
            note(draft, person, kind, properties, occasion)?;
        }
        Past::Qualified => {
            qualified(draft, person, line, occasion)?;
        }
        Past::Assigned { owner } => {
            let handoff = open_handoff(draft, lead, line)?;
            let (owner, team) = user(draft, owner, "assigned.owner")?;
            assign(draft, handoff, owner, team, occasion)?;
        }
        Past::Accepted { by } => accepted(draft, lead, line, by.as_deref(), occasion)?,
        Past::Rejected { by, reason, disposition, note } => {
            let handoff = open_handoff(draft, lead, line)?;
            if let Some(by) = by
                && draft.handoff(handoff)?.state == HandoffState::PendingRoute
            {
                // Whoever rejected it must have had it.
                let (owner, team) = user(draft, by, "rejected.decided_by")?;
                assign(draft, handoff, owner, team, occasion.aside())?;
            }
            let principal = principal(draft, by.as_deref(), "rejected.decided_by")?;
            let (disposition, note) = (*disposition, note.as_deref());
            let verdict = Verdict { principal, reason: *reason, disposition, segment: None, note };
            reject(draft, handoff, verdict, occasion)?;
        }
        Past::Returned { to, reason } => return_sql(draft, lead, line, *to, reason, occasion)?,
        Past::Contact { by, kind, direction, human, channel } => {
            let by = principal(draft, by.as_deref(), "contact.made_by")?;
            let (kind, direction, human) = (*kind, *direction, *human);
            contact(
                draft,
                person,
                Touch { line: Some(line), kind, direction, human, channel, by },
                occasion,
            )?;
        }
        Past::OpportunityOpened { amount } => {
            outcome(draft, lead, line, &Outcome::Opened { amount: *amount }, occasion)?;
        }
        Past::Won { amount } => {
            outcome(draft, lead, line, &Outcome::Won { amount: *amount }, occasion)?;
        }
        Past::Lost { reason } => {
            outcome(draft, lead, line, &Outcome::Lost { reason: reason.clone() }, occasion)?;
        }
        Past::Nurtured { segment } => nurture(draft, lead, line, segment.as_deref(), occasion)?,
        Past::Disqualified { reason } => disqualify(draft, lead, line, reason, occasion)?,
    }
    Ok(true)
}

/// Whether the same came before; something else under the same key is a conflict (edge case 12).
fn was_told(draft: &Draft<'_, '_>, lead: LeadId, source: Source) -> Result<bool, Error> {
    let is_same = |known| draft.state().survivor(known) == lead;
    match draft.state().source(&source.key) {
        None => Ok(false),
        Some(known) if known.content == source.content && is_same(known.lead) => Ok(true),
        Some(known) => {
            let facts = [
                ("kind", source.key.kind.to_string()),
                ("lead", refusal::lead_id_name(known.lead)),
                (
                    "way_out",
                    "history is never changed: give the new content a source key of its own".to_owned(),
                ),
            ];
            Err(Error::already_exists(Reason::SourceKeyConflict, facts))
        }
    }
}

/// An acceptance of an MQL, or of a lead whose MQL stage nobody saw.
pub(super) fn accepted(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    by: Option<&str>,
    occasion: Occasion,
) -> Result<(), Error> {
    let from = draft.dossier(lead).stage(line);
    if Transition::Skipped.allows(Some(from), Stage::Sql) {
        skip(draft, lead, line, Stage::Sql, from.skipped_to(Stage::Sql), occasion);
        return Ok(());
    }
    let handoff = open_handoff(draft, lead, line)?;
    let field = "accepted.decided_by";
    let owner = by.map(|by| user(draft, by, field)).transpose()?;
    let decider = Decider { principal: principal(draft, by, field)?, owner };
    accept(draft, handoff, decider, occasion)
}

pub(super) fn open_handoff(
    draft: &Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
) -> Result<HandoffId, Error> {
    let dossier = draft.dossier(lead);
    let open = dossier.open_handoff(line).map(|handoff| handoff.id);
    let way_out = "tell first how the lead became an MQL: this needs an open handoff";
    open.ok_or_else(|| refusal::lead_stands_elsewhere(lead, line, dossier.stage(line), way_out))
}

/// A user of the tenant; in the past it may have been active, whatever it is now.
fn user(draft: &Draft<'_, '_>, slug: &str, field: &str) -> Result<(UserId, Option<TeamId>), Error> {
    known(draft, slug, field).map(|user| (user.id, user.team))
}

/// Who did it, if the source says so; or else who brings it.
fn principal(draft: &Draft<'_, '_>, by: Option<&str>, field: &str) -> Result<String, Error> {
    match by {
        None => Ok(draft.principal()),
        Some(slug) => known(draft, slug, field).map(|user| format!("users/{}", user.slug)),
    }
}

/// A name that is nobody's is a mistake of its field: whoever brings a file wants to know which column it is in.
fn known<'d>(draft: &'d Draft<'_, '_>, slug: &str, field: &str) -> Result<&'d User, Error> {
    draft.user(slug).map_err(|_| Error::invalid(field, format!("there is no user users/{slug}")))
}

/// Says at which entry the item was refused.
fn at_entry(error: Error, index: usize) -> Error {
    match error {
        Error::Invalid(mut violations) => {
            for violation in &mut violations {
                violation.field = format!("entries[{index}].{}", violation.field);
            }
            Error::Invalid(violations)
        }
        Error::Refused { reason, mut facts } => {
            facts.insert("entry".to_owned(), index.to_string());
            Error::Refused { reason, facts }
        }
        Error::AlreadyExists { reason, mut facts } => {
            facts.insert("entry".to_owned(), index.to_string());
            Error::AlreadyExists { reason, facts }
        }
        other => other,
    }
}
