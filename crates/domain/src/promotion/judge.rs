//! The ground that a lead has, what becomes of it, and what is noted.

use super::guard::{Guard, Hold, holds};
use super::quota::Quota;
use super::{Case, Decision, Emission, Ground, Lack, Verdict};
use crate::calendar::Calendar;
use crate::points::Points;
use crate::qualification::record::LeadKind;
use crate::qualification::stage::{Stage, Transition};
use crate::score::Publish;

/// What becomes of a lead, were there a place for everybody.
pub fn judge(case: &Case) -> Verdict {
    match ground(case) {
        Err(lacks) => Verdict::NotACandidate { lacks },
        Ok(ground) => match holds(case) {
            none if none.is_empty() => Verdict::Promote { ground },
            held_by => Verdict::Candidate { ground, held_by },
        },
    }
}

/// What becomes of a lead, and what is noted.
///
/// `quota` has the places for leads of a published model, in the business days of `calendar`. Whoever is asked first
/// gets the first place: ask for the best leads first, and again for the candidates on [`Ground::Published`] on each
/// business day. A lead whose handoff is open is neither promoted nor demoted: nothing is noted of it.
pub fn decide(case: &Case, quota: &mut Quota, calendar: &Calendar) -> Decision {
    let mut verdict = judge(case);
    let is_report = matches!(case.published, Some(Publish::NewEventsOnly | Publish::Shadow));
    if is_report || case.handoff_open {
        return Decision { verdict, emission: None };
    }
    if let Verdict::Promote { ground: ground @ Ground::Published } = verdict
        && let Err(until) = quota.take(calendar, case.now)
    {
        verdict = Verdict::Candidate { ground, held_by: vec![Hold { guard: Guard::DayIsFull, until }] };
    }
    let emission = match verdict {
        Verdict::Promote { ground } => Some(Emission::LeadQualified { ground }),
        Verdict::Candidate { ground, .. } => {
            (case.candidate != Some(ground)).then_some(Emission::CandidateEntered { ground })
        }
        Verdict::NotACandidate { .. } => case.candidate.map(|_| Emission::CandidateLeft),
    };
    Decision { verdict, emission }
}

/// The ground that the lead has, or all that it lacks.
fn ground(case: &Case) -> Result<Ground, Vec<Lack>> {
    if !case.handoff_open && !Transition::Qualified.allows(Some(case.stage), Stage::Mql) {
        return Err(vec![Lack::Stage(case.stage)]);
    }
    let criteria = if case.kind == LeadKind::Unknown { None } else { case.criteria.now() };
    let gates_hold = criteria.is_none_or(|fitness| fitness.gates_hold);
    if is_fast(case) {
        return if gates_hold { Ok(Ground::FastTrack) } else { Err(vec![Lack::Gates]) };
    }
    let mut lacks = Vec::new();
    if !gates_hold {
        lacks.push(Lack::Gates);
    }
    let Some(behaviour) = case.model.now() else {
        lacks.push(Lack::Model);
        // Who was a candidate before the model ended stays one.
        return if gates_hold && case.candidate.is_some() { Ok(reached(case)) } else { Err(lacks) };
    };
    let thresholds = behaviour.thresholds;
    let fit = criteria.map_or(Points::ZERO, |fitness| (thresholds.fit - fitness.points).max(Points::ZERO));
    if gates_hold && fit == Points::ZERO && thresholds.holds(case.candidate.is_some(), behaviour.points) {
        return Ok(reached(case));
    }
    if fit > Points::ZERO {
        lacks.push(Lack::Fit(fit));
    }
    // To B_up, even for a candidate: it is none any more, whatever was the reason.
    let missing = thresholds.missing(behaviour.points);
    if missing > Points::ZERO {
        lacks.push(Lack::Behaviour(missing));
    }
    Err(lacks)
}

/// The ground of a lead that reaches the thresholds. Who waits for a place waits on, whatever it is judged for.
fn reached(case: &Case) -> Ground {
    match case.candidate {
        Some(ground @ (Ground::Thresholds | Ground::Published)) => ground,
        Some(Ground::FastTrack) => Ground::Thresholds,
        None if case.published.is_some() => Ground::Published,
        None => Ground::Thresholds,
    }
}

/// Whether the lead did something since the track was last settled for which the gates suffice.
fn is_fast(case: &Case) -> bool {
    case.fast_track_at.is_some_and(|at| case.settled_at.is_none_or(|settled| at >= settled))
}
