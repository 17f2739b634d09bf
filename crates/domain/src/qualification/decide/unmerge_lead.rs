//! A merge was wrong (edge case 10). Every record has stayed with its lead, so the lead is what it would have been; what
//! happened meanwhile stays where it happened. A handoff that the merge took back cannot be given back, because it is
//! over and its clock was cancelled: its lead is handed over anew, unless something else stands in the way by now.

use crate::error::{Error, Reason};
use crate::id::LeadId;
use crate::qualification::command::UnmergeLead;
use crate::qualification::decide::draft::{Draft, Occasion, same_version};
use crate::qualification::decide::qualify_lead::{Cause, hand_over};
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, LeadUnmerged};
use crate::qualification::record::{Handoff, Merit, ProductLine, Standing, Suppression, Trigger};
use crate::qualification::stage::Stage;

pub(super) fn unmerge_lead(draft: &mut Draft<'_, '_>, command: &UnmergeLead) -> Result<Answer, Error> {
    draft.tenant()?;
    let lead = draft.named(&command.lead)?;
    let own = &draft.dossier(lead).lead;
    let Some(from) = own.merged_into else {
        let facts = [
            ("lead", refusal::lead_id_name(lead)),
            ("state", own.stage.to_string()),
            ("way_out", "name the lead that was merged, not the one that it was merged into".to_owned()),
        ];
        return Err(Error::refused(Reason::IllegalState, facts));
    };
    same_version(command.version, own.version, refusal::lead_id_name(lead))?;

    let occasion = Occasion::live(draft.now());
    let survivor = draft.state().survivor(lead);
    let leads = draft.state().members(lead);
    let all = draft.state().members(survivor);
    let stay: Vec<LeadId> = all.into_iter().filter(|member| !leads.contains(member)).collect();
    let event = LeadUnmerged {
        occurred_at: occasion.at,
        lead,
        from,
        survivor,
        standing: standing(draft, lead, &leads),
        survivor_standing: standing(draft, survivor, &stay),
        leads: leads.clone(),
    };
    draft.emit(Event::LeadUnmerged(event));
    give_back(draft, lead, &leads, &stay, occasion)?;
    give_back(draft, survivor, &stay, &leads, occasion)?;
    Ok(Answer::Lead(lead))
}

fn standing(draft: &Draft<'_, '_>, lead: LeadId, members: &[LeadId]) -> Standing {
    draft.state().standing(members).unwrap_or_else(|| draft.dossier(lead).lead.standing())
}

/// Hands a lead over again where it lost its handoff to one of `others`.
fn give_back(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    members: &[LeadId],
    others: &[LeadId],
    occasion: Occasion,
) -> Result<(), Error> {
    let lost: Vec<(ProductLine, Trigger, Option<Merit>)> = members
        .iter()
        .flat_map(|member| draft.dossier(*member).handoffs.values())
        .filter(|handoff| lost_to(draft, handoff, others))
        .map(|handoff| (handoff.line.clone(), handoff.trigger, handoff.merit))
        .collect();
    for (line, trigger, merit) in lost {
        if may_wait_for_sales(draft, lead, &line) {
            // No import says so: it is the same lead that marketing handed over.
            let trigger = if trigger == Trigger::Imported { Trigger::Manual } else { trigger };
            hand_over(draft, lead, &line, Cause { trigger, merit, occasion }, |_, _| Ok(()))?;
        }
    }
    Ok(())
}

/// Whether the handoff was taken back for one of these leads, and its track has not moved since.
fn lost_to(draft: &Draft<'_, '_>, handoff: &Handoff, others: &[LeadId]) -> bool {
    let first = handoff.superseded_by.and_then(|first| draft.handoff(first).ok());
    let track = draft.dossier(handoff.lead).tracks.get(&handoff.line);
    first.is_some_and(|first| others.contains(&first.lead))
        && track.is_some_and(|track| track.stage == Stage::Nurture && track.cycle == handoff.cycle)
}

fn may_wait_for_sales(draft: &Draft<'_, '_>, lead: LeadId, line: &ProductLine) -> bool {
    let whole = draft.whole(lead);
    let contract = draft.tenant().ok().and_then(|tenant| tenant.contract_effective_from);
    matches!(whole.stage(line), Stage::Lead | Stage::Nurture)
        && whole.lead.suppression == Suppression::None
        && contract.is_some_and(|from| from <= draft.now())
}
