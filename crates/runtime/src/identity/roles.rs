//! The roles of a caller. What each may call is declared beside the methods, in the protos.

use std::fmt;
use std::str::FromStr;

use handoff_proto::common::v1::Role;

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u8);

/// A word that is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is READER, MEMBER, ADMIN, OPERATOR or SERVICE")]
pub struct UnknownRole;

impl Roles {
    /// Every role that there is.
    pub const ALL: [Role; 5] = [Role::Reader, Role::Member, Role::Admin, Role::Operator, Role::Service];

    /// Whether one of `wanted` is among them.
    pub fn has_any_of(self, wanted: &[Role]) -> bool {
        wanted.iter().any(|role| self.0 & bit(*role) != 0)
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |set, role| set | bit(role)))
    }
}

/// `READER`: as in the proto, without its prefix.
pub fn word(role: Role) -> &'static str {
    role.as_str_name().trim_start_matches("ROLE_")
}

/// The role that is called so.
///
/// # Errors
/// Where none is.
pub fn parse(text: &str) -> Result<Role, UnknownRole> {
    Roles::ALL.into_iter().find(|role| word(*role) == text).ok_or(UnknownRole)
}

/// Words between commas.
impl FromStr for Roles {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        text.split(',').map(|part| parse(part.trim())).collect()
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held: Vec<&str> =
            Self::ALL.into_iter().filter(|role| self.has_any_of(&[*role])).map(word).collect();
        f.write_str(&held.join(","))
    }
}

/// No role is nobody's: the unspecified one has no bit.
fn bit(role: Role) -> u8 {
    match role {
        Role::Unspecified => 0,
        Role::Reader => 1,
        Role::Member => 1 << 1,
        Role::Admin => 1 << 2,
        Role::Operator => 1 << 3,
        Role::Service => 1 << 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_of_the_proto_is_one_of_ours() {
        let wire: Vec<Role> = (1..100).filter_map(|number| Role::try_from(number).ok()).collect();
        assert_eq!(wire, Roles::ALL);
    }

    #[test]
    fn words_come_back_as_they_were_and_nothing_else_is_a_role() {
        let all: Roles = Roles::ALL.into_iter().collect();
        assert_eq!(all.to_string().parse(), Ok(all));
        for bad in ["", "reader", "ROLE_READER", "UNSPECIFIED", "READER,", "READER;ADMIN", "ROOT"] {
            assert_eq!(bad.parse::<Roles>(), Err(UnknownRole), "{bad}");
        }
    }

    #[test]
    fn nobody_has_the_role_that_is_none() {
        let all: Roles = Roles::ALL.into_iter().collect();
        assert!(!all.has_any_of(&[Role::Unspecified]) && !all.has_any_of(&[]));
        assert!(!Roles::default().has_any_of(&Roles::ALL));
    }
}
