//! What happened to a lead on marketing's side, and the moves that no decision made.

use handoff_domain::qualification::event::{
    ActivityRecorded, CandidateEntered, CandidateLeft, LeadAttributesChanged, LeadCaptured, LeadDisqualified,
    LeadNurtured, LeadQualified, ManualScoreAdjusted, ScoreBaselineReset, SqlReturned, StageSkipped,
    SuppressionChanged,
};
use handoff_domain::qualification::record::Trigger;
use handoff_proto::event::v1 as pb;

use super::{snapshot, step};
use crate::convert::handoff::merit;
use crate::convert::scoring_model::decay_of;
use crate::convert::{origin, text, word};

pub(super) fn captured(event: &LeadCaptured) -> pb::LeadCaptured {
    pb::LeadCaptured {
        lead_id: event.lead.to_string(),
        kind: word::kind(event.kind).into(),
        origin: Some(origin(&event.origin)),
        persona: text(event.persona.as_deref()),
        suppression: word::suppression(event.suppression).into(),
        imported: event.imported,
        r#move: Some(step(event.lead, &event.step)),
    }
}

pub(super) fn attributes_changed(event: &LeadAttributesChanged) -> pb::LeadAttributesChanged {
    pb::LeadAttributesChanged {
        lead_id: event.lead.to_string(),
        kind: event.kind.map(word::kind).unwrap_or_default().into(),
        persona: text(event.persona.as_deref()),
        imported: event.imported,
    }
}

pub(super) fn suppression_changed(event: &SuppressionChanged) -> pb::SuppressionChanged {
    pb::SuppressionChanged {
        lead_id: event.lead.to_string(),
        from: word::suppression(event.from).into(),
        to: word::suppression(event.to).into(),
        imported: event.imported,
    }
}

pub(super) fn activity_recorded(event: &ActivityRecorded) -> pb::ActivityRecorded {
    pb::ActivityRecorded {
        activity_id: event.activity.to_string(),
        lead_id: event.lead.to_string(),
        r#type: event.kind.clone(),
        imported: event.imported,
        local_date: event.local_date.to_string(),
    }
}

pub(super) fn nurtured(event: &LeadNurtured) -> pb::LeadNurtured {
    pb::LeadNurtured {
        r#move: Some(step(event.lead, &event.step)),
        segment: text(event.segment.as_deref()),
        imported: event.imported,
    }
}

pub(super) fn disqualified(event: &LeadDisqualified) -> pb::LeadDisqualified {
    pb::LeadDisqualified {
        r#move: Some(step(event.lead, &event.step)),
        reason: event.reason.clone(),
        imported: event.imported,
    }
}

pub(super) fn qualified(event: &LeadQualified) -> pb::LeadQualified {
    pb::LeadQualified {
        r#move: Some(step(event.lead, &event.step)),
        handoff_id: event.handoff.to_string(),
        sales_ready: event.trigger == Trigger::SalesReady,
        origin: Some(origin(&event.snapshot.origin)),
        persona: text(event.snapshot.persona.as_deref()),
        kind: word::kind(event.snapshot.kind).into(),
        imported: event.imported,
        trigger: word::trigger(event.trigger).into(),
        merit: event.merit.as_ref().map(merit),
    }
}

pub(super) fn candidate_entered(event: &CandidateEntered) -> pb::CandidateEntered {
    pb::CandidateEntered {
        lead_id: event.lead.to_string(),
        product_line: event.line.to_string(),
        ground: event.ground.as_str().to_owned(),
    }
}

pub(super) fn candidate_left(event: &CandidateLeft) -> pb::CandidateLeft {
    pb::CandidateLeft { lead_id: event.lead.to_string(), product_line: event.line.to_string() }
}

pub(super) fn score_adjusted(event: &ManualScoreAdjusted) -> pb::ManualScoreAdjusted {
    pb::ManualScoreAdjusted {
        lead_id: event.lead.to_string(),
        local_date: event.local_date.to_string(),
        points: event.points.to_string(),
        decay: decay_of(event.decay),
    }
}

pub(super) fn score_baseline_reset(event: &ScoreBaselineReset) -> pb::ScoreBaselineReset {
    pb::ScoreBaselineReset {
        lead_id: event.lead.to_string(),
        local_date: event.local_date.to_string(),
        imported: event.imported,
    }
}

pub(super) fn sql_returned(event: &SqlReturned) -> pb::SqlReturned {
    pb::SqlReturned {
        r#move: Some(step(event.lead, &event.step)),
        handoff_id: event.handoff.map(|id| id.to_string()).unwrap_or_default(),
        reason: event.reason.clone(),
        imported: event.imported,
    }
}

pub(super) fn stage_skipped(event: &StageSkipped) -> pb::StageSkipped {
    pb::StageSkipped {
        r#move: Some(step(event.lead, &event.step)),
        skipped_stages: event.skipped.iter().map(|stage| word::stage(*stage).into()).collect(),
        handoff_id: event.handoff.map(|id| id.to_string()).unwrap_or_default(),
        imported: event.imported,
        snapshot: Some(snapshot(&event.snapshot)),
    }
}
