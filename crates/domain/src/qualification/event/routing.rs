//! What happened to the way in which handoffs find their owners.

use chrono::{DateTime, Utc};

use crate::routing::Plan;

/// A tenant's handoffs go by another plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingPlanChanged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// 1, 2, 3 …
    pub number: u32,
    /// All of it.
    pub plan: Plan,
}
