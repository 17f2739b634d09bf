//! What would have been, had everything been known in time. It is told and kept, and no decision is made of it.

use chrono::{Days, NaiveDate};

use crate::score::{Crossing, Engagement, HORIZON_DAYS, Scorer};

/// The day on which the lead would have become an MQL, had every activity of `engagement` been recorded when it occurred:
/// the first on which its behaviour reached B_up, or that of a fast-track activity if that was earlier. None unless it
/// lies before `until`, the local date on which the lead did become an MQL, or else today.
///
/// It tells of behaviour alone: profiles, guards and versions as of then are not asked.
pub fn would_have_qualified_on(
    scorer: &Scorer,
    engagement: &Engagement,
    fast_track_on: Option<NaiveDate>,
    until: NaiveDate,
) -> Option<NaiveDate> {
    let reached = reached_on(scorer, engagement, until);
    [reached, fast_track_on].into_iter().flatten().filter(|day| *day < until).min()
}

/// The first day on which the behaviour reached B_up, looked for from the first day on that counts for anything.
fn reached_on(scorer: &Scorer, engagement: &Engagement, until: NaiveDate) -> Option<NaiveDate> {
    let reaches = Crossing::Reaches(scorer.model().thresholds.up);
    let mut after = engagement.first_date()?.pred_opt()?;
    while after < until {
        if let Some(day) = scorer.next_crossing(engagement, after, reaches) {
            return Some(day);
        }
        after = after.checked_add_days(Days::new(HORIZON_DAYS.unsigned_abs().into()))?;
    }
    None
}
