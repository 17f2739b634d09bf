//! The contract between the two sides, so far as clocks need it, and the one that a tenant starts with.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::event::Event;
use super::{Context, State};
use crate::calendar::{Calendar, Definition};
use crate::id::{CalendarId, ContractId};
use crate::target::Target;

/// The slug of the starter contract's calendar.
pub const DEFAULT_CALENDAR: &str = "default";

/// How long sales may take to decide unless the tenant was created with another target (R29).
const STARTER_TARGET: Target = Target::BusinessDays(2);

/// A version of the tenant's contract that is or was in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The contract; its versions share it.
    pub id: ContractId,
    /// 1, 2, 3 …
    pub version: u32,
    /// Whether one person of each side has signed exactly this version. A starter contract is in effect unsigned,
    /// and is shown as UNSIGNED everywhere.
    pub is_signed: bool,
    /// In effect from then on.
    pub effective_from: DateTime<Utc>,
    /// In effect until then, exclusive; none as long as no other version has followed.
    pub effective_to: Option<DateTime<Utc>>,
    /// How long sales may take from the MQL to accept or reject.
    pub decide: Target,
    /// The calendar in which that is counted; the version of it that is in force counts, whichever that is.
    pub calendar: CalendarId,
}

/// The version of a calendar that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarVersion {
    /// The calendar; its versions share it.
    pub id: CalendarId,
    /// 1, 2, 3 …
    pub version: u32,
    /// What it is called in its resource name.
    pub slug: String,
    /// Its name among people.
    pub display_name: String,
    /// Its hours, expanded.
    pub calendar: Arc<Calendar>,
    /// Since when it is in force.
    pub effective_from: DateTime<Utc>,
}

/// The starter contract of a tenant and its calendar: version 1, unsigned, in effect from the tenant's creation, so
/// that no lead is ever handed over without a limit. Nothing if the tenant has a contract.
pub(super) fn starter(
    state: &State,
    time_zone: Tz,
    effective_from: DateTime<Utc>,
    decide: Option<Target>,
    context: &mut Context<'_>,
) -> Vec<Event> {
    if !state.contracts.is_empty() {
        return Vec::new();
    }
    let calendar = CalendarId::from_slug(context.tenant, DEFAULT_CALENDAR);
    vec![
        Event::CalendarVersioned {
            calendar,
            version: 1,
            slug: DEFAULT_CALENDAR.to_owned(),
            display_name: "Office hours".to_owned(),
            definition: Definition::office_hours(time_zone),
            at: effective_from,
        },
        Event::ContractEffective(Contract {
            id: context.ids.next(),
            version: 1,
            is_signed: false,
            effective_from,
            effective_to: None,
            decide: decide.unwrap_or(STARTER_TARGET),
            calendar,
        }),
    ]
}
