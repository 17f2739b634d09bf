//! The end of a dispute. Sales says whether its rejection stands: upheld, it is final; overturned, the handoff waits for a
//! decision once more, with a clock of its own, and the lead is an MQL again.
//!
//! Nobody judges in a cause of his own: not who disputed, and not who rejected, unless to give in.

use crate::error::{Error, Reason};
use crate::id::{TeamId, UserId};
use crate::qualification::command::{Finding, ResolveDispute};
use crate::qualification::decide::draft::{Draft, same_version};
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{DisputeResolved, Event, Reopening, Step};
use crate::qualification::record::{Handoff, HandoffState, Person, Suppression, WithdrawalReason};
use crate::qualification::rejection::Disposition;
use crate::qualification::stage::{Stage, Transition};

pub(super) fn resolve_dispute(draft: &mut Draft<'_, '_>, command: &ResolveDispute) -> Result<Answer, Error> {
    draft.only_sales()?;
    let note = command.note.trim();
    if note.is_empty() {
        return Err(Error::invalid("note", "say to marketing why the dispute ends so"));
    }
    let handoff = draft.handoff(command.handoff)?;
    if handoff.state != HandoffState::Disputed {
        let way_out = "only a disputed handoff has a dispute to resolve";
        return Err(refusal::handoff_stands_elsewhere(handoff, way_out));
    }
    same_version(command.version, handoff.version, refusal::handoff_name(handoff.id))?;
    guard_party(draft, handoff, &command.finding)?;
    let reopening = match &command.finding {
        Finding::Upheld => None,
        Finding::Overturned { owner } => Some(reopening(draft, handoff, owner.as_deref())?),
    };
    draft.emit(Event::DisputeResolved(DisputeResolved {
        occurred_at: draft.now(),
        handoff: handoff.id,
        lead: handoff.lead,
        line: handoff.line.clone(),
        cycle: handoff.cycle,
        mql_at: handoff.mql_at,
        resolved_by: draft.principal(),
        reopening,
        person: Person { note: Some(note.to_owned()), ..Person::default() },
    }));
    Ok(Answer::Handoff(command.handoff))
}

fn guard_party(draft: &Draft<'_, '_>, handoff: &Handoff, finding: &Finding) -> Result<(), Error> {
    let me = draft.principal();
    let disputed_by = handoff.dispute.as_ref().map(|dispute| dispute.disputed_by.as_str());
    let rejected_by = handoff.decided_by.as_deref().filter(|_| *finding == Finding::Upheld);
    if disputed_by != Some(me.as_str()) && rejected_by != Some(me.as_str()) {
        return Ok(());
    }
    let facts = [
        ("handoff", refusal::handoff_name(handoff.id)),
        ("actor", me),
        ("way_out", "somebody of sales resolves it who neither disputed nor rejected".to_owned()),
    ];
    Err(Error::refused(Reason::OwnDispute, facts))
}

/// How sales decides anew, if nothing came after the rejection.
fn reopening(draft: &Draft<'_, '_>, handoff: &Handoff, owner: Option<&str>) -> Result<Reopening, Error> {
    let person = draft.whole(draft.state().survivor(handoff.lead));
    if person.lead.suppression != Suppression::None {
        return Err(refusal::lead_suppressed(handoff.lead, person.lead.suppression));
    }
    if let Some(open) = person.open_handoff(&handoff.line) {
        return Err(refusal::handoff_open(open));
    }
    if let Some(newer) = person.handoffs.values().find(|other| is_newer(other, handoff)) {
        return Err(refusal::newer_handoff(handoff, newer));
    }
    let dossier = draft.dossier(handoff.lead);
    let (from, cycle) = (dossier.stage(&handoff.line), dossier.cycle(&handoff.line));
    if cycle != handoff.cycle || !Transition::Overturned.allows(Some(from), Stage::Mql) {
        let way_out = "the lead has gone on since the rejection: uphold it";
        return Err(refusal::lead_stands_elsewhere(handoff.lead, &handoff.line, from, way_out));
    }
    let (owner, team) = who_decides(draft, handoff, owner)?;
    Ok(Reopening {
        step: Step { line: handoff.line.clone(), cycle, from: Some(from), to: Stage::Mql },
        owner,
        team,
        round: handoff.round + 1,
        ends_cooldown: ends_cooldown(dossier.handoffs.values(), handoff),
    })
}

/// A handoff that the person had on the line after this one.
pub(super) fn is_newer(other: &Handoff, than: &Handoff) -> bool {
    let came_later =
        if other.lead == than.lead { other.cycle > than.cycle } else { other.mql_at > than.mql_at };
    other.line == than.line && other.id != than.id && came_later
}

/// Whoever is named, or else whoever had it: an active user of sales in any case, for somebody has to decide.
fn who_decides(
    draft: &Draft<'_, '_>,
    handoff: &Handoff,
    owner: Option<&str>,
) -> Result<(UserId, Option<TeamId>), Error> {
    let owner = match (owner, handoff.owner) {
        (Some(slug), _) => draft.available_owner(slug)?,
        (None, Some(owner)) => draft.available(draft.state().user_by_id(owner).ok_or(Error::Internal)?)?,
        (None, None) => return Err(Error::invalid("owner", "is required: nobody owned the handoff")),
    };
    Ok((owner.id, owner.team))
}

/// Whether the lead cools down because of this rejection: of several the latest says until when.
pub(super) fn ends_cooldown<'h>(of_lead: impl Iterator<Item = &'h Handoff>, handoff: &Handoff) -> bool {
    let cools = |it: &&Handoff| {
        it.disposition == Some(Disposition::Recycle) || it.withdrawal == Some(WithdrawalReason::Recalled)
    };
    let latest = of_lead.filter(cools).max_by_key(|it| (it.decided_at, it.version));
    latest.is_some_and(|latest| latest.id == handoff.id)
}
