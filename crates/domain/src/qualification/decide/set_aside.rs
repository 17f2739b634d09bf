//! Putting a lead aside before it is handed over: to a nurture flow (R12), or out.

use crate::error::Error;
use crate::id::LeadId;
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::decide::refusal;
use crate::qualification::event::{Event, LeadDisqualified, LeadNurtured, Step};
use crate::qualification::record::ProductLine;
use crate::qualification::stage::{Stage, Transition};

/// Sends a lead to a nurture flow, or to another one.
pub(super) fn nurture(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    segment: Option<&str>,
    occasion: Occasion,
) -> Result<(), Error> {
    let dossier = draft.dossier(lead);
    let (from, cycle) = (dossier.stage(line), dossier.cycle(line));
    if from != Stage::Nurture && !Transition::Nurtured.allows(Some(from), Stage::Nurture) {
        let way_out = "only a lead in LEAD or NURTURE can be nurtured; an MQL is rejected with RECYCLE";
        return Err(refusal::lead_stands_elsewhere(lead, line, from, way_out));
    }
    draft.emit(Event::LeadNurtured(LeadNurtured {
        occurred_at: occasion.at,
        lead,
        step: Step { line: line.clone(), cycle, from: Some(from), to: Stage::Nurture },
        segment: segment.map(str::to_owned),
        imported: occasion.imported,
        source: occasion.source,
    }));
    Ok(())
}

/// Gives a lead up.
pub(super) fn disqualify(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    reason: &str,
    occasion: Occasion,
) -> Result<(), Error> {
    let dossier = draft.dossier(lead);
    let (from, cycle) = (dossier.stage(line), dossier.cycle(line));
    if !Transition::Disqualified.allows(Some(from), Stage::Disqualified) {
        let way_out = "only a lead in LEAD or NURTURE can be given up; an MQL is rejected with DISQUALIFY";
        return Err(refusal::lead_stands_elsewhere(lead, line, from, way_out));
    }
    draft.emit(Event::LeadDisqualified(LeadDisqualified {
        occurred_at: occasion.at,
        lead,
        step: Step { line: line.clone(), cycle, from: Some(from), to: Stage::Disqualified },
        reason: reason.to_owned(),
        imported: occasion.imported,
        source: occasion.source,
    }));
    Ok(())
}
