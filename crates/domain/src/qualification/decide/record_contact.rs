//! Noting a contact with a lead. It counts for the handoff that is open, or else for the latest: R31 asks whether a
//! lead was called, not who asked for the call.

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::id::{ContactId, LeadId};
use crate::qualification::command::RecordContact;
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::event::{Contacted, Event};
use crate::qualification::record::{ContactKind, Direction, Firsts, Handoff, ProductLine};
use crate::qualification::state::Dossier;

/// A contact, apart from with whom and when.
pub(super) struct Touch<'a> {
    pub(super) line: Option<&'a ProductLine>,
    pub(super) kind: ContactKind,
    pub(super) direction: Direction,
    pub(super) human: bool,
    pub(super) channel: &'a str,
    pub(super) by: String,
}

pub(super) fn record_contact(draft: &mut Draft<'_, '_>, command: &RecordContact) -> Result<Answer, Error> {
    let at = draft.occurred("occurred_at", command.occurred_at)?;
    let lead = draft.lead(&command.lead)?;
    let touch = Touch {
        line: command.line.as_ref(),
        kind: command.kind,
        direction: command.direction,
        human: command.human,
        channel: &command.channel,
        by: draft.principal(),
    };
    contact(draft, lead, touch, Occasion::live(at)).map(Answer::Contact)
}

pub(super) fn contact(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    touch: Touch<'_>,
    occasion: Occasion,
) -> Result<ContactId, Error> {
    if touch.kind != ContactKind::Attempt && !touch.human {
        return Err(Error::invalid("human", "only a human can speak with a lead or meet it"));
    }
    let contact = draft.context.ids.next();
    let whole = draft.whole(lead);
    let handoff = counts_for(&whole, touch.line);
    // It is one with the lead whose handoff it counts for.
    let lead = handoff.map_or(lead, |handoff| handoff.lead);
    // Without a handoff they are this contact's own: reports count them for the cycle that waits for its MQL.
    let known = handoff.map(|handoff| handoff.firsts).unwrap_or_default();
    let firsts = with(known, &touch, occasion.at);
    let contacted = Contacted {
        occurred_at: occasion.at,
        contact,
        lead,
        handoff: handoff.map(|handoff| handoff.id),
        direction: touch.direction,
        human: touch.human,
        channel: touch.channel.to_owned(),
        by: touch.by,
        firsts,
        imported: occasion.imported,
        source: occasion.source,
    };
    draft.emit(match touch.kind {
        ContactKind::Attempt => Event::ContactAttempted(contacted),
        ContactKind::Connect => Event::ContactConnected(contacted),
        ContactKind::Meeting => Event::MeetingHeld(contacted),
    });
    Ok(contact)
}

/// The open handoff that began last, or else the one that began last. Of two that began at one instant the last by the name
/// of its line: ids are random, and whoever decides again must come to the same.
fn counts_for<'a>(dossier: &'a Dossier, line: Option<&ProductLine>) -> Option<&'a Handoff> {
    let about = dossier.handoffs.values().filter(|handoff| line.is_none_or(|line| handoff.line == *line));
    let began = |handoff: &Handoff| (handoff.state.is_open(), handoff.mql_at, handoff.cycle);
    about.max_by(|a, b| began(a).cmp(&began(b)).then_with(|| a.line.cmp(&b.line)))
}

/// The first contacts with this one in. Who speaks with a lead has reached it, and who called has attempted it; what
/// came in or what a machine sent is no attempt. What is told late may still be the first.
fn with(firsts: Firsts, touch: &Touch<'_>, at: DateTime<Utc>) -> Firsts {
    let earliest = |known: Option<DateTime<Utc>>, counts: bool| {
        if counts { Some(known.map_or(at, |known| known.min(at))) } else { known }
    };
    let attempted = touch.human && touch.direction == Direction::Outbound;
    Firsts {
        attempt_at: earliest(firsts.attempt_at, attempted),
        connect_at: earliest(firsts.connect_at, touch.kind != ContactKind::Attempt),
        meeting_at: earliest(firsts.meeting_at, touch.kind == ContactKind::Meeting),
    }
}
