//! Clocks, as sla tells of them. Nothing is asked of hand-overs here: the two logs are read apart, and either may be
//! ahead.

use handoff_domain::calendar::Elapsed;
use handoff_domain::id::ClockId;
use handoff_domain::metric::clock::{ClockFact, ClockKind, Stop, StopKind};
use handoff_proto::event::v1 as pb;
use handoff_runtime::convert;
use prost_types::Duration;

use super::{When, field};
use crate::facts::Facts;

/// A clock runs. One of a kind that no report of this build knows is passed over, with all that follows on it.
pub(super) fn started(facts: &mut Facts, when: When, event: &pb::ClockStarted) -> Option<()> {
    let kind = match event.kind.as_str() {
        "ROUTE" => ClockKind::Route,
        "DECIDE" => ClockKind::Decide,
        "CONTACT" => ClockKind::Contact,
        "CONNECT" => ClockKind::Connect,
        "MEETING" => ClockKind::Meeting,
        _ => return Some(()),
    };
    let clock = ClockFact {
        clock: field::id(&event.clock_id)?,
        kind,
        handoff: field::id(&event.handoff_id)?,
        target: convert::from_target(event.target.as_ref()?)?,
        started_at: field::instant(event.start_time.as_ref())?,
        due_at: field::instant(event.due_time.as_ref())?,
        stop: None,
        breached_at: None,
    };
    facts.add_clock(when.recorded, clock);
    Some(())
}

/// Its deadline moved.
pub(super) fn deadline_moved(facts: &mut Facts, when: When, event: &pb::ClockDeadlineMoved) -> Option<()> {
    let due_at = field::instant(event.due_time.as_ref())?;
    change(facts, when, &event.clock_id, |clock| clock.due_at = due_at)
}

/// Sales decided. What had elapsed is sla's to say.
pub(super) fn met(facts: &mut Facts, when: When, event: &pb::ClockMet) -> Option<()> {
    let elapsed = Elapsed {
        business_us: micros(event.elapsed_business_time.as_ref())?,
        calendar_us: micros(event.elapsed_calendar_time.as_ref())?,
        business_days: u32::try_from(event.elapsed_business_days).ok()?,
    };
    let kind = if event.late { StopKind::MetLate } else { StopKind::Met };
    change(facts, when, &event.clock_id, |clock| clock.stop = Some(Stop { at: when.occurred, kind, elapsed }))
}

/// There is nothing left to wait for.
pub(super) fn cancelled(facts: &mut Facts, when: When, event: &pb::ClockCancelled) -> Option<()> {
    let stop = Stop { at: when.occurred, kind: StopKind::Cancelled, elapsed: Elapsed::default() };
    change(facts, when, &event.clock_id, |clock| clock.stop = Some(stop))
}

/// The deadline passed: that is the instant of the event, whenever it was noticed.
pub(super) fn breached(facts: &mut Facts, when: When, event: &pb::ClockBreached) -> Option<()> {
    change(facts, when, &event.clock_id, |clock| clock.breached_at = Some(when.occurred))
}

/// The deadline had not passed after all.
pub(super) fn breach_retracted(
    facts: &mut Facts,
    when: When,
    event: &pb::ClockBreachRetracted,
) -> Option<()> {
    change(facts, when, &event.clock_id, |clock| clock.breached_at = None)
}

/// A clock that is not there was passed over when it started.
fn change(facts: &mut Facts, when: When, id: &str, change: impl FnOnce(&mut ClockFact)) -> Option<()> {
    let id: ClockId = field::id(id)?;
    facts.change_clock(when.recorded, id, change);
    Some(())
}

fn micros(duration: Option<&Duration>) -> Option<i64> {
    convert::from_duration(duration?)?.num_microseconds()
}
