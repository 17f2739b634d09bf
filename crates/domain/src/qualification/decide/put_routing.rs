//! What people say about routing: the plan, when and how much users take, and by which calendar teams work. And what sla says
//! about calendars.

use crate::error::{Error, Reason};
use crate::id::UserId;
use crate::qualification::command::{HearCalendars, PutRoutingPlan, SetAvailability, SetTeamCalendar};
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::Draft;
use crate::qualification::event::{Event, RoutingPlanChanged, TeamChanged, UserChanged};
use crate::qualification::record::{Person, Team, User};
use crate::qualification::state::Note;

pub(super) fn put_routing_plan(draft: &mut Draft<'_, '_>, command: &PutRoutingPlan) -> Result<Answer, Error> {
    draft.tenant()?;
    let roster = draft.roster();
    command.plan.check(roster, &draft.state().rulebook().catalogue)?;
    let before = roster.plan();
    if let Some((number, _)) = before.filter(|(_, plan)| **plan == command.plan) {
        return Ok(Answer::Plan(number));
    }
    let number = before.map_or(0, |(number, _)| number) + 1;
    let event = RoutingPlanChanged { occurred_at: draft.now(), number, plan: command.plan.clone() };
    draft.emit(Event::RoutingPlanChanged(event));
    Ok(Answer::Plan(number))
}

pub(super) fn set_availability(
    draft: &mut Draft<'_, '_>,
    command: &SetAvailability,
) -> Result<Answer, Error> {
    draft.tenant()?;
    Error::of_violations(command.availability.violations("availability"))?;
    let user = draft.user(&command.user)?;
    known_calendar(draft, command.availability.calendar.as_deref())?;
    let mut availability = command.availability.clone();
    availability.absences.sort_unstable();
    let id: UserId = user.id;
    if user.availability != availability {
        let user = User { availability, ..user.clone() };
        let event = UserChanged { occurred_at: draft.now(), user, person: Person::default() };
        draft.emit(Event::UserChanged(event));
    }
    Ok(Answer::User(id))
}

pub(super) fn set_team_calendar(
    draft: &mut Draft<'_, '_>,
    command: &SetTeamCalendar,
) -> Result<Answer, Error> {
    draft.tenant()?;
    let found = draft.state().team(&command.team);
    let team = found.ok_or_else(|| Error::not_found(format!("teams/{}", command.team)))?;
    known_calendar(draft, command.calendar.as_deref())?;
    let id = team.id;
    if team.calendar != command.calendar {
        let team = Team { calendar: command.calendar.clone(), ..team.clone() };
        draft.emit(Event::TeamChanged(TeamChanged { occurred_at: draft.now(), team }));
    }
    Ok(Answer::Team(id))
}

/// A calendar is sla's, and what is not known here yet may be there already.
fn known_calendar(draft: &Draft<'_, '_>, slug: Option<&str>) -> Result<(), Error> {
    let Some(slug) = slug.filter(|slug| !draft.roster().has_calendar(slug)) else { return Ok(()) };
    let way_out = "put the calendar first; if it is there already, repeat in a moment";
    let facts = [("calendar", format!("calendars/{slug}")), ("way_out", way_out.to_owned())];
    Err(Error::refused(Reason::CalendarUnknown, facts))
}

pub(super) fn hear_calendars(draft: &mut Draft<'_, '_>, command: &HearCalendars) -> Result<Answer, Error> {
    let cursor = draft.state().cursor();
    if cursor < command.after {
        // What came before was not taken in: whoever follows the log has to start from the cursor again.
        return Err(Error::Stale { resource: format!("tenants/{}", draft.context.tenant) });
    }
    let new = command.calendars.iter().filter(|(position, _)| *position > cursor);
    let calendars = new.map(|(_, calendar)| calendar.clone()).collect();
    draft.note(Note::Calendars { from: cursor, to: cursor.max(command.last), calendars });
    Ok(Answer::TookEffect)
}
