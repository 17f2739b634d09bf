//! A tenant and the people who work for it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::actor::Side;
use crate::id::{TeamId, TenantId, UserId};
use crate::money::Currency;
use crate::promotion::InEffect;
use crate::qualification::record::Labels;
use crate::routing::Availability;
use crate::target::Target;

/// A company that uses Handoff: the unit of ordering, isolation and distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its key, made from the slug.
    pub id: TenantId,
    /// What people call it: `tenants/{slug}`.
    pub slug: String,
    /// The zone of its days: reports, calendars and local dates of activities.
    pub zone: Tz,
    /// The currency that amounts without one are in.
    pub currency: Currency,
    /// The month, 1 to 12, in which its fiscal year starts.
    pub fiscal_year_start_month: u32,
    /// How long sales may take to decide under the starter contract (R29); unsigned until a signed one replaces it.
    pub starter_target: Target,
    /// Since when a contract is in effect; nothing can become an MQL before (edge case 28).
    pub contract_effective_from: Option<DateTime<Utc>>,
    /// What holds where nobody said otherwise.
    pub defaults: Defaults,
    /// Its own words.
    pub labels: Labels,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The log position of the last event that changed what its leads are judged by: its rulebook.
    pub rules_position: i64,
    /// The last business date on which a lead became an MQL because a model was published; none if none ever did.
    pub published_on: Option<NaiveDate>,
    /// How many did on it.
    pub published: u32,
    /// The log position of the last event that changed it.
    pub version: i64,
}

impl Tenant {
    /// Whether a contract is in effect at an instant; a starter contract counts.
    pub fn contract_in_effect(&self, at: DateTime<Utc>) -> InEffect<()> {
        match self.contract_effective_from {
            Some(from) if from <= at => InEffect::Yes(()),
            Some(from) => InEffect::From(from),
            None => InEffect::No,
        }
    }
}

/// The tenant's waiting times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// How long a recycled lead stays out of reach of sales.
    pub cooldown: TimeDelta,
    /// How long a decision may be corrected.
    pub correction_grace: TimeDelta,
    /// How long a rejection may be disputed.
    pub dispute_window: TimeDelta,
    /// How long after its end a figure may still move.
    pub settlement_delay: TimeDelta,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            cooldown: TimeDelta::days(30),
            correction_grace: TimeDelta::hours(24),
            dispute_window: TimeDelta::days(5),
            settlement_delay: TimeDelta::days(5),
        }
    }
}

/// A team of users on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its key, made from tenant and slug.
    pub id: TeamId,
    /// What people call it: `teams/{slug}`.
    pub slug: String,
    /// The side that all its users speak for.
    pub side: Side,
    /// The slug of the calendar of its hours; none: the tenant's.
    pub calendar: Option<String>,
    /// The log position of the last event that changed it.
    pub version: i64,
}

/// A person who works for the tenant. Name and e-mail address are personal and lie in [`super::Person`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its key, made from tenant and slug.
    pub id: UserId,
    /// What people call it: `users/{slug}`.
    pub slug: String,
    /// The side it speaks for.
    pub side: Side,
    /// Its team, of the same side.
    pub team: Option<TeamId>,
    /// Whether it may own handoffs.
    pub active: bool,
    /// When and how much it takes.
    pub availability: Availability,
    /// The log position of the last event that changed it.
    pub version: i64,
}
