//! Opportunities: opened, won, lost.

use chrono::{DateTime, Utc};
use handoff_proto::common::v1::Money;
use handoff_proto::event::v1::{OpportunityLost, OpportunityOpened, OpportunityWon, TrackMove};
use handoff_store::verify::lead::OpportunityRow;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::State;
use super::machine::Way;
use super::track::Cause;
use crate::docket::Docket;
use crate::event::Event;
use crate::word::{Word, Words, id, maybe_id, money, owned, text};

/// A deal in the making, or made.
#[derive(Debug)]
pub(super) struct Opportunity {
    lead: Uuid,
    line: Word,
    cycle: i32,
    handoff: Option<Uuid>,
    state: &'static str,
    opened_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    amount: Option<(Decimal, Word)>,
    lost_reason: Option<Word>,
    new_customer: bool,
    imported: bool,
    version: i64,
}

impl Opportunity {
    pub(super) fn row(&self, opportunity_id: Uuid) -> OpportunityRow {
        OpportunityRow {
            lead_id: self.lead,
            opportunity_id,
            product_line: self.line.as_ref().to_owned(),
            cycle: self.cycle,
            handoff_id: self.handoff,
            state: self.state.to_owned(),
            opened_at: self.opened_at,
            closed_at: self.closed_at,
            amount: self.amount.as_ref().map(|(amount, _)| *amount),
            currency_code: self.amount.as_ref().map(|(_, currency)| currency.as_ref().to_owned()),
            lost_reason: owned(self.lost_reason.as_ref()),
            new_customer: self.new_customer,
            imported: self.imported,
            version: self.version,
        }
    }
}

impl State {
    pub(super) fn opened(
        &mut self,
        event: &Event,
        fact: &OpportunityOpened,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let (opportunity_id, step) = (id(&fact.opportunity_id)?, fact.r#move.as_ref()?);
        let amount = sum(fact.amount.as_ref(), &mut self.words)?;
        let deal = self.deal(event, step, opportunity_id, &fact.handoff_id, fact.imported)?;
        (deal.state, deal.opened_at, deal.amount) = ("OPEN", Some(event.occurred), amount);
        let handoff = deal.handoff;
        self.now_open(event, step, Some(opportunity_id))?;
        let cause = Cause { handoff, imported: fact.imported, ..Cause::default() };
        self.moved(event, Some(step), Way::Opened, &cause, docket)
    }

    pub(super) fn won(&mut self, event: &Event, fact: &OpportunityWon, docket: &mut Docket) -> Option<Uuid> {
        let (opportunity_id, step) = (id(&fact.opportunity_id)?, fact.r#move.as_ref()?);
        let amount = sum(fact.amount.as_ref(), &mut self.words)?;
        let deal = self.deal(event, step, opportunity_id, &fact.handoff_id, fact.imported)?;
        (deal.state, deal.closed_at, deal.amount) = ("WON", Some(event.occurred), amount);
        deal.new_customer = fact.new_customer;
        let (handoff, lead) = (deal.handoff, deal.lead);
        self.now_open(event, step, None)?;
        if fact.new_customer {
            self.leads.get_mut(&lead)?.became_customer(event.occurred, event.position);
        }
        let cause = Cause { handoff, imported: fact.imported, ..Cause::default() };
        self.moved(event, Some(step), Way::Won, &cause, docket)
    }

    pub(super) fn lost(
        &mut self,
        event: &Event,
        fact: &OpportunityLost,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let (opportunity_id, step) = (id(&fact.opportunity_id)?, fact.r#move.as_ref()?);
        let reason = self.words.some(&fact.reason);
        let deal = self.deal(event, step, opportunity_id, &fact.handoff_id, fact.imported)?;
        (deal.state, deal.closed_at, deal.lost_reason) = ("LOST", Some(event.occurred), reason);
        let handoff = deal.handoff;
        self.now_open(event, step, None)?;
        let cause =
            Cause { handoff, reason: text(&fact.reason), imported: fact.imported, ..Cause::default() };
        self.moved(event, Some(step), Way::Lost, &cause, docket)
    }

    /// The deal that an event is about; one whose beginning nobody told begins now.
    fn deal(
        &mut self,
        event: &Event,
        step: &TrackMove,
        opportunity_id: Uuid,
        handoff: &str,
        imported: bool,
    ) -> Option<&mut Opportunity> {
        let (lead, handoff) = (id(&step.lead_id)?, maybe_id(handoff)?);
        let line = self.words.keep(&step.product_line);
        let deal = self.opportunities.entry(opportunity_id).or_insert_with(|| Opportunity {
            lead,
            line: line.clone(),
            cycle: step.cycle,
            handoff,
            state: "OPEN",
            opened_at: None,
            closed_at: None,
            amount: None,
            lost_reason: None,
            new_customer: false,
            imported,
            version: event.position,
        });
        if deal.state != "OPEN" || deal.lead != lead {
            return None;
        }
        (deal.line, deal.cycle, deal.handoff, deal.version) = (line, step.cycle, handoff, event.position);
        Some(deal)
    }

    /// Which deal of the track is open from now on.
    fn now_open(&mut self, event: &Event, step: &TrackMove, opportunity: Option<Uuid>) -> Option<()> {
        let line = self.words.keep(&step.product_line);
        let lead = self.leads.get_mut(&id(&step.lead_id)?)?;
        lead.track(&line, event).open_opportunity = opportunity;
        Some(())
    }
}

/// An amount, if one was said; what was said must be readable.
fn sum(amount: Option<&Money>, words: &mut Words) -> Option<Option<(Decimal, Word)>> {
    match amount {
        None => Some(None),
        Some(amount) => Some(Some((money(amount)?, words.keep(&amount.currency_code)))),
    }
}
