//! Making calendars and changing them. A new version rules from the moment it is made: clocks that run keep what has
//! elapsed, and only what is left of them is counted anew (edge case 22).

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::contract::CalendarVersion;
use super::event::Event;
use super::{Answer, Context, Decision, State};
use crate::calendar::{Calendar, Definition, local};
use crate::error::{Error, Violation};
use crate::id::{CalendarId, is_slug};

/// The calendar of that slug as given: version 1 if it is new, a further version if it differs, and nothing if it is
/// so already.
pub(super) fn put(
    state: &State,
    slug: &str,
    display_name: &str,
    definition: &Definition,
    context: &Context<'_>,
) -> Result<Decision, Error> {
    validate(slug, display_name, definition, context)?;
    let calendar = CalendarId::from_slug(context.tenant, slug);
    let versioned = |version| Event::CalendarVersioned {
        calendar,
        version,
        slug: slug.to_owned(),
        display_name: display_name.to_owned(),
        definition: definition.clone(),
        at: context.now,
    };
    let events = match state.calendar(calendar) {
        None => vec![versioned(1)],
        Some(old) if old.display_name == display_name && old.calendar.definition() == definition => {
            Vec::new()
        }
        Some(old) => {
            let mut events = vec![versioned(old.version + 1)];
            events.extend(moved(state, old, definition, context));
            events
        }
    };
    Ok(Decision { events, answer: Answer::Calendar(calendar) })
}

/// The calendar of that slug closed on these dates, where it says nothing of them yet.
pub(super) fn close(
    state: &State,
    slug: &str,
    holidays: &BTreeMap<NaiveDate, String>,
    context: &Context<'_>,
) -> Result<Decision, Error> {
    let calendar = state.calendar(CalendarId::from_slug(context.tenant, slug));
    let calendar = calendar.ok_or_else(|| Error::not_found(format!("calendars/{slug}")))?;
    let definition = calendar.calendar.definition().with_holidays(holidays);
    put(state, slug, &calendar.display_name, &definition, context)
}

/// How the running clocks of a calendar go on under its next version.
fn moved(
    state: &State,
    old: &CalendarVersion,
    definition: &Definition,
    context: &Context<'_>,
) -> impl Iterator<Item = Event> {
    let new = Calendar::new(definition.clone());
    let running = state.running().into_iter().filter(|clock| clock.calendar == old.id);
    running.map(move |clock| {
        let carried = clock.carry(&old.calendar, context.now);
        Event::ClockDeadlineMoved {
            clock: clock.id,
            handoff: clock.handoff,
            at: carried.until,
            calendar_version: old.version + 1,
            due_at: clock.due_after(&carried, &new),
            business_us: carried.business_us,
            business_days: carried.business_days,
            counted_to: carried.counted_to,
        }
    })
}

fn validate(
    slug: &str,
    display_name: &str,
    definition: &Definition,
    context: &Context<'_>,
) -> Result<(), Error> {
    let mut violations = Vec::new();
    if !is_slug(slug) {
        let description =
            "a calendar is named calendars/{slug}, and a slug is [a-z][a-z0-9-]{1,62}".to_owned();
        violations.push(Violation { field: "name".to_owned(), description });
    }
    if display_name.trim().is_empty() || display_name.chars().count() > Definition::MAX_NAME_CHARS {
        let description = format!("a name has 1 to {} characters", Definition::MAX_NAME_CHARS);
        violations.push(Violation { field: "display_name".to_owned(), description });
    }
    match definition.validate(local::date(definition.time_zone, context.now)) {
        Ok(()) => {}
        Err(Error::Invalid(more)) => violations.extend(more),
        Err(other) => return Err(other),
    }
    if violations.is_empty() { Ok(()) } else { Err(Error::Invalid(violations)) }
}
