//! Founding a tenant and saying who works for it.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::actor::Side;
use crate::money::Currency;
use crate::qualification::record::{Defaults, Labels};
use crate::qualification::stage::Stage;
use crate::target::Target;

/// Found the tenant that the context names; refused when it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTenant {
    /// What people call it.
    pub slug: String,
    /// The zone of its days.
    pub zone: Tz,
    /// The currency of amounts.
    pub currency: Currency,
    /// The month, 1 to 12, in which its fiscal year starts.
    pub fiscal_year_start_month: u32,
    /// How long sales may take to decide until both sides sign a contract (R29).
    pub starter_target: Target,
    /// Waiting times; [`Defaults::default`] unless the tenant wants others.
    pub defaults: Defaults,
    /// Its own words, where it has some.
    pub labels: Labels,
}

/// Change what is said here of the tenant; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateTenant {
    /// Waiting times.
    pub defaults: Option<Defaults>,
    /// Its words for stages.
    pub stage_labels: Option<BTreeMap<Stage, String>>,
    /// Its words for sides.
    pub side_labels: Option<BTreeMap<Side, String>>,
    /// What its CRM calls the field that carries the stage, and what stands in it.
    pub crm_field: Option<(Option<String>, BTreeMap<Stage, String>)>,
    /// The version that the caller read; another one is [`crate::error::Error::Stale`].
    pub version: Option<i64>,
}

/// Have a team as it is said here. One that is there keeps its side: its users would change sides with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutTeam {
    /// What people call it.
    pub slug: String,
    /// The side of all its users: MARKETING or SALES.
    pub side: Side,
}

/// Have a user as it is said here, whether it is there already or not; personal values that are absent stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutUser {
    /// What people call it.
    pub slug: String,
    /// The side it speaks for: MARKETING or SALES.
    pub side: Side,
    /// The slug of its team, of the same side.
    pub team: Option<String>,
    /// Whether it may own handoffs.
    pub active: bool,
    /// Full name; personal.
    pub display_name: Option<String>,
    /// Address; personal.
    pub email: Option<String>,
}
