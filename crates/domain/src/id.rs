//! Identifiers: one newtype per kind of record, so that a lead's id can never stand where a handoff's is meant.
//!
//! Tenants, teams and users are named by people with a slug; their key is a UUIDv5 of it, so that a name is unique
//! without a table that all tenants share. Everything else gets a UUIDv7, which sorts by time and keeps an index
//! dense. Time and randomness are arguments: nothing here looks at a clock.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

/// The namespace of tenant keys. Frozen: changing it would orphan every tenant.
const TENANT_NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_8a52_0c3e_5b79_9d41_2e7c_84b6_a013);

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

id! {
    /// A tenant: the unit of ordering, isolation and distribution.
    TenantId,
    /// A team of users on one side.
    TeamId,
    /// A person who works for the tenant.
    UserId,
    /// A lead.
    LeadId,
    /// An activity of a lead.
    ActivityId,
    /// A hand-over of one lead in one cycle.
    HandoffId,
    /// An opportunity that followed a hand-over.
    OpportunityId,
    /// A contact attempt, a conversation or a meeting with a lead.
    ContactId,
    /// An SLA clock.
    ClockId,
    /// A business calendar.
    CalendarId,
    /// An SLA contract.
    ContractId,
    /// An event of a tenant's log.
    EventId,
}

impl TenantId {
    /// The key of the tenant that people call `slug`.
    pub fn from_slug(slug: &str) -> Self {
        Self(Uuid::new_v5(&TENANT_NAMESPACE, slug.as_bytes()))
    }
}

impl TeamId {
    /// The key of the team that people of `tenant` call `slug`.
    pub fn from_slug(tenant: TenantId, slug: &str) -> Self {
        Self(Uuid::new_v5(&tenant.0, format!("teams/{slug}").as_bytes()))
    }
}

impl UserId {
    /// The key of the user that people of `tenant` call `slug`.
    pub fn from_slug(tenant: TenantId, slug: &str) -> Self {
        Self(Uuid::new_v5(&tenant.0, format!("users/{slug}").as_bytes()))
    }
}

impl CalendarId {
    /// The key of the calendar that people of `tenant` call `slug`.
    pub fn from_slug(tenant: TenantId, slug: &str) -> Self {
        Self(Uuid::new_v5(&tenant.0, format!("calendars/{slug}").as_bytes()))
    }
}

/// Whether `text` may name a tenant, a team or a user: `[a-z][a-z0-9-]{1,62}`, the DNS label that meshes and file
/// systems accept everywhere.
pub fn is_slug(text: &str) -> bool {
    (2..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Makes UUIDv7 ids from a given instant and a given source of randomness.
pub struct IdSource<'a> {
    now: DateTime<Utc>,
    random: &'a mut dyn FnMut() -> [u8; 10],
}

impl<'a> IdSource<'a> {
    /// Ids that carry `now`, filled up from `random`.
    pub fn new(now: DateTime<Utc>, random: &'a mut dyn FnMut() -> [u8; 10]) -> Self {
        Self { now, random }
    }

    /// The next id, of whatever kind is asked for.
    #[expect(
        clippy::should_implement_trait,
        reason = "the caller chooses the kind of id; an iterator has one kind"
    )]
    pub fn next<I: From<Uuid>>(&mut self) -> I {
        // An instant before 1970 cannot be carried by a UUIDv7; it gets the epoch.
        let millis = u64::try_from(self.now.timestamp_millis()).unwrap_or(0);
        I::from(Builder::from_unix_timestamp_millis(millis, &(self.random)()).into_uuid())
    }
}

impl fmt::Debug for IdSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdSource").field("now", &self.now).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_always_gives_the_same_key_and_tenants_do_not_share_users() {
        let (acme, other) = (TenantId::from_slug("acme"), TenantId::from_slug("other"));
        assert_eq!(acme, TenantId::from_slug("acme"));
        assert_ne!(UserId::from_slug(acme, "ada"), UserId::from_slug(other, "ada"));
        assert_ne!(UserId::from_slug(acme, "ada").0, TeamId::from_slug(acme, "ada").0);
    }

    #[test]
    fn slugs_are_dns_labels() {
        for good in ["ab", "acme", "acme-2", &"a".repeat(63)] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "a", "Acme", "2acme", "-acme", "acme_2", "acmé", &"a".repeat(64)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let mut random = || [0xff; 10];
        let at = |millis| DateTime::from_timestamp_millis(millis).expect("in range");
        let first: LeadId = IdSource::new(at(1_000), &mut random).next();
        let mut random = || [0; 10];
        let second: LeadId = IdSource::new(at(1_001), &mut random).next();
        assert!(first < second);
        assert_eq!(first.0.get_version_num(), 7);
    }
}
