//! What came of a lead.

use handoff_domain::qualification::Stage;
use handoff_domain::qualification::event::{OpportunityLost, OpportunityOpened, OpportunityWon};
use handoff_proto::event::v1 as pb;
use handoff_runtime::convert;

use super::{snapshot, step_or_stay};
use crate::convert::text;

pub(super) fn opened(event: &OpportunityOpened) -> pb::OpportunityOpened {
    let at = Stage::Opportunity;
    pb::OpportunityOpened {
        r#move: Some(step_or_stay(event.lead, event.step.as_ref(), &event.line, event.cycle, at)),
        opportunity_id: event.opportunity.to_string(),
        handoff_id: event.handoff.map(|id| id.to_string()).unwrap_or_default(),
        imported: event.imported,
        amount: event.amount.as_ref().map(convert::to_money),
    }
}

pub(super) fn won(event: &OpportunityWon) -> pb::OpportunityWon {
    let at = Stage::Customer;
    pb::OpportunityWon {
        r#move: Some(step_or_stay(event.lead, event.step.as_ref(), &event.line, event.cycle, at)),
        opportunity_id: event.opportunity.to_string(),
        handoff_id: event.handoff.map(|id| id.to_string()).unwrap_or_default(),
        amount: event.amount.as_ref().map(convert::to_money),
        imported: event.imported,
        new_customer: event.new_customer,
        capture_time: Some(convert::to_timestamp(event.captured_at)),
        snapshot: Some(snapshot(&event.snapshot)),
    }
}

pub(super) fn lost(event: &OpportunityLost) -> pb::OpportunityLost {
    let at = Stage::Nurture;
    pb::OpportunityLost {
        r#move: Some(step_or_stay(event.lead, event.step.as_ref(), &event.line, event.cycle, at)),
        opportunity_id: event.opportunity.to_string(),
        handoff_id: event.handoff.map(|id| id.to_string()).unwrap_or_default(),
        imported: event.imported,
        reason: text(event.reason.as_deref()),
    }
}
