//! Noting what came of a lead (R4). A source may know of a deal whose way we did not see: the stages between are
//! skipped in one row of the history. A won deal may lie before its MQL in time (edge case 15).

use crate::error::Error;
use crate::id::{HandoffId, LeadId, OpportunityId};
use crate::money::Money;
use crate::qualification::command::{Outcome, RecordOutcome};
use crate::qualification::decide::draft::{Draft, Occasion};
use crate::qualification::decide::skip::{begin_again, skip};
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, OpportunityLost, OpportunityOpened, OpportunityWon, Step};
use crate::qualification::record::{OpportunityState, ProductLine};
use crate::qualification::stage::{Stage, Transition};
use crate::qualification::state::Dossier;

pub(super) fn record_outcome(draft: &mut Draft<'_, '_>, command: &RecordOutcome) -> Result<Answer, Error> {
    let at = draft.occurred("occurred_at", command.occurred_at)?;
    let lead = draft.lead(&command.lead)?;
    let lead = draft.state().acting(lead, &command.line);
    let dossier = draft.dossier(lead);
    let stage = dossier.stage(&command.line);
    // A deal that is told twice must not count twice; an import has source keys against that.
    let way_out = match command.outcome {
        Outcome::Won { .. } | Outcome::Lost { .. } if stage == Stage::Customer => {
            Some("open an opportunity first: a customer's next deal is a new cycle")
        }
        Outcome::Lost { .. } if is_lost(dossier, &command.line) => {
            Some("open an opportunity first: the last deal is lost already")
        }
        _ => None,
    };
    if let Some(way_out) = way_out {
        return Err(refusal::lead_stands_elsewhere(lead, &command.line, stage, way_out));
    }
    let outcome = outcome(draft, lead, &command.line, &command.outcome, Occasion::live(at));
    outcome.map(Answer::Opportunity)
}

/// Whether the cycle's deal is lost and nothing came after it.
fn is_lost(dossier: &Dossier, line: &ProductLine) -> bool {
    let cycle = dossier.cycle(line);
    matches!(dossier.stage(line), Stage::Nurture | Stage::Disqualified)
        && dossier
            .opportunities
            .values()
            .any(|deal| deal.line == *line && deal.cycle == cycle && deal.state == OpportunityState::Lost)
}

pub(super) fn outcome(
    draft: &mut Draft<'_, '_>,
    lead: LeadId,
    line: &ProductLine,
    outcome: &Outcome,
    occasion: Occasion,
) -> Result<OpportunityId, Error> {
    if let Outcome::Opened { amount: Some(amount) } | Outcome::Won { amount: Some(amount) } = outcome
        && amount.amount().is_sign_negative()
        && !amount.amount().is_zero()
    {
        return Err(Error::invalid("amount", "a deal does not bring less than nothing"));
    }
    begin_again(draft, lead, line, occasion.aside());
    let dossier = draft.dossier(lead);
    if let (Outcome::Opened { .. }, Some(open)) = (outcome, dossier.open_opportunity(line)) {
        let way_out = format!("win or lose opportunities/{} first", open.id);
        return Err(refusal::lead_stands_elsewhere(lead, line, dossier.stage(line), &way_out));
    }
    let open = dossier.open_opportunity(line).map(|open| open.id);
    let opportunity = open.unwrap_or_else(|| draft.context.ids.next());
    let deal = Deal { opportunity, lead, line, occasion };
    match outcome {
        Outcome::Opened { amount } => deal.opened(draft, *amount),
        Outcome::Won { amount } => deal.won(draft, *amount),
        Outcome::Lost { reason } => deal.lost(draft, reason.as_deref()),
    }
    Ok(opportunity)
}

struct Deal<'a> {
    opportunity: OpportunityId,
    lead: LeadId,
    line: &'a ProductLine,
    occasion: Occasion,
}

impl Deal<'_> {
    fn opened(&self, draft: &mut Draft<'_, '_>, amount: Option<Money>) {
        let (step, cycle, handoff) = self.arrive(draft, Transition::Opened, Stage::Opportunity);
        draft.emit(Event::OpportunityOpened(OpportunityOpened {
            occurred_at: self.occasion.at,
            opportunity: self.opportunity,
            lead: self.lead,
            line: self.line.clone(),
            cycle,
            step,
            handoff,
            amount,
            imported: self.occasion.imported,
            source: self.occasion.source,
        }));
    }

    fn won(&self, draft: &mut Draft<'_, '_>, amount: Option<Money>) {
        let (step, cycle, handoff) = self.arrive(draft, Transition::Won, Stage::Customer);
        let dossier = draft.whole(draft.state().survivor(self.lead));
        let event = OpportunityWon {
            occurred_at: self.occasion.at,
            opportunity: self.opportunity,
            lead: self.lead,
            line: self.line.clone(),
            cycle,
            step,
            handoff,
            amount,
            new_customer: dossier.lead.customer_since.is_none(),
            captured_at: dossier.lead.captured_at,
            snapshot: dossier.snapshot(),
            imported: self.occasion.imported,
            source: self.occasion.source,
        };
        draft.emit(Event::OpportunityWon(event));
    }

    fn lost(&self, draft: &mut Draft<'_, '_>, reason: Option<&str>) {
        let (step, cycle, handoff) = self.arrive(draft, Transition::Lost, Stage::Nurture);
        draft.emit(Event::OpportunityLost(OpportunityLost {
            occurred_at: self.occasion.at,
            opportunity: self.opportunity,
            lead: self.lead,
            line: self.line.clone(),
            cycle,
            step,
            handoff,
            reason: reason.map(str::to_owned),
            imported: self.occasion.imported,
            source: self.occasion.source,
        }));
    }

    /// The step that the outcome itself makes; or, when stages were not seen, none, because the skip is the move.
    fn arrive(
        &self,
        draft: &mut Draft<'_, '_>,
        transition: Transition,
        to: Stage,
    ) -> (Option<Step>, u32, Option<HandoffId>) {
        let dossier = draft.dossier(self.lead);
        let (from, cycle) = (dossier.stage(self.line), dossier.cycle(self.line));
        let handoff = dossier.current_handoff(self.line).filter(|handoff| handoff.cycle == cycle);
        let handoff = handoff.map(|handoff| handoff.id);
        if transition.allows(Some(from), to) {
            let step = Step { line: self.line.clone(), cycle, from: Some(from), to };
            return (Some(step), cycle, handoff);
        }
        // A deal that was lost was an opportunity before, seen or not.
        let past = if transition == Transition::Lost { Stage::Customer } else { to };
        skip(draft, self.lead, self.line, to, from.skipped_to(past), self.occasion.aside());
        (None, cycle, handoff)
    }
}
