//! On which day a score will cross a threshold if nothing else happens, found without stepping from day to day.
//!
//! Over a span of days, positive points give most on its first day and negative ones on its last, because each only
//! fades and limits keep the order. So the score of the whole span has an upper and a lower bound, each the cost of
//! one score; a span whose bound does not reach holds no crossing, any other is halved.

use chrono::NaiveDate;

use super::engagement::{Day, Engagement};
use super::scorer::Scorer;
use crate::points::Points;

/// How far ahead a crossing is looked for: ten years, the longest half-life or window.
pub const HORIZON_DAYS: i32 = 3_650;

/// What a score comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// It is at least this.
    Reaches(Points),
    /// It is less than this.
    FallsUnder(Points),
}

impl Crossing {
    /// Whether a score is there.
    fn is_met_by(self, score: Points) -> bool {
        match self {
            Self::Reaches(threshold) => score >= threshold,
            Self::FallsUnder(threshold) => score < threshold,
        }
    }
}

impl Scorer {
    /// The first day after `after`, and no more than [`HORIZON_DAYS`] later, on which the score is there, if nothing
    /// is recorded meanwhile. Activities and adjustments that lie after a day count from theirs on.
    ///
    /// Where points of both signs fade along with the score just short of the threshold for years, it costs up to two
    /// scores a day; where only one sign fades, some thirteen in all.
    pub fn next_crossing(
        &self,
        engagement: &Engagement,
        after: NaiveDate,
        crossing: Crossing,
    ) -> Option<NaiveDate> {
        let first = Day::of(after).0.checked_add(1)?;
        self.first_in(engagement, first, first + HORIZON_DAYS - 1, crossing)?.date()
    }

    /// The most that the score can come to from `day` on, within [`HORIZON_DAYS`], if nothing is recorded meanwhile. An
    /// activity raises it by no more than its rules' points.
    pub fn ceiling(&self, engagement: &Engagement, day: NaiveDate) -> Points {
        let from = Day::of(day);
        let to = Day(from.0.saturating_add(HORIZON_DAYS));
        self.bound(engagement, from, to, Crossing::Reaches(Points::ZERO))
    }

    /// The first of the days `from` to `to` on which the score is there.
    fn first_in(&self, engagement: &Engagement, from: i32, to: i32, crossing: Crossing) -> Option<Day> {
        if !crossing.is_met_by(self.bound(engagement, Day(from), Day(to), crossing)) {
            return None;
        }
        if from == to {
            return Some(Day(from));
        }
        let middle = from + (to - from) / 2;
        self.first_in(engagement, from, middle, crossing)
            .or_else(|| self.first_in(engagement, middle + 1, to, crossing))
    }

    /// A bound of the scores of the days `from` to `to`, on the side from which the crossing is looked for: none of
    /// them is over it, or none is under it. Of one day it is the score.
    fn bound(&self, engagement: &Engagement, from: Day, to: Day, crossing: Crossing) -> Points {
        let is_upper = matches!(crossing, Crossing::Reaches(_));
        self.total(engagement, |is_negative, day| {
            if is_negative == is_upper {
                // As little as it ever is in the span: nothing before its day, and then what is left at the end.
                from.since(day).and(to.since(day))
            } else {
                // As much as it ever is in the span: on the first day on which it counts.
                to.since(day).map(|_| from.since(day).unwrap_or(0))
            }
        })
    }
}
