//! Resource names (AIP-122): `leads/{uuid}`, `users/{slug}`. They are relative to the caller's tenant.

use uuid::Uuid;

/// The collections whose members are named by a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// `leads/{uuid}`.
    Leads,
    /// `handoffs/{uuid}`.
    Handoffs,
    /// `activities/{uuid}`.
    Activities,
    /// `contacts/{uuid}`.
    Contacts,
    /// `opportunities/{uuid}`.
    Opportunities,
    /// `clocks/{uuid}`.
    Clocks,
    /// `contracts/{uuid}`.
    Contracts,
}

impl Collection {
    /// The first segment of its members' names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Handoffs => "handoffs",
            Self::Activities => "activities",
            Self::Contacts => "contacts",
            Self::Opportunities => "opportunities",
            Self::Clocks => "clocks",
            Self::Contracts => "contracts",
        }
    }

    /// The name of the member `id`.
    pub fn name(self, id: Uuid) -> String {
        format!("{}/{}", self.as_str(), id.hyphenated())
    }

    /// The id in `name`, if it is the canonical (lower-case, hyphenated) name of a member: a resource has one name.
    pub fn parse(self, name: &str) -> Option<Uuid> {
        let id = Uuid::try_parse(segment(self.as_str(), name)?).ok()?;
        (self.name(id) == name).then_some(id)
    }
}

/// The slug in a name such as `users/ada` of `collection` `users`.
pub fn slug<'a>(collection: &str, name: &'a str) -> Option<&'a str> {
    segment(collection, name)
}

fn segment<'a>(collection: &str, name: &'a str) -> Option<&'a str> {
    name.strip_prefix(collection)?.strip_prefix('/').filter(|rest| !rest.is_empty() && !rest.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_from_its_text() {
        let id = Uuid::from_u128(7);
        assert_eq!(Collection::Leads.parse(&Collection::Leads.name(id)), Some(id));
        assert_eq!(slug("users", "users/ada"), Some("ada"));
    }

    #[test]
    fn other_texts_are_no_names() {
        let upper = Collection::Leads.name(Uuid::from_u128(0xabc)).to_uppercase();
        for bad in ["", "leads", "leads/", "leads/x", "handoffs/00000000-0000-0000-0000-000000000007", &upper]
        {
            assert_eq!(Collection::Leads.parse(bad), None, "{bad}");
        }
        assert_eq!(Collection::Leads.parse("leads/00000000000000000000000000000007"), None, "not hyphenated");
        assert_eq!(slug("users", "users/ada/x"), None);
        assert_eq!(slug("users", "teams/ada"), None);
    }
}
