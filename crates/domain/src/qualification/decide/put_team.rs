//! Having a team, founded now or before.

use crate::actor::Side;
use crate::error::Error;
use crate::id::{TeamId, is_slug};
use crate::qualification::command::PutTeam;
use crate::qualification::decide::draft::Draft;
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, TeamChanged};
use crate::qualification::record::Team;

pub(super) fn put_team(draft: &mut Draft<'_, '_>, command: &PutTeam) -> Result<Answer, Error> {
    let tenant = draft.tenant()?.id;
    check_name_and_side(&command.slug, command.side)?;
    match draft.state().team(&command.slug) {
        Some(team) if team.side == command.side => return Ok(Answer::Team(team.id)),
        Some(_) => return Err(refusal::name_taken(format!("teams/{}", command.slug))),
        None => {}
    }
    let id = TeamId::from_slug(tenant, &command.slug);
    let team = Team { id, slug: command.slug.clone(), side: command.side, calendar: None, version: 0 };
    draft.emit(Event::TeamChanged(TeamChanged { occurred_at: draft.now(), team }));
    Ok(Answer::Team(id))
}

/// People are of one side of the hand-over; SYSTEM is for programs.
pub(super) fn check_name_and_side(slug: &str, side: Side) -> Result<(), Error> {
    if !is_slug(slug) {
        let rule = "a lower-case letter, then lower-case letters, digits or dashes; 2 to 63 in all";
        return Err(Error::invalid("slug", rule));
    }
    if side == Side::System {
        return Err(Error::invalid("side", "is MARKETING or SALES"));
    }
    Ok(())
}
