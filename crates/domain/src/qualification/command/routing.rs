//! To whom handoffs go, and sending them there.

use chrono::{DateTime, Utc};

use crate::calendar::Definition;
use crate::id::UserId;
use crate::routing::{Availability, Plan};

/// Have a plan in the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutRoutingPlan {
    /// All of it.
    pub plan: Plan,
}

/// Say when and how much a user takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAvailability {
    /// The user's slug.
    pub user: String,
    /// All of it.
    pub availability: Availability,
}

/// Say by which calendar a team works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTeamCalendar {
    /// The team's slug.
    pub team: String,
    /// The calendar's slug; none: the tenant's.
    pub calendar: Option<String>,
}

/// A calendar of sla's, as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarCopy {
    /// Its slug.
    pub slug: String,
    /// Its version.
    pub version: u32,
    /// Its hours.
    pub definition: Definition,
}

/// Take in a stretch of sla's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HearCalendars {
    /// The position before it.
    pub after: i64,
    /// Its last position.
    pub last: i64,
    /// The calendars of which it tells, by position.
    pub calendars: Vec<(i64, CalendarCopy)>,
}

/// Where one who waits stands in the queue of a rule: since when it is an MQL, and the position of an event that tells apart those
/// who are since then.
pub type Waiting = (DateTime<Utc>, i64);

/// Route those who wait by a rule, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteWaiting {
    /// The rule's key; empty: those whom no plan has looked at yet.
    pub rule: String,
    /// Behind whom to begin, in a queue that is longer than one command routes.
    pub after: Option<Waiting>,
    /// When somebody is free by time alone for any of those before.
    pub free_at: Option<DateTime<Utc>>,
    /// The time for which the queue was due: if it is due for another one meanwhile, that stays.
    pub due_at: DateTime<Utc>,
}

/// Send what somebody has open back to routing, because it is not there (edge case 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseOwner {
    /// Who.
    pub user: UserId,
}
