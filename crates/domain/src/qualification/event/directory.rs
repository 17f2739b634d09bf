//! Tenants, teams and users changed: the whole record each time, because they are few and change seldom.

use chrono::{DateTime, Utc};

use crate::qualification::record::{Person, Team, Tenant, User};

/// A tenant was founded or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantChanged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// As it is now; its version is that of this event's position, whatever stands here.
    pub tenant: Tenant,
}

/// A team was founded or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamChanged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// As it is now; its version is that of this event's position, whatever stands here.
    pub team: Team,
}

/// A user was added or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChanged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// As it is now; its version is that of this event's position, whatever stands here.
    pub user: User,
    /// Name and address.
    pub person: Person,
}
