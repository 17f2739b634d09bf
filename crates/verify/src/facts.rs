//! An independent fold of both logs into what reporting must know of leads, passages and clocks, up to its cursors.
//!
//! Facts are versions: each holds from the recording of one event to that of the next that changed it, and what was
//! recorded at one instant makes one version. The version that holds is kept whole; of those before it, a number.

mod clock;
mod compare;
mod lead;
mod merge;
mod passage;
mod rollup;
mod setting;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::payload::Fact;
use uuid::Uuid;

use crate::event::Event;
use crate::word::{Tally, Words};

pub(crate) use compare::compare;

use clock::ClockFact;
use lead::Leadership;
use setting::Settings;

/// A fact as it holds now, and since when that is known.
#[derive(Debug)]
struct Known<T> {
    from: DateTime<Utc>,
    holds: T,
}

impl<T: Clone + PartialEq> Known<T> {
    fn new(holds: T, event: &Event) -> Self {
        Self { from: event.recorded, holds }
    }

    /// Changes it by an event; `close` gets the version that this ends, if it ends one.
    fn change(&mut self, event: &Event, change: impl FnOnce(&mut T), close: impl FnOnce(&T, DateTime<Utc>)) {
        let mut next = self.holds.clone();
        change(&mut next);
        if next == self.holds {
            return;
        }
        if event.recorded > self.from {
            close(&self.holds, self.from);
            self.from = event.recorded;
        }
        self.holds = next;
    }
}

/// What the logs have told so far.
#[derive(Debug)]
pub(crate) struct Facts {
    /// How far qualification's log, and sla's, were read.
    cursors: (i64, i64),
    words: Words,
    settings: Settings,
    leads: HashMap<Uuid, Leadership>,
    clocks: HashMap<Uuid, (Known<ClockFact>, Tally)>,
}

impl Facts {
    /// Nothing yet, of logs that were read up to these positions.
    pub(crate) fn new(qualification: i64, sla: i64) -> Self {
        Self {
            cursors: (qualification, sla),
            words: Words::default(),
            settings: Settings::default(),
            leads: HashMap::new(),
            clocks: HashMap::new(),
        }
    }

    /// An event of qualification's log; none if it does not fit, which the fold of the state tells.
    pub(crate) fn qualification(&mut self, event: &Event) -> Option<()> {
        if event.position > self.cursors.0 {
            return None;
        }
        match event.fact.as_ref()? {
            Fact::TenantChanged(fact) => self.settings.tenant_changed(fact),
            Fact::LeadCaptured(fact) => self.captured(event, fact),
            Fact::LeadAttributesChanged(fact) => self.attributes_changed(event, fact),
            Fact::SuppressionChanged(fact) => self.suppression_changed(event, fact),
            Fact::LeadMerged(fact) => self.merged(event, fact),
            Fact::LeadUnmerged(fact) => self.unmerged(event, fact),
            Fact::NewInterest(fact) => self.new_interest(event, fact),
            Fact::LeadQualified(fact) => self.qualified(event, fact),
            Fact::StageSkipped(fact) => self.skipped(event, fact),
            Fact::HandoffRouted(fact) => self.routed(event, fact),
            Fact::HandoffReassigned(fact) => self.reassigned(event, fact),
            Fact::HandoffReturned(fact) => self.returned(event, fact),
            Fact::HandoffAccepted(fact) => self.accepted(event, fact),
            Fact::HandoffRejected(fact) => self.rejected(event, fact),
            Fact::HandoffWithdrawn(fact) => self.withdrawn(event, fact),
            Fact::DisputeResolved(fact) => self.dispute_resolved(event, fact),
            Fact::SqlReturned(fact) => self.sql_returned(event, fact),
            Fact::ContactAttempted(fact) => self.contacted(event, fact.contact.as_ref()?),
            Fact::ContactConnected(fact) => self.contacted(event, fact.contact.as_ref()?),
            Fact::MeetingHeld(fact) => self.contacted(event, fact.contact.as_ref()?),
            Fact::OpportunityOpened(fact) => self.opened(event, fact),
            Fact::OpportunityWon(fact) => self.won(event, fact),
            Fact::OpportunityLost(fact) => self.lost(event, fact),
            _ => None,
        }
    }

    /// An event of sla's log.
    pub(crate) fn sla(&mut self, event: &Event) -> Option<()> {
        if event.position > self.cursors.1 {
            return None;
        }
        match event.fact.as_ref()? {
            Fact::CalendarVersioned(fact) => self.settings.calendar_versioned(event, fact),
            Fact::ContractEffective(fact) => self.settings.contract_effective(event, fact),
            Fact::ClockStarted(fact) => self.clock_started(event, fact),
            Fact::ClockDeadlineMoved(fact) => self.deadline_moved(event, fact),
            Fact::ClockMet(fact) => self.clock_met(event, fact),
            Fact::ClockCancelled(fact) => self.clock_cancelled(event, fact),
            Fact::ClockBreached(fact) => self.clock_breached(event, fact),
            Fact::ClockBreachRetracted(fact) => self.breach_retracted(event, fact),
            _ => None,
        }
    }
}
