//! Events as the log keeps them: everything that their fold needs. They hold ids, times and numbers, and nothing
//! personal.

use chrono::TimeDelta;
use handoff_domain::sla::{ClockStarted, Contract, Event};
use handoff_proto::event::v1 as pb;
use handoff_proto::event::v1::payload::Fact;
use handoff_runtime::convert;

use super::clock::{business_time, calendar_time};
use super::{calendar, count};

/// What every clock is so far.
const DECIDE: &str = "DECIDE";

/// What the log stores of an event.
pub(crate) fn payload(event: &Event) -> pb::Payload {
    pb::Payload { fact: Some(fact(event)), source: None }
}

fn fact(event: &Event) -> Fact {
    match event {
        Event::CalendarVersioned { calendar: id, version, slug, display_name, definition, .. } => {
            Fact::CalendarVersioned(pb::CalendarVersioned {
                calendar_id: id.to_string(),
                calendar: Some(calendar::calendar(slug, display_name, *version, definition)),
            })
        }
        Event::ContractEffective(contract) => Fact::ContractEffective(contract_effective(contract)),
        Event::ClockStarted(started) => Fact::ClockStarted(clock_started(started)),
        Event::ClockDeadlineMoved {
            clock,
            handoff,
            calendar_version,
            due_at,
            business_us,
            business_days,
            counted_to,
            ..
        } => Fact::ClockDeadlineMoved(pb::ClockDeadlineMoved {
            clock_id: clock.to_string(),
            handoff_id: handoff.to_string(),
            calendar_version: count(*calendar_version),
            due_time: Some(convert::to_timestamp(*due_at)),
            elapsed_business_time: Some(convert::to_duration(TimeDelta::microseconds(*business_us))),
            elapsed_business_days: count(*business_days),
            counted_to_date: counted_to.to_string(),
        }),
        Event::ClockMet { clock, handoff, late, elapsed, .. } => Fact::ClockMet(pb::ClockMet {
            clock_id: clock.to_string(),
            handoff_id: handoff.to_string(),
            late: *late,
            elapsed_business_time: Some(business_time(*elapsed)),
            elapsed_calendar_time: Some(calendar_time(*elapsed)),
            elapsed_business_days: count(elapsed.business_days),
        }),
        Event::ClockCancelled { clock, handoff, reason, .. } => Fact::ClockCancelled(pb::ClockCancelled {
            clock_id: clock.to_string(),
            handoff_id: handoff.to_string(),
            reason: reason.as_str().to_owned(),
        }),
        Event::ClockBreached { clock, handoff, notify, .. } => Fact::ClockBreached(pb::ClockBreached {
            clock_id: clock.to_string(),
            handoff_id: handoff.to_string(),
            notify: *notify,
        }),
        Event::ClockBreachRetracted { clock, handoff, .. } => {
            Fact::ClockBreachRetracted(pb::ClockBreachRetracted {
                clock_id: clock.to_string(),
                handoff_id: handoff.to_string(),
            })
        }
    }
}

fn contract_effective(contract: &Contract) -> pb::ContractEffective {
    pb::ContractEffective {
        contract_id: contract.id.to_string(),
        version: count(contract.version),
        signed: contract.is_signed,
        decide_target: Some(convert::to_target(contract.decide)),
        calendar_id: contract.calendar.to_string(),
        effective_time: Some(convert::to_timestamp(contract.effective_from)),
    }
}

fn clock_started(started: &ClockStarted) -> pb::ClockStarted {
    pb::ClockStarted {
        clock_id: started.clock.to_string(),
        handoff_id: started.handoff.to_string(),
        lead_id: started.lead.to_string(),
        kind: DECIDE.to_owned(),
        target: Some(convert::to_target(started.target)),
        calendar_id: started.calendar.to_string(),
        calendar_version: count(started.calendar_version),
        contract_id: started.contract.to_string(),
        contract_version: count(started.contract_version),
        start_time: Some(convert::to_timestamp(started.started_at)),
        due_time: Some(convert::to_timestamp(started.due_at)),
        imported: started.imported,
        handoff_record_time: Some(convert::to_timestamp(started.recorded_at)),
        round: count(started.round),
    }
}
