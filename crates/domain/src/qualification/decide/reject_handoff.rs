//! Refusing a handoff (R3): the lead goes back to nurture or out, or the handoff goes back to routing, which is no
//! rejection.

use crate::error::Error;
use crate::id::HandoffId;
use crate::qualification::command::RejectHandoff;
use crate::qualification::decide::adjust_score::set_baseline;
use crate::qualification::decide::draft::{Draft, Occasion, same_version};
use crate::qualification::decide::find_owner::find_owner;
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, HandoffRejected, HandoffReturned, Returned, Step};
use crate::qualification::record::{HandoffState, Person};
use crate::qualification::rejection::{Disposition, RejectionReason};
use crate::qualification::stage::Stage;

/// What is said with a rejection.
pub(super) struct Verdict<'a> {
    pub(super) principal: String,
    pub(super) reason: RejectionReason,
    pub(super) disposition: Option<Disposition>,
    pub(super) segment: Option<&'a str>,
    pub(super) note: Option<&'a str>,
}

pub(super) fn reject_handoff(draft: &mut Draft<'_, '_>, command: &RejectHandoff) -> Result<Answer, Error> {
    draft.only_sales()?;
    let handoff = draft.handoff(command.handoff)?;
    if handoff.state != HandoffState::Assigned {
        let way_out = match handoff.state {
            HandoffState::PendingRoute => "assign it first: whoever rejects must own it",
            _ => "only an open handoff can be rejected",
        };
        return Err(refusal::handoff_stands_elsewhere(handoff, way_out));
    }
    same_version(command.version, handoff.version, refusal::handoff_name(handoff.id))?;
    let verdict = Verdict {
        principal: draft.principal(),
        reason: command.reason,
        disposition: command.disposition,
        segment: command.segment.as_deref(),
        note: command.note.as_deref(),
    };
    let occasion = Occasion::live(draft.now());
    reject(draft, command.handoff, verdict, occasion)?;
    Ok(Answer::Handoff(command.handoff))
}

/// Rejects an open handoff, or returns it to routing.
pub(super) fn reject(
    draft: &mut Draft<'_, '_>,
    handoff: HandoffId,
    verdict: Verdict<'_>,
    occasion: Occasion,
) -> Result<(), Error> {
    let note = verdict.note.map(str::trim).filter(|note| !note.is_empty());
    if verdict.reason.needs_note() && note.is_none() {
        return Err(Error::invalid("note", format!("{} says nothing without a note", verdict.reason)));
    }
    let disposition = verdict.disposition.unwrap_or(verdict.reason.disposition());
    let cooldown = draft.tenant()?.defaults.cooldown;
    let handoff = draft.handoff(handoff)?;
    let person = Person { note: note.map(str::to_owned), ..Person::default() };
    let (to, cooldown_until) = match disposition {
        Disposition::Recycle => (Stage::Nurture, Some(occasion.at + cooldown)),
        Disposition::Disqualify => (Stage::Disqualified, None),
        Disposition::Merge => {
            let way_out = "a rejection does not say with whom: reject with RECYCLE, then merge the leads";
            return Err(Error::invalid("disposition", way_out));
        }
        Disposition::ReturnToRouting => {
            let event = HandoffReturned {
                occurred_at: occasion.at,
                handoff: handoff.id,
                lead: handoff.lead,
                line: handoff.line.clone(),
                cycle: handoff.cycle,
                previous_owner: handoff.owner,
                returned_by: verdict.principal,
                why: Returned::By(verdict.reason),
                imported: occasion.imported,
                source: occasion.source,
                person,
            };
            let id = event.handoff;
            draft.emit(Event::HandoffReturned(event));
            if !occasion.imported {
                find_owner(draft, id)?;
            }
            return Ok(());
        }
    };
    let event = HandoffRejected {
        occurred_at: occasion.at,
        handoff: handoff.id,
        lead: handoff.lead,
        step: Step { line: handoff.line.clone(), cycle: handoff.cycle, from: Some(Stage::Mql), to },
        mql_at: handoff.mql_at,
        owner: handoff.owner,
        team: handoff.team,
        decided_by: verdict.principal,
        reason: verdict.reason,
        disposition,
        attribution: verdict.reason.attribution(),
        segment: verdict.segment.filter(|_| to == Stage::Nurture).map(str::to_owned),
        cooldown_until,
        imported: occasion.imported,
        source: occasion.source,
        person,
    };
    let lead = event.lead;
    draft.emit(Event::HandoffRejected(event));
    if disposition == Disposition::Recycle {
        // Recycling resets behaviour, and not fit: what the lead did until now has been judged.
        set_baseline(draft, lead, occasion.aside())?;
    }
    Ok(())
}
