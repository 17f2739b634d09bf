//! Taking a handoff: the lead becomes an SQL (R2). Of two who decide at once the first by position wins, and the
//! other learns how it stands (edge case 17).

use crate::error::Error;
use crate::id::{HandoffId, TeamId, UserId};
use crate::qualification::command::AcceptHandoff;
use crate::qualification::decide::draft::{Draft, Occasion, same_version};
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, HandoffAccepted, Step};
use crate::qualification::record::HandoffState;
use crate::qualification::stage::Stage;
use crate::qualification::state::user_slug;

/// Who accepted: the principal, and the owner that it makes of a handoff without one.
pub(super) struct Decider {
    pub(super) principal: String,
    pub(super) owner: Option<(UserId, Option<TeamId>)>,
}

pub(super) fn accept_handoff(draft: &mut Draft<'_, '_>, command: &AcceptHandoff) -> Result<Answer, Error> {
    draft.only_sales()?;
    let handoff = draft.handoff(command.handoff)?;
    if !handoff.state.is_open() {
        return Err(refusal::handoff_stands_elsewhere(handoff, "only an open handoff can be accepted"));
    }
    same_version(command.version, handoff.version, refusal::handoff_name(handoff.id))?;
    let actor = user_slug(draft.speaker()).filter(|_| handoff.state == HandoffState::PendingRoute);
    let owner = actor.map(|slug| draft.available_owner(slug)).transpose()?;
    let owner = owner.map(|owner| (owner.id, owner.team));
    let decider = Decider { principal: draft.principal(), owner };
    let occasion = Occasion::live(draft.now());
    accept(draft, command.handoff, decider, occasion)?;
    Ok(Answer::Handoff(command.handoff))
}

/// Accepts an open handoff.
pub(super) fn accept(
    draft: &mut Draft<'_, '_>,
    handoff: HandoffId,
    decider: Decider,
    occasion: Occasion,
) -> Result<(), Error> {
    let handoff = draft.handoff(handoff)?;
    let unassigned = handoff.state == HandoffState::PendingRoute;
    let owner = handoff.owner.map(|owner| (owner, handoff.team)).or(decider.owner);
    let (line, cycle) = (handoff.line.clone(), handoff.cycle);
    let event = HandoffAccepted {
        occurred_at: occasion.at,
        handoff: handoff.id,
        lead: handoff.lead,
        line: line.clone(),
        cycle,
        step: Some(Step { line, cycle, from: Some(Stage::Mql), to: Stage::Sql }),
        mql_at: handoff.mql_at,
        owner: owner.map(|(owner, _)| owner),
        team: owner.and_then(|(_, team)| team),
        decided_by: decider.principal,
        implied: false,
        implied_assignment: unassigned,
        auto: false,
        imported: occasion.imported,
        source: occasion.source,
    };
    draft.emit(Event::HandoffAccepted(event));
    Ok(())
}
