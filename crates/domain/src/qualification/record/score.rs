//! What is kept of a lead so that what it does is judged without looking at all that it did before.
//!
//! These are derived from the facts by the scoring model in effect, as an index is: the log does not tell of them, and
//! whoever loses them counts the activities again.

use chrono::{DateTime, NaiveDate, Utc};

use crate::id::LeadId;
use crate::points::Points;
use crate::score::{Baseline, Decay};

/// How far a lead's behaviour is from mattering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadScore {
    /// Whose.
    pub lead: LeadId,
    /// The version of the scoring model that the lead was judged by; none: it was not judged yet.
    pub model: Option<u32>,
    /// Whether the engagement table holds what the lead did, as that model counts it.
    pub is_counted: bool,
    /// The most that the behaviour comes to, now or later, if nothing more happens: what is counted raises it by as much
    /// as it may give. Absent where no behaviour makes a difference, as of a lead that sales has.
    pub ceiling: Option<Points>,
    /// Whether the lead is a candidate on one of its tracks, so that losing points matters.
    pub is_candidate: bool,
    /// What occurred before this counts nothing: the latest baseline.
    pub since: Option<DateTime<Utc>>,
    /// When the latest activity on the fast track occurred.
    pub fast_track_at: Option<DateTime<Utc>>,
    /// When the lead is judged next.
    pub due_at: Option<DateTime<Utc>>,
}

impl LeadScore {
    /// Of a lead that was never judged.
    pub fn new(lead: LeadId) -> Self {
        Self {
            lead,
            model: None,
            is_counted: false,
            ceiling: None,
            is_candidate: false,
            since: None,
            fast_track_at: None,
            due_at: None,
        }
    }

    /// Of a lead that did nothing yet: there is nothing to count.
    pub fn unmoved(lead: LeadId, model: u32, ceiling: Points) -> Self {
        Self { model: Some(model), is_counted: true, ceiling: Some(ceiling), ..Self::new(lead) }
    }

    /// Has the lead judged at `at`, if not earlier; whether that is news.
    pub fn due(&mut self, at: DateTime<Utc>) -> bool {
        let is_earlier = self.due_at.is_none_or(|due| at < due);
        if is_earlier {
            self.due_at = Some(at);
        }
        is_earlier
    }
}

/// Points given or taken by hand; the reason is personal and lies with the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreAdjustment {
    /// Whose.
    pub lead: LeadId,
    /// The log position of its event.
    pub position: i64,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// The date in the tenant's zone of the moment of recording.
    pub local_date: NaiveDate,
    /// How many; negative ones are taken.
    pub points: Points,
    /// How they fade.
    pub decay: Decay,
}

/// A moment from which on a lead's behaviour is counted anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreBaseline {
    /// Whose.
    pub lead: LeadId,
    /// The log position of its event.
    pub position: i64,
    /// When, and the date in the tenant's zone.
    pub baseline: Baseline,
}
