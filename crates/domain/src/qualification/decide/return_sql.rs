//! Sales gives an accepted lead back. No rejection: the acceptance stands, in every report, and so does its handoff; the
//! cycle ends without a deal. Imports say so, and a stage that is set in the CRM.

use crate::error::Error;
use crate::id::LeadId;
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::decide::refusal;
use crate::qualification::event::{Event, SqlReturned, Step};
use crate::qualification::record::ProductLine;
use crate::qualification::stage::{Stage, Transition};

/// Sends an SQL back to `to`, which is NURTURE or DISQUALIFIED.
pub(super) fn return_sql(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    to: Stage,
    reason: &str,
    occasion: Occasion,
) -> Result<(), Error> {
    let dossier = draft.dossier(lead);
    let (from, cycle) = (dossier.stage(line), dossier.cycle(line));
    if !Transition::Returned.allows(Some(from), to) {
        let way_out = "only an SQL can be returned; an MQL is rejected, and a deal is lost";
        return Err(refusal::lead_stands_elsewhere(lead, line, from, way_out));
    }
    let handoff = dossier.current_handoff(line).filter(|handoff| handoff.cycle == cycle);
    let handoff = handoff.map(|handoff| handoff.id);
    draft.emit(Event::SqlReturned(SqlReturned {
        occurred_at: occasion.at,
        lead,
        step: Step { line: line.clone(), cycle, from: Some(from), to },
        handoff,
        reason: reason.to_owned(),
        imported: occasion.imported,
        source: occasion.source,
    }));
    Ok(())
}
