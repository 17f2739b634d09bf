//! Baselines: moments from which on a lead's behaviour is counted anew, such as its return to nurture.
//!
//! The baselines of a lead, in order of time, cut its history into numbered stretches: 0 before the first, 1 from the
//! first on, and so forth. A row of a lead's table carries the number of its activities, so a baseline touches no row.
//!
//! That holds as long as no activity was recorded before that occurred at a new baseline or after it, since its row
//! carries the earlier number. Whoever sets a baseline in the past counts the activities since then anew.

use chrono::{DateTime, NaiveDate, Utc};

/// A moment before which activities and adjustments count nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Baseline {
    /// When.
    pub at: DateTime<Utc>,
    /// Its date in the tenant's zone, as it was when it was recorded.
    pub local_date: NaiveDate,
}

impl Baseline {
    /// The number of the stretch in which an activity or adjustment lies that occurred at `at`: how many baselines are
    /// no later. What occurs at the very moment of a baseline counts after it.
    pub fn number_at(baselines: &[Self], at: DateTime<Utc>) -> u32 {
        number(baselines.partition_point(|baseline| baseline.at <= at))
    }

    /// The number of the stretch that makes the score of a local day: the last one that begins on it or before, as the
    /// day's end finds it.
    pub fn number_on(baselines: &[Self], day: NaiveDate) -> u32 {
        // Not a bisection: a tenant that moves to another zone may make local dates step back by one.
        number(baselines.iter().rposition(|baseline| baseline.local_date <= day).map_or(0, |at| at + 1))
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
