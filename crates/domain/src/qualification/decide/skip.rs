//! Moving a track past stages that were not seen, and starting a customer's next cycle. No handoff is ever invented:
//! a skip out of MQL closes the one that is open, a skip from before it makes none (edge case 5).

use crate::id::LeadId;
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::event::{Event, HandoffAccepted, NewInterest, StageSkipped, Step};
use crate::qualification::record::ProductLine;
use crate::qualification::stage::Stage;

/// Starts a new cycle if the lead is a customer on this line; otherwise nothing.
pub(super) fn begin_again(draft: &mut Draft<'_, '_>, lead: LeadId, line: &ProductLine, occasion: Occasion) {
    let dossier = draft.dossier(lead);
    if dossier.stage(line) != Stage::Customer {
        return;
    }
    let cycle = dossier.cycle(line) + 1;
    draft.emit(Event::NewInterest(NewInterest {
        occurred_at: occasion.at,
        lead,
        step: Step { line: line.clone(), cycle, from: Some(Stage::Customer), to: Stage::Lead },
        imported: occasion.imported,
    }));
}

/// Moves a track from where it stands to `to`, past `skipped`. An open handoff is accepted by implication: a deal
/// was made out of it, so sales must have taken it, but nobody knows when.
pub(super) fn skip(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    to: Stage,
    skipped: Vec<Stage>,
    occasion: Occasion,
) {
    let dossier = draft.dossier(lead);
    let (from, cycle) = (dossier.stage(line), dossier.cycle(line));
    let snapshot = draft.whole(draft.state().survivor(lead)).snapshot();
    let open = dossier.open_handoff(line).cloned();
    if let Some(handoff) = &open {
        let accepted = HandoffAccepted {
            occurred_at: occasion.at,
            handoff: handoff.id,
            lead,
            line: line.clone(),
            cycle,
            step: None,
            mql_at: handoff.mql_at,
            owner: handoff.owner,
            team: handoff.team,
            decided_by: draft.principal(),
            implied: true,
            implied_assignment: handoff.owner.is_none(),
            auto: false,
            imported: occasion.imported,
            source: None,
        };
        draft.emit(Event::HandoffAccepted(accepted));
    }
    draft.emit(Event::StageSkipped(StageSkipped {
        occurred_at: occasion.at,
        lead,
        step: Step { line: line.clone(), cycle, from: Some(from), to },
        skipped,
        handoff: open.map(|handoff| handoff.id),
        snapshot,
        imported: occasion.imported,
        source: occasion.source,
    }));
}
