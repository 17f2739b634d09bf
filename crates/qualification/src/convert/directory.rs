//! The slugs of users and teams. A record holds their keys, a message their names, and a key does not give its name
//! back: so whoever loads a record loads the names that it needs.

use std::collections::BTreeMap;

use handoff_domain::error::Error;
use handoff_domain::id::{TeamId, UserId};

/// Slugs by key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory {
    users: BTreeMap<UserId, String>,
    teams: BTreeMap<TeamId, String>,
}

impl Directory {
    /// Notes a user's slug.
    pub(crate) fn put_user(&mut self, id: UserId, slug: &str) {
        self.users.insert(id, slug.to_owned());
    }

    /// Notes a team's slug.
    pub(crate) fn put_team(&mut self, id: TeamId, slug: &str) {
        self.teams.insert(id, slug.to_owned());
    }

    /// The slug of a user.
    ///
    /// # Errors
    /// `Internal` for a user that was not loaded with the record that names it: a defect.
    pub(crate) fn user_slug(&self, id: Option<UserId>) -> Result<Option<String>, Error> {
        id.map(|id| self.users.get(&id).cloned().ok_or(Error::Internal)).transpose()
    }

    /// The slug of a team.
    ///
    /// # Errors
    /// As [`Directory::user_slug`].
    pub(crate) fn team_slug(&self, id: Option<TeamId>) -> Result<Option<String>, Error> {
        id.map(|id| self.teams.get(&id).cloned().ok_or(Error::Internal)).transpose()
    }

    /// `users/{slug}`, or empty.
    ///
    /// # Errors
    /// As [`Directory::user_slug`].
    pub(crate) fn user(&self, id: Option<UserId>) -> Result<String, Error> {
        Ok(user_name(self.user_slug(id)?.as_deref()))
    }

    /// `teams/{slug}`, or empty.
    ///
    /// # Errors
    /// As [`Directory::user_slug`].
    pub(crate) fn team(&self, id: Option<TeamId>) -> Result<String, Error> {
        Ok(team_name(self.team_slug(id)?.as_deref()))
    }
}

/// `users/{slug}`, or empty.
pub(crate) fn user_name(slug: Option<&str>) -> String {
    slug.map(|slug| format!("users/{slug}")).unwrap_or_default()
}

/// `teams/{slug}`, or empty.
pub(crate) fn team_name(slug: Option<&str>) -> String {
    slug.map(|slug| format!("teams/{slug}")).unwrap_or_default()
}
