//! Facts of clocks, as sla's log tells them.

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::{
    ClockBreachRetracted, ClockBreached, ClockCancelled, ClockDeadlineMoved, ClockMet, ClockStarted,
};
use handoff_store::verify::reporting::ClockFactRow;
use uuid::Uuid;

use super::{Facts, Known};
use crate::event::Event;
use crate::word::{Tally, Word, id, instant, micros, target};

/// What is known of a clock.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ClockFact {
    pub(super) handoff: Uuid,
    pub(super) kind: Word,
    pub(super) unit: &'static str,
    pub(super) amount: i64,
    pub(super) started: DateTime<Utc>,
    pub(super) due: DateTime<Utc>,
    pub(super) stop: Option<Stop>,
    pub(super) breached: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stop {
    pub(super) at: DateTime<Utc>,
    pub(super) how: &'static str,
    pub(super) business_us: i64,
    calendar_us: i64,
    pub(super) business_days: i32,
}

impl ClockFact {
    pub(super) fn row(&self, clock_id: Uuid, from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> ClockFactRow {
        let stop = self.stop.as_ref();
        ClockFactRow {
            clock_id,
            known_from: from,
            known_to: to,
            handoff_id: self.handoff,
            kind: self.kind.as_ref().to_owned(),
            target_unit: self.unit.to_owned(),
            target_amount: self.amount,
            started_at: self.started,
            due_at: self.due,
            stopped_at: stop.map(|stop| stop.at),
            stop: stop.map(|stop| stop.how.to_owned()),
            elapsed_business_us: stop.map(|stop| stop.business_us),
            elapsed_calendar_us: stop.map(|stop| stop.calendar_us),
            elapsed_business_days: stop.map(|stop| stop.business_days),
            breached_at: self.breached,
            // The last instant that it has to do with; none while it runs.
            until_at: stop.map(|stop| stop.at.max(self.due).max(self.started)),
        }
    }
}

impl Facts {
    pub(super) fn clock_started(&mut self, event: &Event, fact: &ClockStarted) -> Option<()> {
        let (unit, amount) = target(fact.target.as_ref())?;
        let clock = ClockFact {
            handoff: id(&fact.handoff_id)?,
            kind: self.words.keep(&fact.kind),
            unit,
            amount,
            started: instant(fact.start_time.as_ref())?,
            due: instant(fact.due_time.as_ref())?,
            stop: None,
            breached: None,
        };
        self.clocks.insert(id(&fact.clock_id)?, (Known::new(clock, event), Tally::default()));
        Some(())
    }

    pub(super) fn deadline_moved(&mut self, event: &Event, fact: &ClockDeadlineMoved) -> Option<()> {
        let due = instant(fact.due_time.as_ref())?;
        self.change_clock(event, &fact.clock_id, |clock| clock.due = due)
    }

    pub(super) fn clock_met(&mut self, event: &Event, fact: &ClockMet) -> Option<()> {
        let stop = Stop {
            at: event.occurred,
            how: if fact.late { "MET_LATE" } else { "MET" },
            business_us: micros(fact.elapsed_business_time.as_ref())?,
            calendar_us: micros(fact.elapsed_calendar_time.as_ref())?,
            business_days: fact.elapsed_business_days,
        };
        self.change_clock(event, &fact.clock_id, |clock| clock.stop = Some(stop))
    }

    pub(super) fn clock_cancelled(&mut self, event: &Event, fact: &ClockCancelled) -> Option<()> {
        let at = event.occurred;
        let stop = Stop { at, how: "CANCELLED", business_us: 0, calendar_us: 0, business_days: 0 };
        self.change_clock(event, &fact.clock_id, |clock| clock.stop = Some(stop))
    }

    pub(super) fn clock_breached(&mut self, event: &Event, fact: &ClockBreached) -> Option<()> {
        self.change_clock(event, &fact.clock_id, |clock| clock.breached = Some(event.occurred))
    }

    pub(super) fn breach_retracted(&mut self, event: &Event, fact: &ClockBreachRetracted) -> Option<()> {
        self.change_clock(event, &fact.clock_id, |clock| clock.breached = None)
    }

    fn change_clock(
        &mut self,
        event: &Event,
        clock: &str,
        change: impl FnOnce(&mut ClockFact),
    ) -> Option<()> {
        let clock_id = id(clock)?;
        let (known, past) = self.clocks.get_mut(&clock_id)?;
        known.change(event, change, |old, from| past.add(&old.row(clock_id, from, Some(event.recorded))));
        Some(())
    }
}
