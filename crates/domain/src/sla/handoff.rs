//! What the fate of a handoff does to its clocks: a decision stops the latest, for there is one to each round of decision.
//!
//! One event can meet several conditions of a clock. They are judged in a fixed order (cancel, stop, reset, pause or
//! resume, start) and the first one that applies decides: an acceptance that was only implied both cancels and
//! stops, and so it cancels. The DECIDE clock has no reset and no pause yet; they belong between stop and start.

use chrono::{DateTime, Utc};

use super::clock::Clock;
use super::event::{CancelReason, ClockStarted, Event};
use super::{Command, Context, State};
use crate::calendar::END_OF_TIME;
use crate::error::{Error, Reason};
use crate::id::{HandoffId, LeadId};

/// The events of a clock that follow from what was heard of its handoff. Starting twice, and ending what does not
/// run, is without effect. The arms stand in the order of the conditions.
pub(super) fn judge(state: &State, heard: &Command, context: &mut Context<'_>) -> Result<Vec<Event>, Error> {
    let known = heard.handoff().and_then(|handoff| state.clock_of(handoff));
    let running = known.filter(|clock| clock.is_running());
    match (heard, running) {
        (Command::HandoffWithdrawn { at, .. }, Some(clock)) => {
            Ok(cancel(clock, *at, CancelReason::Withdrawn))
        }
        (Command::HandoffAccepted { at, implied: true, .. }, Some(clock)) => {
            Ok(cancel(clock, *at, CancelReason::Implied))
        }
        (Command::HandoffAccepted { at, .. } | Command::HandoffRejected { at, .. }, Some(clock)) => {
            stop(state, clock, *at)
        }
        (Command::HandoffQualified { handoff, lead, mql_at, recorded_at, imported }, None)
            if known.is_none() =>
        {
            let (at, round) = (*mql_at, 1);
            let begun = Begun { handoff: *handoff, lead: *lead, round, at, recorded_at: *recorded_at };
            start(state, begun, *imported, context)
        }
        (Command::HandoffReopened { handoff, lead, at, recorded_at, round }, None)
            if known.is_none_or(|latest| latest.round < *round) =>
        {
            let begun =
                Begun { handoff: *handoff, lead: *lead, round: *round, at: *at, recorded_at: *recorded_at };
            start(state, begun, false, context)
        }
        _ => Ok(Vec::new()),
    }
}

fn cancel(clock: &Clock, at: DateTime<Utc>, reason: CancelReason) -> Vec<Event> {
    let mut events = settle(clock, at);
    events.push(Event::ClockCancelled { clock: clock.id, handoff: clock.handoff, at, reason });
    events
}

fn stop(state: &State, clock: &Clock, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
    let calendar = &state.calendar(clock.calendar).ok_or(Error::Internal)?.calendar;
    let mut events = settle(clock, at);
    events.push(Event::ClockMet {
        clock: clock.id,
        handoff: clock.handoff,
        at,
        late: at > clock.due_at,
        elapsed: clock.measure(calendar, at),
    });
    Ok(events)
}

/// Brings the breach of a clock that ended at `at` in line with that: a deadline that had passed was missed, even if
/// no worker had noticed, and one that had not was kept, even if a worker was quicker than the news.
fn settle(clock: &Clock, at: DateTime<Utc>) -> Vec<Event> {
    let (id, handoff) = (clock.id, clock.handoff);
    match (clock.breached_at, at > clock.due_at) {
        (None, true) => vec![breach(clock)],
        (Some(_), false) => vec![Event::ClockBreachRetracted { clock: id, handoff, at }],
        _ => Vec::new(),
    }
}

/// The breach of a clock: at its deadline, whenever it is noticed.
pub(super) fn breach(clock: &Clock) -> Event {
    Event::ClockBreached {
        clock: clock.id,
        handoff: clock.handoff,
        at: clock.due_at,
        notify: clock.notifies(),
    }
}

/// A round of decision that began.
struct Begun {
    handoff: HandoffId,
    lead: LeadId,
    round: u32,
    at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
}

fn start(
    state: &State,
    begun: Begun,
    imported: bool,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Error> {
    let Begun { handoff, lead, round, at, recorded_at } = begun;
    let contract = state
        .contract_at(at)
        .ok_or_else(|| Error::refused(Reason::NoContractInEffect, [("handoff", handoff.to_string())]))?;
    let version = state.calendar(contract.calendar).ok_or(Error::Internal)?;
    Ok(vec![Event::ClockStarted(ClockStarted {
        clock: context.ids.next(),
        handoff,
        lead,
        round,
        contract: contract.id,
        contract_version: contract.version,
        calendar: version.id,
        calendar_version: version.version,
        target: contract.decide,
        started_at: at,
        recorded_at,
        due_at: version.calendar.due(at, contract.decide).unwrap_or(END_OF_TIME),
        imported,
    })])
}
