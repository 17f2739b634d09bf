//! The fold of disputes about rejections.

use crate::qualification::event::{DisputeResolved, HandoffDisputed};
use crate::qualification::record::{Dispute, HandoffState, Resolution};
use crate::qualification::state::apply::{Cause, Fold};

impl Fold<'_> {
    pub(super) fn handoff_disputed(&mut self, event: &HandoffDisputed) {
        let handoff = self.handoff(event.handoff);
        handoff.state = HandoffState::Disputed;
        handoff.dispute = Some(Dispute {
            disputed_at: event.occurred_at,
            disputed_by: event.disputed_by.clone(),
            resolution: None,
        });
    }

    pub(super) fn dispute_resolved(&mut self, event: &DisputeResolved) {
        let (at, ruling) = (event.occurred_at, event.ruling());
        let handoff = self.handoff(event.handoff);
        if let Some(dispute) = &mut handoff.dispute {
            let resolved_by = event.resolved_by.clone();
            dispute.resolution = Some(Resolution { ruling, resolved_at: at, resolved_by });
        }
        let Some(reopening) = &event.reopening else {
            handoff.state = HandoffState::Rejected;
            return;
        };
        handoff.state = HandoffState::Assigned;
        handoff.round = reopening.round;
        (handoff.owner, handoff.team) = (Some(reopening.owner), reopening.team);
        handoff.assigned_at = Some(at);
        (handoff.decided_at, handoff.decided_by) = (None, None);
        (handoff.reason, handoff.disposition, handoff.attribution) = (None, None, None);
        handoff.note = None;
        if reopening.ends_cooldown {
            self.lead().cooldown_until = None;
        }
        let handoff = Some(event.handoff);
        let reason = Some(ruling.as_str());
        self.step(&reopening.step, &Cause { handoff, reason, ..Cause::at(at, false) });
        let track = self.track(&reopening.step.line, at);
        track.open_handoff = handoff;
        track.candidate = None;
    }
}
