//! Adding a user.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::id::UserId;
use crate::qualification::command::CreateUser;
use crate::qualification::decide::create_team::check_name_and_side;
use crate::qualification::decide::draft::Draft;
use crate::qualification::decide::{Answer, refusal};
use crate::qualification::event::{Event, UserChanged};
use crate::qualification::record::{Person, User};

/// The attribute that holds a user's full name, which is not split: not every name has two parts.
pub const DISPLAY_NAME: &str = "display_name";

pub(super) fn create_user(draft: &mut Draft<'_, '_>, command: &CreateUser) -> Result<Answer, Error> {
    let tenant = draft.tenant()?.id;
    check_name_and_side(&command.slug, command.side)?;
    if draft.state().user(&command.slug).is_some() {
        return Err(refusal::name_taken(format!("users/{}", command.slug)));
    }
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
    let user = User { id, slug: command.slug.clone(), side: command.side, team, active: true, version: 0 };
    let name = command.display_name.clone().map(|name| (DISPLAY_NAME.to_owned(), name));
    let person = Person {
        email: command.email.as_deref().map(Person::normalise_email),
        attributes: BTreeMap::from_iter(name),
        ..Person::default()
    };
    draft.emit(Event::UserChanged(UserChanged { occurred_at: draft.now(), user, person }));
    Ok(Answer::User(id))
}
