//! Two leads are one person (edge case 9). Nothing is moved: the duplicate points to the survivor, and whatever hangs on
//! either counts for the survivor from then on. Only where both wait for sales on one line the later handoff is taken
//! back, because nobody decides twice about one person.

use crate::error::Error;
use crate::id::LeadId;
use crate::qualification::command::MergeLeads;
use crate::qualification::decide::draft::{Draft, Occasion, same_version};
use crate::qualification::decide::withdraw_handoff::{Withdrawal, withdraw, withdraw_all};
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, LeadMerged};
use crate::qualification::record::Handoff;

pub(super) fn merge_leads(draft: &mut Draft<'_, '_>, command: &MergeLeads) -> Result<Answer, Error> {
    draft.tenant()?;
    let (survivor, duplicate) = (draft.lead(&command.survivor)?, draft.named(&command.duplicate)?);
    if let Some(into) = draft.dossier(duplicate).lead.merged_into {
        return Err(refusal::lead_merged(duplicate, into));
    }
    if survivor == duplicate {
        return Err(Error::invalid("duplicate", "is the same lead as the survivor"));
    }
    let version = |lead| draft.whole(lead).lead.version;
    same_version(command.survivor_version, version(survivor), refusal::lead_id_name(survivor))?;
    same_version(command.duplicate_version, version(duplicate), refusal::lead_id_name(duplicate))?;

    let occasion = Occasion::live(draft.now());
    for (first, later) in waiting_twice(draft, survivor, duplicate) {
        withdraw(draft, &later, Withdrawal::merged_into(first.id), occasion);
    }
    let leads = draft.state().members(duplicate);
    let all = [draft.state().members(survivor), leads.clone()].concat();
    let standing = draft.state().standing(&all);
    draft.emit(Event::LeadMerged(LeadMerged {
        occurred_at: occasion.at,
        lead: duplicate,
        into: survivor,
        leads,
        standing: standing.unwrap_or_else(|| draft.dossier(survivor).lead.standing()),
    }));
    // Who must not be handed over as one must not be as the other (edge case 39).
    let suppression = draft.whole(survivor).lead.suppression;
    withdraw_all(draft, survivor, suppression, occasion);
    Ok(Answer::Lead(survivor))
}

/// The open handoffs of both on one line: the one that began first, and the later. Of two that began at one instant the
/// survivor's is the first.
fn waiting_twice(draft: &Draft<'_, '_>, survivor: LeadId, duplicate: LeadId) -> Vec<(Handoff, Handoff)> {
    let (one, other) = (draft.whole(survivor), draft.whole(duplicate));
    let open = one.handoffs.values().filter(|handoff| handoff.state.is_open());
    let both = open.filter_map(|ours| Some((ours, other.open_handoff(&ours.line)?)));
    both.map(|(ours, theirs)| if ours.mql_at <= theirs.mql_at { (ours, theirs) } else { (theirs, ours) })
        .map(|(first, later)| (first.clone(), later.clone()))
        .collect()
}
