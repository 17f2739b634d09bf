//! What people and recycling do to scores, and candidates. What is counted is no fold of the log alone: see
//! [`super::model`].

use chrono::{DateTime, Utc};
use handoff_proto::event::v1::payload::Fact;
use handoff_proto::event::v1::{CandidateEntered, CandidateLeft, ManualScoreAdjusted, ScoreBaselineReset};
use handoff_proto::qualification::v1::decay::Decay;
use handoff_store::verify::score::{AdjustmentRow, BaselineRow};
use uuid::Uuid;

use super::State;
use crate::docket::Docket;
use crate::event::Event;
use crate::law::Law;
use crate::word::{Tally, id, points};

/// What was done to a lead's score.
#[derive(Debug, Default)]
pub(super) struct ByHand {
    pub(super) adjustments: Tally,
    pub(super) baselines: Tally,
    /// When each baseline occurred, and when it was recorded.
    resets: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl ByHand {
    /// The latest baseline of those that were recorded up to `until`.
    pub(super) fn since(&self, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.resets.iter().filter(|(_, recorded)| *recorded <= until).map(|(occurred, _)| *occurred).max()
    }
}

/// What recycling has to do.
#[derive(Debug, Default)]
pub(super) struct Recycling {
    /// Whether the log was written by a build that knows of scores; what came before that sets no baselines.
    pub(super) is_known: bool,
    /// The rejection that the last event was, and its lead.
    pub(super) rejection: Option<(i64, Uuid)>,
}

impl State {
    pub(super) fn candidate_entered(&mut self, event: &Event, fact: &CandidateEntered) -> Option<Uuid> {
        let ground = match fact.ground.as_str() {
            "THRESHOLDS" => "THRESHOLDS",
            "PUBLISHED" => "PUBLISHED",
            "FAST_TRACK" => "FAST_TRACK",
            _ => return None,
        };
        let (lead_id, line) = (id(&fact.lead_id)?, self.words.keep(&fact.product_line));
        self.leads.get_mut(&lead_id)?.track(&line, event).candidate = Some(ground);
        Some(lead_id)
    }

    pub(super) fn candidate_left(&mut self, event: &Event, fact: &CandidateLeft) -> Option<Uuid> {
        let (lead_id, line) = (id(&fact.lead_id)?, self.words.keep(&fact.product_line));
        self.leads.get_mut(&lead_id)?.track(&line, event).candidate.take()?;
        Some(lead_id)
    }

    pub(super) fn score_adjusted(&mut self, event: &Event, fact: &ManualScoreAdjusted) -> Option<Uuid> {
        let lead_id = id(&fact.lead_id)?;
        let (decay, decay_days, decay_rate_permille) =
            match fact.decay.as_ref().and_then(|it| it.decay.as_ref()) {
                None => ("NONE", None, None),
                Some(Decay::Linear(it)) => ("LINEAR", Some(it.period_days), Some(it.rate_permille)),
                Some(Decay::HalfLifeDays(days)) => ("HALF_LIFE", Some(*days), None),
                Some(Decay::WindowDays(days)) => ("WINDOW", Some(*days), None),
            };
        let row = AdjustmentRow {
            lead_id,
            position: event.position,
            occurred_at: event.occurred,
            local_date: fact.local_date.parse().ok()?,
            points_milli: points(&fact.points)?,
            decay: decay.to_owned(),
            decay_days,
            decay_rate_permille,
        };
        self.leads.get_mut(&lead_id)?.by_hand.adjustments.add(&row);
        Some(lead_id)
    }

    pub(super) fn score_baseline_reset(&mut self, event: &Event, fact: &ScoreBaselineReset) -> Option<Uuid> {
        let lead_id = id(&fact.lead_id)?;
        let row = BaselineRow {
            lead_id,
            position: event.position,
            occurred_at: event.occurred,
            local_date: fact.local_date.parse().ok()?,
        };
        let by_hand = &mut self.leads.get_mut(&lead_id)?.by_hand;
        by_hand.baselines.add(&row);
        by_hand.resets.push((event.occurred, event.recorded));
        self.recycling.is_known = true;
        Some(lead_id)
    }

    /// Judges what stands right behind a rejection that recycles; nothing does at the end of the log.
    pub(crate) fn behind_rejection(&mut self, next: Option<&Event>, docket: &mut Docket) {
        let Some((position, lead)) = self.recycling.rejection.take() else { return };
        let is_baseline = |event: &Event| match &event.fact {
            Some(Fact::ScoreBaselineReset(fact)) => {
                event.position == position + 1 && id(&fact.lead_id) == Some(lead)
            }
            _ => false,
        };
        docket.checked(Law::StateScores, 1);
        if self.recycling.is_known && !next.is_some_and(is_baseline) {
            let place = format_args!("lead {lead}, qualification position {position}");
            docket.violated(Law::StateScores, place, "a baseline right behind it", "none");
        }
    }
}
