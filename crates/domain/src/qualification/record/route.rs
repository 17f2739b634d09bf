//! How a handoff stands with routing.

use chrono::{DateTime, Utc};

use crate::id::{HandoffId, LeadId, UserId};
use crate::routing::Route;

/// What routing keeps of a handoff that it has looked at, or that somebody gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffRoute {
    /// Which.
    pub handoff: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// When the lead became an MQL: those who wait are routed in this order.
    pub mql_at: DateTime<Utc>,
    /// The log position of the first event that is kept here: of those who became MQLs at once the first goes first.
    pub begun: i64,
    /// What the plan said when it was last asked; none once somebody assigned it by hand.
    pub route: Option<Route>,
    /// Whether it waits for somebody to be free.
    pub is_waiting: bool,
    /// Who gave it back last, and does not get it again.
    pub returned_by: Option<UserId>,
    /// The log position of the last event that changed it.
    pub version: i64,
}
