//! Rejections that marketing disputes.

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::{DisputeResolved, HandoffDisputed};
use handoff_proto::qualification::v1::DisputeRuling;
use uuid::Uuid;

use super::State;
use super::machine::Way;
use super::track::Cause;
use crate::docket::Docket;
use crate::event::Event;
use crate::word::{Word, id, ruling};

/// The latest dispute about a hand-over.
#[derive(Debug)]
pub(super) struct Dispute {
    pub(super) at: DateTime<Utc>,
    pub(super) by: Word,
    /// What it came to, when, and by whom.
    pub(super) resolution: Option<(&'static str, DateTime<Utc>, Word)>,
}

impl State {
    pub(super) fn handoff_disputed(&mut self, event: &Event, fact: &HandoffDisputed) -> Option<Uuid> {
        let by = self.words.keep(&fact.disputed_by);
        let handoff = self.handoff(event, &fact.lead_id, &fact.handoff_id)?;
        if handoff.state != "REJECTED" {
            return None;
        }
        handoff.state = "DISPUTED";
        handoff.dispute = Some(Dispute { at: event.occurred, by, resolution: None });
        Some(handoff.lead)
    }

    /// Upheld, the rejection is as it was; overturned, nothing is left of it and the track waits for sales once more.
    pub(super) fn dispute_resolved(
        &mut self,
        event: &Event,
        fact: &DisputeResolved,
        docket: &mut Docket,
    ) -> Option<Uuid> {
        let by = self.words.keep(&fact.resolved_by);
        let (owner, team) = (self.user_id(&fact.owner)?, self.team_id(&fact.team)?);
        let handoff_id = id(&fact.handoff_id)?;
        let handoff = self.handoff(event, &fact.lead_id, &fact.handoff_id)?;
        let dispute = handoff.dispute.as_mut().filter(|_| handoff.state == "DISPUTED")?;
        dispute.resolution = Some((ruling(fact.ruling()), event.occurred, by));
        let lead_id = handoff.lead;
        if fact.ruling() != DisputeRuling::Overturned {
            handoff.state = "REJECTED";
            return Some(lead_id);
        }
        if owner.is_none() || fact.round != handoff.round + 1 {
            return None;
        }
        handoff.state = "ASSIGNED";
        handoff.round = fact.round;
        (handoff.owner, handoff.team, handoff.assigned_at) = (owner, team, Some(event.occurred));
        (handoff.decided_at, handoff.decided_by) = (None, None);
        (handoff.reason, handoff.disposition, handoff.attribution) = (None, None, None);
        let step = fact.r#move.as_ref()?;
        let line = self.words.keep(&step.product_line);
        let lead = self.leads.get_mut(&lead_id)?;
        if fact.ends_cooldown {
            lead.warm_up(event.position);
        }
        let track = lead.track(&line, event);
        if track.open_handoff.replace(handoff_id).is_some() {
            return None;
        }
        track.candidate = None;
        let cause = Cause { handoff: Some(handoff_id), reason: Some("OVERTURNED"), ..Cause::default() };
        let moved = self.moved(event, Some(step), Way::Overturned, &cause, docket)?;
        self.waits_once(lead_id, event, docket);
        Some(moved)
    }
}
