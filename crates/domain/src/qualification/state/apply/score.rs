//! The fold of what scores are made of besides activities, and of candidates.

use crate::qualification::event::{CandidateEntered, CandidateLeft, ManualScoreAdjusted, ScoreBaselineReset};
use crate::qualification::record::{ScoreAdjustment, ScoreBaseline};
use crate::qualification::state::apply::Fold;
use crate::qualification::state::{Stamp, State};
use crate::score::{Adjustment, Baseline};

impl State {
    pub(super) fn score_adjusted(&mut self, event: &ManualScoreAdjusted, stamp: &Stamp<'_>) {
        let ManualScoreAdjusted { lead, occurred_at, local_date, points, decay, .. } = *event;
        let position = stamp.position;
        self.changes.adjustments.push(ScoreAdjustment {
            lead,
            position,
            occurred_at,
            local_date,
            points,
            decay,
        });
        if let Some(engagement) = self.engagements.get_mut(&lead) {
            engagement.adjust(Adjustment::new(local_date, points, decay));
        }
    }

    pub(super) fn score_baseline_reset(&mut self, event: &ScoreBaselineReset, stamp: &Stamp<'_>) {
        let ScoreBaselineReset { lead, occurred_at, local_date, .. } = *event;
        let baseline = Baseline { at: occurred_at, local_date };
        self.changes.baselines.push(ScoreBaseline { lead, position: stamp.position, baseline });
        self.count_anew(lead, stamp.recorded_at);
    }
}

impl Fold<'_> {
    pub(super) fn candidate_entered(&mut self, event: &CandidateEntered) {
        self.track(&event.line, event.occurred_at).candidate = Some(event.ground);
    }

    pub(super) fn candidate_left(&mut self, event: &CandidateLeft) {
        self.track(&event.line, event.occurred_at).candidate = None;
    }
}
