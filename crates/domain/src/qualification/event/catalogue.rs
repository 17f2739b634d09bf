//! The tenant's vocabulary changed: the whole entry each time, because entries are small and change seldom.

use chrono::{DateTime, Utc};

use crate::activity::ActivityType;
use crate::profile::AttributeDefinition;
use crate::rates::Rate;

/// An attribute was defined or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeChanged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// As it is now.
    pub attribute: AttributeDefinition,
}

/// A type of activity was declared or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityTypeChanged {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// As it is now.
    pub activity_type: ActivityType,
}

/// A rate was set, or set again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateSet {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// As it is now.
    pub rate: Rate,
}
