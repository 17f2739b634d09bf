//! The fold of what came of a lead.

use crate::qualification::event::{OpportunityLost, OpportunityOpened, OpportunityWon};
use crate::qualification::record::{Opportunity, OpportunityState};
use crate::qualification::state::apply::{Cause, Fold};

impl Fold<'_> {
    pub(super) fn opportunity_opened(&mut self, event: &OpportunityOpened) {
        self.put_opportunity(Opportunity {
            id: event.opportunity,
            lead: event.lead,
            line: event.line.clone(),
            cycle: event.cycle,
            handoff: event.handoff,
            state: OpportunityState::Open,
            opened_at: Some(event.occurred_at),
            closed_at: None,
            amount: event.amount,
            lost_reason: None,
            new_customer: false,
            imported: event.imported,
            version: 0,
        });
        self.track(&event.line, event.occurred_at).open_opportunity = Some(event.opportunity);
        if let Some(step) = &event.step {
            let handoff = event.handoff;
            self.step(step, &Cause { handoff, ..Cause::at(event.occurred_at, event.imported) });
        }
    }

    pub(super) fn opportunity_won(&mut self, event: &OpportunityWon) {
        let before = self.opportunity(event.opportunity);
        self.put_opportunity(Opportunity {
            id: event.opportunity,
            lead: event.lead,
            line: event.line.clone(),
            cycle: event.cycle,
            handoff: event.handoff,
            state: OpportunityState::Won,
            opened_at: before.as_ref().and_then(|opportunity| opportunity.opened_at),
            closed_at: Some(event.occurred_at),
            amount: event.amount,
            lost_reason: None,
            new_customer: event.new_customer,
            imported: before.map_or(event.imported, |opportunity| opportunity.imported),
            version: 0,
        });
        self.track(&event.line, event.occurred_at).open_opportunity = None;
        if event.new_customer {
            self.lead().customer_since = Some(event.occurred_at);
        }
        if let Some(step) = &event.step {
            let handoff = event.handoff;
            self.step(step, &Cause { handoff, ..Cause::at(event.occurred_at, event.imported) });
        }
    }

    pub(super) fn opportunity_lost(&mut self, event: &OpportunityLost) {
        let before = self.opportunity(event.opportunity);
        self.put_opportunity(Opportunity {
            id: event.opportunity,
            lead: event.lead,
            line: event.line.clone(),
            cycle: event.cycle,
            handoff: event.handoff,
            state: OpportunityState::Lost,
            opened_at: before.as_ref().and_then(|opportunity| opportunity.opened_at),
            closed_at: Some(event.occurred_at),
            amount: before.as_ref().and_then(|opportunity| opportunity.amount),
            lost_reason: event.reason.clone(),
            new_customer: false,
            imported: before.map_or(event.imported, |opportunity| opportunity.imported),
            version: 0,
        });
        self.track(&event.line, event.occurred_at).open_opportunity = None;
        if let Some(step) = &event.step {
            let cause = Cause {
                handoff: event.handoff,
                reason: event.reason.as_deref(),
                ..Cause::at(event.occurred_at, event.imported)
            };
            self.step(step, &cause);
        }
    }
}
