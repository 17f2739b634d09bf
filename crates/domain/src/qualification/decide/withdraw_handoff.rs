//! Taking a handoff back before sales has decided: by hand, because the lead must not be handed over any more, or because
//! another handoff goes on in its place. Its clock is cancelled, and nothing was wasted.

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::id::{HandoffId, LeadId};
use crate::qualification::command::WithdrawHandoff;
use crate::qualification::decide::draft::{Draft, Occasion, same_version};
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, HandoffWithdrawn, Step};
use crate::qualification::record::{Handoff, Person, Suppression, WithdrawalReason};
use crate::qualification::stage::Stage;

/// Why a handoff is taken back, and what follows from that.
#[derive(Debug, Clone)]
pub(super) struct Withdrawal {
    reason: WithdrawalReason,
    superseded_by: Option<HandoffId>,
    cooldown_until: Option<DateTime<Utc>>,
    note: Option<String>,
}

impl Withdrawal {
    fn because(reason: WithdrawalReason) -> Self {
        Self { reason, superseded_by: None, cooldown_until: None, note: None }
    }

    /// This handoff goes on in its place (edge case 9).
    pub(super) fn merged_into(handoff: HandoffId) -> Self {
        Self { superseded_by: Some(handoff), ..Self::because(WithdrawalReason::Merged) }
    }
}

/// By hand: marketing's, as rejecting is sales'. The lead would reach the thresholds again at once, so it has to cool down,
/// like one that was rejected.
pub(super) fn withdraw_handoff(
    draft: &mut Draft<'_, '_>,
    command: &WithdrawHandoff,
) -> Result<Answer, Error> {
    draft.only_marketing()?;
    let note = command.note.trim();
    if note.is_empty() {
        return Err(Error::invalid("note", "say to sales why it is taken back"));
    }
    let handoff = draft.handoff(command.handoff)?.clone();
    if !handoff.state.is_open() {
        return Err(refusal::handoff_stands_elsewhere(&handoff, "only an open handoff can be taken back"));
    }
    same_version(command.version, handoff.version, refusal::handoff_name(handoff.id))?;
    let occasion = Occasion::live(draft.now());
    let cooldown = command.cooldown.unwrap_or(draft.tenant()?.defaults.cooldown);
    let withdrawal = Withdrawal {
        cooldown_until: Some(occasion.at + cooldown),
        note: Some(note.to_owned()),
        ..Withdrawal::because(WithdrawalReason::Recalled)
    };
    withdraw(draft, &handoff, withdrawal, occasion);
    Ok(Answer::Handoff(command.handoff))
}

/// A lead that must not be handed over is in nobody's hands: its open handoffs are taken back (edge case 39).
pub(super) fn withdraw_all(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    suppression: Suppression,
    occasion: Occasion,
) {
    let reason = match suppression {
        Suppression::None => return,
        Suppression::Consent => WithdrawalReason::Consent,
        Suppression::Competitor => WithdrawalReason::Competitor,
        Suppression::Customer => WithdrawalReason::Customer,
        Suppression::Test => WithdrawalReason::Test,
    };
    let whole = draft.whole(lead);
    let open: Vec<Handoff> =
        whole.handoffs.values().filter(|handoff| handoff.state.is_open()).cloned().collect();
    open.iter().for_each(|handoff| withdraw(draft, handoff, Withdrawal::because(reason), occasion));
}

/// Takes an open handoff back.
pub(super) fn withdraw(
    draft: &mut Draft<'_, '_>,
    handoff: &Handoff,
    withdrawal: Withdrawal,
    occasion: Occasion,
) {
    let (line, cycle) = (handoff.line.clone(), handoff.cycle);
    let Withdrawal { reason, superseded_by, cooldown_until, note } = withdrawal;
    draft.emit(Event::HandoffWithdrawn(HandoffWithdrawn {
        occurred_at: occasion.at,
        handoff: handoff.id,
        lead: handoff.lead,
        step: Step { line, cycle, from: Some(Stage::Mql), to: Stage::Nurture },
        mql_at: handoff.mql_at,
        reason,
        superseded_by,
        cooldown_until,
        imported: occasion.imported,
        person: Person { note, ..Person::default() },
    }));
}
