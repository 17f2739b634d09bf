//! What would have been, had everything been known in time. It is told, and no decision is made of it.

use std::ops::Range;

use chrono::{Days, NaiveDate};

use crate::score::{Crossing, Engagement, HORIZON_DAYS, Scorer};

/// The first of `days` on which the lead would have had a ground, had every activity of `engagement` been recorded when it
/// occurred: its behaviour reached B_up, or it had been on the fast track since `fast_track_on`.
///
/// It tells of behaviour alone: whether anything else stood in the way on that day is for the case of that day to say.
pub fn would_have_qualified_on(
    scorer: &Scorer,
    engagement: &Engagement,
    fast_track_on: Option<NaiveDate>,
    days: Range<NaiveDate>,
) -> Option<NaiveDate> {
    let reached = reached_on(scorer, engagement, &days);
    let fast = fast_track_on.map(|day| day.max(days.start));
    [reached, fast].into_iter().flatten().filter(|day| days.contains(day)).min()
}

/// The first of these days, or one after them, on which the behaviour reached B_up; looked for from the first day on that
/// counts for anything.
fn reached_on(scorer: &Scorer, engagement: &Engagement, days: &Range<NaiveDate>) -> Option<NaiveDate> {
    let reaches = Crossing::Reaches(scorer.model().thresholds.up);
    let mut after = engagement.first_date()?.max(days.start).pred_opt()?;
    while after < days.end {
        if let Some(day) = scorer.next_crossing(engagement, after, reaches) {
            return Some(day);
        }
        after = after.checked_add_days(Days::new(HORIZON_DAYS.unsigned_abs().into()))?;
    }
    None
}
