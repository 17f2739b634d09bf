//! Marketing's objection to a rejection: within the tenant's window, and once for each decision. The rejection stands, and
//! the lead stays where it is, until somebody of sales says otherwise.

use crate::error::{Error, Reason};
use crate::qualification::command::DisputeHandoff;
use crate::qualification::decide::draft::{Draft, same_version};
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, HandoffDisputed};
use crate::qualification::record::{Dispute, Handoff, HandoffState, Person, Ruling};

pub(super) fn dispute_handoff(draft: &mut Draft<'_, '_>, command: &DisputeHandoff) -> Result<Answer, Error> {
    draft.only_marketing()?;
    let note = command.note.trim();
    if note.is_empty() {
        return Err(Error::invalid("note", "say to sales why the rejection is wrong"));
    }
    let handoff = draft.handoff(command.handoff)?;
    let decided_at = match handoff.decided_at {
        Some(decided_at) if is_disputable(handoff) => decided_at,
        _ => return Err(refusal::handoff_stands_elsewhere(handoff, way_out(handoff))),
    };
    same_version(command.version, handoff.version, refusal::handoff_name(handoff.id))?;
    let until = decided_at + draft.tenant()?.defaults.dispute_window;
    if draft.now() > until {
        let way_out = "the rejection is final; the lead may be handed over again when its cool-down is over";
        return Err(refusal::too_late(Reason::DisputeWindowOver, handoff, until, way_out));
    }
    draft.emit(Event::HandoffDisputed(HandoffDisputed {
        occurred_at: draft.now(),
        handoff: handoff.id,
        lead: handoff.lead,
        line: handoff.line.clone(),
        cycle: handoff.cycle,
        disputed_by: draft.principal(),
        person: Person { note: Some(note.to_owned()), ..Person::default() },
    }));
    Ok(Answer::Handoff(command.handoff))
}

/// A rejection is, unless a dispute about it was lost already. What was overturned and rejected anew is another decision.
fn is_disputable(handoff: &Handoff) -> bool {
    handoff.state == HandoffState::Rejected && !is_upheld(handoff)
}

fn is_upheld(handoff: &Handoff) -> bool {
    handoff.dispute.as_ref().and_then(Dispute::ruling) == Some(Ruling::Upheld)
}

fn way_out(handoff: &Handoff) -> &'static str {
    match handoff.state {
        HandoffState::Disputed => "it is disputed already: sales resolves the dispute",
        HandoffState::Rejected => "the rejection was upheld, and is final",
        _ => "only a rejected handoff can be disputed",
    }
}
