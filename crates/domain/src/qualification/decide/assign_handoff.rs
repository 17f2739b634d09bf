//! Giving a handoff its owner, or another one while it is open (R22).

use crate::error::Error;
use crate::id::{HandoffId, TeamId, UserId};
use crate::qualification::command::AssignHandoff;
use crate::qualification::decide::draft::{Draft, Occasion, same_version};
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, HandoffReassigned, HandoffRouted};
use crate::qualification::record::HandoffState;

pub(super) fn assign_handoff(draft: &mut Draft<'_, '_>, command: &AssignHandoff) -> Result<Answer, Error> {
    let handoff = draft.handoff(command.handoff)?;
    if !handoff.state.is_open() {
        return Err(refusal::handoff_stands_elsewhere(handoff, "only an open handoff can be assigned"));
    }
    same_version(command.version, handoff.version, refusal::handoff_name(handoff.id))?;
    let owner = draft.available_owner(&command.owner)?;
    // Assigning again to the same owner says nothing new; it must not start the owner's clock anew.
    if handoff.owner != Some(owner.id) {
        let (owner, team) = (owner.id, owner.team);
        let occasion = Occasion::live(draft.now());
        assign(draft, command.handoff, owner, team, occasion)?;
    }
    Ok(Answer::Handoff(command.handoff))
}

/// Gives an open handoff to `owner`, whoever had it.
pub(super) fn assign(
    draft: &mut Draft<'_, '_>,
    handoff: HandoffId,
    owner: UserId,
    team: Option<TeamId>,
    occasion: Occasion,
) -> Result<(), Error> {
    let handoff = draft.handoff(handoff)?;
    let (id, lead, line, cycle) = (handoff.id, handoff.lead, handoff.line.clone(), handoff.cycle);
    let Occasion { at: occurred_at, imported, source } = occasion;
    let event = match handoff.state {
        HandoffState::PendingRoute => Event::HandoffRouted(HandoffRouted {
            occurred_at,
            handoff: id,
            lead,
            line,
            cycle,
            owner,
            team,
            routing: None,
            imported,
            source,
        }),
        _ => Event::HandoffReassigned(HandoffReassigned {
            occurred_at,
            handoff: id,
            lead,
            line,
            cycle,
            previous_owner: handoff.owner,
            owner,
            team,
            imported,
            source,
        }),
    };
    draft.emit(event);
    Ok(())
}
