//! Having a user, added now or before.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::id::UserId;
use crate::qualification::command::PutUser;
use crate::qualification::decide::Answer;
use crate::qualification::decide::draft::Draft;
use crate::qualification::decide::put_team::check_name_and_side;
use crate::qualification::event::{Event, UserChanged};
use crate::qualification::record::{Content, Person, User};
use crate::version::{Member, user_changed};

/// The attribute that holds a user's full name, which is not split: not every name has two parts.
pub const DISPLAY_NAME: &str = "display_name";

pub(super) fn put_user(draft: &mut Draft<'_, '_>, command: &PutUser) -> Result<Answer, Error> {
    let tenant = draft.tenant()?.id;
    check_name_and_side(&command.slug, command.side)?;
    let team = match &command.team {
        None => None,
        Some(slug) => {
            let team = draft.state().team(slug).ok_or_else(|| Error::not_found(format!("teams/{slug}")))?;
            if team.side != command.side {
                return Err(Error::invalid("team", format!("is of the side {}, the user is not", team.side)));
            }
            Some(team.id)
        }
    };
    let id = UserId::from_slug(tenant, &command.slug);
    let known = draft.state().user(&command.slug);
    let version = known.map_or(0, |user| user.version);
    // When and how much it takes is said elsewhere.
    let availability = known.map(|user| user.availability.clone()).unwrap_or_default();
    let (slug, side, active) = (command.slug.clone(), command.side, command.active);
    let user = User { id, slug, side, team, active, availability, version };
    let is_as_said = known == Some(&user);
    let name = command.display_name.clone().map(|name| (DISPLAY_NAME.to_owned(), name));
    let person = Person {
        email: command.email.as_deref().map(Person::normalise_email),
        attributes: BTreeMap::from_iter(name),
        ..Person::default()
    };
    // Whether personal values are new cannot be told: they are not loaded for a decision.
    if !is_as_said || !person.is_empty() {
        draft.emit(Event::UserChanged(UserChanged { occurred_at: draft.now(), user, person }));
    }
    void_signatures(draft, &command.slug, Member { side: command.side, active: command.active });
    Ok(Answer::User(id))
}

/// Edge case 29: whoever leaves or speaks for another side has not signed what is still in review. It happens with the
/// change of the user, and whoever made that change is its actor.
fn void_signatures(draft: &mut Draft<'_, '_>, slug: &str, member: Member) {
    let versions = draft.state().records().agreements.values().map(|agreement| &agreement.versions);
    let void = user_changed(versions, &format!("users/{slug}"), member, draft.now());
    for event in void {
        // None of them drafts anything.
        draft.emit(Event::of_version(event, |_| Content::default()));
    }
}
