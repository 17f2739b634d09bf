//! Clocks on the wire.

use chrono::{DateTime, TimeDelta, Utc};
use handoff_domain::calendar::Elapsed;
use handoff_domain::sla::{CalendarVersion, Clock, ClockState, Contract};
use handoff_proto::name::Collection;
use handoff_proto::sla::v1 as pb;
use handoff_runtime::convert;

use super::contract::signature_state;
use super::{calendar_name, count};

/// A clock as it is at `now`, with the contract that it measures and the calendar in which it runs. A clock that was
/// given up has no elapsed time: it counts for nobody.
pub(crate) fn clock(
    clock: &Clock,
    contract: &Contract,
    calendar: &CalendarVersion,
    now: DateTime<Utc>,
) -> pb::Clock {
    let running = clock.is_running().then(|| clock.measure(&calendar.calendar, now));
    let elapsed = clock.elapsed.or(running);
    pb::Clock {
        name: Collection::Clocks.name(clock.id.0),
        kind: pb::ClockKind::Decide.into(),
        handoff: Collection::Handoffs.name(clock.handoff.0),
        lead: Collection::Leads.name(clock.lead.0),
        state: state(clock.state).into(),
        target: Some(convert::to_target(clock.target)),
        calendar: calendar_name(&calendar.slug),
        contract_signature_state: signature_state(contract).into(),
        start_time: Some(convert::to_timestamp(clock.started_at)),
        due_time: Some(convert::to_timestamp(clock.due_at)),
        stop_time: clock.ended_at.map(convert::to_timestamp),
        breach_time: clock.breached_at.map(convert::to_timestamp),
        overdue: clock.is_overdue(now),
        elapsed_business_time: elapsed.map(business_time),
        elapsed_calendar_time: elapsed.map(calendar_time),
        elapsed_business_days: elapsed.map(|elapsed| count(elapsed.business_days)).unwrap_or_default(),
        imported: clock.imported,
        round: count(clock.round),
    }
}

/// Elapsed business time.
pub(crate) fn business_time(elapsed: Elapsed) -> prost_types::Duration {
    convert::to_duration(TimeDelta::microseconds(elapsed.business_us))
}

/// Elapsed time on the wall.
pub(crate) fn calendar_time(elapsed: Elapsed) -> prost_types::Duration {
    convert::to_duration(TimeDelta::microseconds(elapsed.calendar_us))
}

/// A state for the wire.
pub(crate) fn state(state: ClockState) -> pb::ClockState {
    match state {
        ClockState::Running => pb::ClockState::Running,
        ClockState::Met => pb::ClockState::Met,
        ClockState::MetLate => pb::ClockState::MetLate,
        ClockState::Cancelled => pb::ClockState::Cancelled,
    }
}

/// The state on the wire; none where it says nothing.
pub(crate) fn from_state(state: pb::ClockState) -> Option<ClockState> {
    match state {
        pb::ClockState::Unspecified => None,
        pb::ClockState::Running => Some(ClockState::Running),
        pb::ClockState::Met => Some(ClockState::Met),
        pb::ClockState::MetLate => Some(ClockState::MetLate),
        pb::ClockState::Cancelled => Some(ClockState::Cancelled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_comes_back_from_the_wire_and_has_one_name() {
        for word in [ClockState::Running, ClockState::Met, ClockState::MetLate, ClockState::Cancelled] {
            assert_eq!(from_state(state(word)), Some(word));
            assert_eq!(state(word).as_str_name(), format!("CLOCK_STATE_{word}"));
        }
    }
}
