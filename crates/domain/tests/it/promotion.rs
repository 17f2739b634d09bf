//! Promotion: edge cases by their numbers, and laws over random cases.

mod candidate;
mod due;
mod late;
mod laws;
mod publishing;
mod random;

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use handoff_domain::calendar::Calendar;
use handoff_domain::points::Points;
use handoff_domain::promotion::{
    Behaviour, Case, Decision, Fitness, Guard, InEffect, Quota, Verdict, decide,
};
use handoff_domain::qualification::record::{LeadKind, Suppression};
use handoff_domain::qualification::stage::Stage;
use handoff_domain::score::Thresholds;

use crate::calendar::{rome, utc};

/// Rome's, which is expanded once.
static CALENDAR: LazyLock<Calendar> = LazyLock::new(rome);

/// A Friday.
pub(crate) const NOW: &str = "2026-03-27T10:00:00Z";

pub(crate) fn now() -> DateTime<Utc> {
    utc(NOW)
}

/// What a model says that asks for 10 points of fit and 50 of behaviour, and for 40 to stay a candidate.
pub(crate) fn behaviour(points: i32) -> Behaviour {
    Behaviour {
        points: Points::whole(points),
        thresholds: Thresholds::new(Points::whole(10), Points::whole(50)),
    }
}

/// A lead that nothing holds back, with so much behaviour; change what matters.
pub(crate) fn lead(points: i32) -> Case {
    Case {
        now: now(),
        stage: Stage::Nurture,
        handoff_open: false,
        candidate: None,
        fast_track_at: None,
        settled_at: None,
        published: None,
        is_known: true,
        kind: LeadKind::B2b,
        suppression: Suppression::None,
        cooldown_until: None,
        criteria: InEffect::Yes(Fitness { points: Points::whole(10), gates_hold: true }),
        model: InEffect::Yes(behaviour(points)),
        contract: InEffect::Yes(()),
    }
}

/// What is decided of a lead for something of its own.
fn decided(case: &Case) -> Decision {
    decide(case, &mut Quota::default(), &CALENDAR)
}

/// The guards that hold the lead back.
fn guards(verdict: &Verdict) -> Vec<Guard> {
    match verdict {
        Verdict::Candidate { held_by, .. } => held_by.iter().map(|hold| hold.guard).collect(),
        other => panic!("{other:?}"),
    }
}
