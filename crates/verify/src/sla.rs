//! An independent fold of sla's log, the laws of its clocks, and sla's tables beside it.
//!
//! Deadlines and measured times are computed anew, by the domain's calendar arithmetic: that is proved elsewhere against
//! golden vectors and an independent library, and is no part of how a clock is kept.

pub(crate) mod calendar;
mod clock;
mod compare;

use std::collections::{BTreeMap, HashMap};

use handoff_domain::calendar::Calendar;
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{CalendarVersioned, ContractEffective};
use handoff_store::verify::sla::{CalendarRow, ContractRow};
use uuid::Uuid;

use crate::docket::Docket;
use crate::event::Event;
use crate::word::{id, instant, slug, target};

pub(crate) use clock::Clock;
pub(crate) use compare::compare;

/// What sla's log has made so far.
#[derive(Debug, Default)]
pub(crate) struct Sla {
    calendars: HashMap<Uuid, CalendarRow>,
    /// Every version, ready to be asked.
    versions: HashMap<(Uuid, i32), Calendar>,
    contracts: BTreeMap<(Uuid, i32), ContractRow>,
    pub(crate) clocks: HashMap<Uuid, Clock>,
}

impl Sla {
    /// Takes in an event; none if it does not fit what came before it or lacks what it must say.
    pub(crate) fn fold(&mut self, event: &Event, docket: &mut Docket) -> Option<()> {
        match event.fact.as_ref()? {
            Fact::CalendarVersioned(fact) => self.calendar_versioned(event, fact),
            Fact::ContractEffective(fact) => self.contract_effective(fact),
            Fact::ClockStarted(fact) => self.clock_started(fact, docket),
            Fact::ClockDeadlineMoved(fact) => self.deadline_moved(event, fact, docket),
            Fact::ClockMet(fact) => self.clock_met(event, fact, docket),
            Fact::ClockCancelled(fact) => self.clock_cancelled(event, fact),
            Fact::ClockBreached(fact) => self.clock_breached(event, fact, docket),
            Fact::ClockBreachRetracted(fact) => self.breach_retracted(fact),
            // Qualification's facts have no place in sla's log.
            _ => None,
        }
    }

    fn calendar_versioned(&mut self, event: &Event, fact: &CalendarVersioned) -> Option<()> {
        let (calendar_id, told) = (id(&fact.calendar_id)?, fact.calendar.as_ref()?);
        let before = self.calendars.get(&calendar_id).map_or(0, |calendar| calendar.version);
        if told.version != before + 1 {
            return None;
        }
        self.versions.insert((calendar_id, told.version), Calendar::new(calendar::definition(told)?));
        let row = CalendarRow {
            calendar_id,
            slug: slug("calendars", &told.name)?.to_owned(),
            version: told.version,
            display_name: told.display_name.clone(),
            definition: calendar::json(told)?,
            effective_from: event.occurred,
        };
        self.calendars.insert(calendar_id, row);
        Some(())
    }

    /// A version of the contract ends those before it where it begins.
    fn contract_effective(&mut self, fact: &ContractEffective) -> Option<()> {
        let (contract_id, calendar_id) = (id(&fact.contract_id)?, id(&fact.calendar_id)?);
        let effective_from = instant(fact.effective_time.as_ref())?;
        let (unit, decide_amount) = target(fact.decide_target.as_ref())?;
        self.calendars.get(&calendar_id)?;
        for other in self.contracts.values_mut() {
            if other.effective_to.is_none() && other.effective_from <= effective_from {
                other.effective_to = Some(effective_from);
            }
        }
        let row = ContractRow {
            contract_id,
            version: fact.version,
            is_signed: fact.signed,
            effective_from,
            effective_to: None,
            decide_unit: unit.to_owned(),
            decide_amount,
            calendar_id,
        };
        self.contracts.insert((contract_id, fact.version), row).is_none().then_some(())
    }
}
