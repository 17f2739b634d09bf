//! When a lead is judged again although nothing happens to it. It is computed, so nobody has to look at every lead each
//! night.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::{Ground, Lack, Verdict};
use crate::calendar::{Calendar, local};
use crate::points::Points;
use crate::score::{Crossing, Thresholds};

impl Verdict {
    /// Of a score of so many points, the crossing of a threshold that would make another verdict of it. None where the
    /// score makes no difference: on the fast track, whose ground does not fade, and beyond the hand-over.
    pub fn crossing(&self, thresholds: Thresholds, points: Points) -> Option<Crossing> {
        let Thresholds { up, down, .. } = thresholds;
        match self {
            Self::NotACandidate { lacks } if matches!(lacks[..], [Lack::Stage(_)]) => None,
            Self::NotACandidate { .. } if points < up => Some(Crossing::Reaches(up)),
            // It lacks something else, and may lack behaviour too by the time it has that.
            Self::NotACandidate { .. } => Some(Crossing::FallsUnder(up)),
            Self::Candidate { ground: Ground::FastTrack, .. }
            | Self::Promote { ground: Ground::FastTrack } => None,
            Self::Candidate { .. } | Self::Promote { .. } => Some(Crossing::FallsUnder(down)),
        }
    }

    /// When the lead is judged again, if by time alone its guards end at [`Self::free_at`] and its points change on the
    /// local date `changes_on` of `zone`: on which the score crosses, or the fit may change.
    ///
    /// A lead that rises by time alone qualifies at the next opening of `calendar`, and one that falls does so at
    /// midnight.
    pub fn judge_again_at(
        &self,
        changes_on: Option<NaiveDate>,
        zone: Tz,
        calendar: &Calendar,
    ) -> Option<DateTime<Utc>> {
        let midnight = changes_on.map(|day| local::midnight(zone, day));
        let changes_at = match self {
            Self::NotACandidate { .. } => midnight.and_then(|midnight| calendar.next_opening(midnight)),
            Self::Candidate { .. } | Self::Promote { .. } => midnight,
        };
        self.free_at().into_iter().chain(changes_at).min()
    }
}
