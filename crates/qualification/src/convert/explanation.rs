//! Explanations on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use handoff_domain::criteria::{Fit, Line};
use handoff_domain::explanation::{Change, DayLine, Explanation, Missing, Outlook, Score, ScoreLine};
use handoff_domain::id::LeadId;
use handoff_domain::points::Points;
use handoff_domain::promotion::{Guard, Hold, Lack, Verdict};
use handoff_domain::score::{Crossing, Thresholds};
use handoff_proto::name::Collection;
use handoff_proto::qualification::v1 as pb;
use handoff_runtime::convert::to_timestamp;

use super::{text, word};

/// The explanation of a lead by a model with these thresholds, and on which day it would have become an MQL.
pub(crate) fn explanation(
    lead: LeadId,
    explanation: Explanation,
    thresholds: Option<Thresholds>,
    would_have_qualified_on: Option<NaiveDate>,
) -> pb::Explanation {
    pb::Explanation {
        lead: Collection::Leads.name(lead.0),
        headline: explanation.headline,
        verdict: Some(verdict(&explanation.verdict)),
        missing: explanation.missing.into_iter().map(missing).collect(),
        outlook: explanation.outlook.iter().map(outlook).collect(),
        fit: explanation.fit.map(|told| fit(told, thresholds)),
        behaviour: explanation.behaviour.map(behaviour),
        would_have_qualified_date: would_have_qualified_on.map(|day| day.to_string()).unwrap_or_default(),
    }
}

fn verdict(verdict: &Verdict) -> pb::ScoreVerdict {
    let (kind, ground, lacks, held_by) = match verdict {
        Verdict::NotACandidate { lacks } => (pb::VerdictKind::NotACandidate, None, lacks.as_slice(), &[][..]),
        Verdict::Candidate { ground, held_by } => {
            (pb::VerdictKind::Candidate, Some(*ground), &[][..], held_by.as_slice())
        }
        Verdict::Promote { ground } => (pb::VerdictKind::Promote, Some(*ground), &[][..], &[][..]),
    };
    pb::ScoreVerdict {
        kind: kind.into(),
        ground: ground.map(word::ground).unwrap_or_default().into(),
        lacks: lacks.iter().map(lack).collect(),
        held_by: held_by.iter().map(hold).collect(),
    }
}

fn lack(lack: &Lack) -> pb::ScoreLack {
    let (kind, stage, points) = match *lack {
        Lack::Stage(stage) => (pb::LackKind::Stage, Some(stage), None),
        Lack::Gates => (pb::LackKind::Gates, None, None),
        Lack::Model => (pb::LackKind::Model, None, None),
        Lack::Fit(points) => (pb::LackKind::Fit, None, Some(points)),
        Lack::Behaviour(points) => (pb::LackKind::Behaviour, None, Some(points)),
    };
    pb::ScoreLack {
        kind: kind.into(),
        stage: stage.map(word::stage).unwrap_or_default().into(),
        points: points.as_ref().map(Points::to_string).unwrap_or_default(),
        text: lack.to_string(),
    }
}

fn hold(hold: &Hold) -> pb::PromotionHold {
    let suppression = if let Guard::LeadSuppressed(why) = hold.guard { Some(why) } else { None };
    let until_time = hold.until.map(|until: DateTime<Utc>| to_timestamp(until));
    pb::PromotionHold {
        guard: guard(hold.guard).into(),
        suppression: suppression.map(word::suppression).unwrap_or_default().into(),
        until_time,
        text: hold.to_string(),
    }
}

fn guard(guard: Guard) -> pb::PromotionGuard {
    match guard {
        Guard::LeadUnknown => pb::PromotionGuard::LeadUnknown,
        Guard::KindUnknown => pb::PromotionGuard::KindUnknown,
        Guard::LeadSuppressed(_) => pb::PromotionGuard::LeadSuppressed,
        Guard::NoCriteriaInEffect => pb::PromotionGuard::NoCriteriaInEffect,
        Guard::NoModelInEffect => pb::PromotionGuard::NoModelInEffect,
        Guard::NoContractInEffect => pb::PromotionGuard::NoContractInEffect,
        Guard::HandoffOpen => pb::PromotionGuard::HandoffOpen,
        Guard::CooldownActive => pb::PromotionGuard::CooldownActive,
        Guard::DayIsFull => pb::PromotionGuard::DayIsFull,
    }
}

fn missing(missing: Missing) -> pb::MissingPart {
    let text = missing.to_string();
    let part = match missing {
        Missing::Gate { criterion: key, label } => {
            pb::missing_part::Part::Criterion(pb::MissingCriterion { key, label })
        }
        Missing::Fit(points) => pb::missing_part::Part::FitPoints(points.to_string()),
        Missing::Behaviour(points) => pb::missing_part::Part::BehaviourPoints(points.to_string()),
        Missing::Attribute { key, label } => {
            pb::missing_part::Part::Attribute(pb::MissingAttribute { key: key.to_string(), label })
        }
    };
    pb::MissingPart { part: Some(part), text }
}

fn outlook(outlook: &Outlook) -> pb::ScoreOutlook {
    let (kind, points) = match outlook.change {
        Change::Behaviour(Crossing::Reaches(up)) => (pb::OutlookKind::BehaviourReaches, Some(up)),
        Change::Behaviour(Crossing::FallsUnder(least)) => (pb::OutlookKind::BehaviourFallsUnder, Some(least)),
        Change::Fit => (pb::OutlookKind::FitMayChange, None),
    };
    pb::ScoreOutlook {
        day: outlook.day.to_string(),
        kind: kind.into(),
        points: points.as_ref().map(Points::to_string).unwrap_or_default(),
        text: outlook.to_string(),
    }
}

fn fit(fit: Fit, thresholds: Option<Thresholds>) -> pb::FitScore {
    pb::FitScore {
        points: fit.points.to_string(),
        threshold: thresholds.map(|thresholds| thresholds.fit.to_string()).unwrap_or_default(),
        gates_hold: fit.gates_hold,
        lines: fit.lines.into_iter().map(fit_line).collect(),
    }
}

fn fit_line(line: Line) -> pb::FitLine {
    pb::FitLine {
        criterion: line.criterion,
        label: line.label,
        attribute: line.attribute.to_string(),
        answer: word::answer(line.answer).into(),
        value: text(line.value.as_deref()),
        points: line.points.to_string(),
        blocks: line.blocks,
        sensitive: line.sensitive,
        why: line.why,
    }
}

fn behaviour(score: Score) -> pb::BehaviourScore {
    pb::BehaviourScore {
        points: score.points.to_string(),
        up: score.up.to_string(),
        down: score.down.to_string(),
        lines: score.lines.into_iter().map(score_line).collect(),
    }
}

fn score_line(line: ScoreLine) -> pb::ScoreLine {
    let kind = pb::ScoreLineKind::from_str_name(&format!("SCORE_LINE_KIND_{}", line.kind));
    pb::ScoreLine {
        kind: kind.unwrap_or_default().into(),
        key: line.key,
        label: line.label,
        points: line.points.to_string(),
        why: line.why,
        days: line.days.into_iter().map(day).collect(),
    }
}

fn day(day: DayLine) -> pb::ScoreDay {
    pb::ScoreDay {
        date: day.date.to_string(),
        age_days: day.age.map(|age| i32::try_from(age).unwrap_or(i32::MAX)),
        counted: day.counted.into(),
        repeated: day.repeated.into(),
        points: day.points.to_string(),
    }
}
