//! Making calendars and changing them. A new version rules from the moment it is made: clocks that run keep what has
//! elapsed, and only what is left of them is counted anew (edge case 22).

use super::contract::CalendarVersion;
use super::event::Event;
use super::{Answer, Context, Decision, State};
use crate::calendar::{Calendar, Definition, local};
use crate::error::{Error, Violation};
use crate::id::CalendarId;

/// The longest name of a calendar, in characters.
const MAX_NAME_CHARS: usize = 100;

pub(super) fn create(
    name: String,
    definition: Definition,
    context: &mut Context<'_>,
) -> Result<Decision, Error> {
    validate(&name, &definition, context)?;
    let calendar: CalendarId = context.ids.next();
    let event = Event::CalendarVersioned { calendar, version: 1, name, definition, at: context.now };
    Ok(Decision { events: vec![event], answer: Answer::Calendar { id: calendar, version: 1 } })
}

pub(super) fn update(
    state: &State,
    id: CalendarId,
    seen: Option<u32>,
    name: String,
    definition: Definition,
    context: &mut Context<'_>,
) -> Result<Decision, Error> {
    let resource = format!("calendars/{id}");
    let old = state.calendar(id).ok_or_else(|| Error::not_found(&resource))?;
    if seen.is_some_and(|version| version != old.version) {
        return Err(Error::Stale { resource });
    }
    validate(&name, &definition, context)?;
    if old.name == name && *old.calendar.definition() == definition {
        return Ok(Decision { events: Vec::new(), answer: Answer::Calendar { id, version: old.version } });
    }
    let version = old.version + 1;
    let mut events = moved(state, old, &Calendar::new(definition.clone()), version, context);
    events.insert(0, Event::CalendarVersioned { calendar: id, version, name, definition, at: context.now });
    Ok(Decision { events, answer: Answer::Calendar { id, version } })
}

/// How the running clocks of a calendar go on under its new version.
fn moved(
    state: &State,
    old: &CalendarVersion,
    new: &Calendar,
    version: u32,
    context: &Context<'_>,
) -> Vec<Event> {
    let running = state.running().into_iter().filter(|clock| clock.calendar == old.id);
    running
        .map(|clock| {
            let (span, due_at) = clock.respan(&old.calendar, new, version, context.now);
            Event::ClockDeadlineMoved {
                clock: clock.id,
                handoff: clock.handoff,
                at: span.from,
                calendar_version: version,
                due_at,
                business_us: span.business_us,
                business_days: span.business_days,
                counted_to: span.counted_to,
            }
        })
        .collect()
}

fn validate(name: &str, definition: &Definition, context: &Context<'_>) -> Result<(), Error> {
    let mut violations = Vec::new();
    if name.trim().is_empty() || name.chars().count() > MAX_NAME_CHARS {
        let description = format!("a name has 1 to {MAX_NAME_CHARS} characters");
        violations.push(Violation { field: "name".to_owned(), description });
    }
    match definition.validate(local::date(definition.zone, context.now)) {
        Ok(()) => {}
        Err(Error::Invalid(more)) => violations.extend(more),
        Err(other) => return Err(other),
    }
    if violations.is_empty() { Ok(()) } else { Err(Error::Invalid(violations)) }
}
