//! Facts for the tests, written with what matters in each.

use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Utc};
use handoff_domain::calendar::Elapsed;
use handoff_domain::id::{ClockId, HandoffId, LeadId};
use handoff_domain::metric::Span;
use handoff_domain::metric::clock::{ClockFact, ClockKind, Stop, StopKind};
use handoff_domain::metric::fact::{Acceptance, Decision, End, HandoffFact, LeadFact, WithdrawnReason};
use handoff_domain::metric::milestone::Stamp;
use handoff_domain::qualification::rejection::Attribution;
use handoff_domain::target::Target;
use uuid::Uuid;

/// `2026-01-05 09:00` in UTC.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect(text).and_utc()
}

/// The midnights of two dates.
pub(crate) fn span(from: &str, to: &str) -> Span {
    at(&format!("{from} 00:00"))..at(&format!("{to} 00:00"))
}

pub(crate) fn target(text: &str) -> Target {
    Target::from_str(text).expect(text)
}

/// A captured lead whose number is its id.
pub(crate) fn lead(number: u128, captured: &str) -> LeadFact {
    LeadFact {
        lead: LeadId(Uuid::from_u128(number)),
        captured_at: at(captured),
        customer_at: None,
        imported: false,
        dimensions: Default::default(),
    }
}

/// The first hand-over of the lead with this number.
pub(crate) fn mql(number: u128, mql: &str) -> HandoffFact {
    HandoffFact {
        handoff: Some(HandoffId(Uuid::from_u128(number))),
        mql: Some(Stamp::recorded(at(mql))),
        ..HandoffFact::new(LeadId(Uuid::from_u128(number)), "default", 1)
    }
}

/// The first cycle of a lead whose source went past MQL.
pub(crate) fn skipped_mql(number: u128, skip: &str) -> HandoffFact {
    HandoffFact {
        mql: Some(Stamp::implied(at(skip))),
        ..HandoffFact::new(LeadId(Uuid::from_u128(number)), "default", 1)
    }
    .ended(skip, Decision::Accepted(Acceptance::Implied))
}

/// What may follow.
pub(crate) trait Then {
    fn ended(self, when: &str, decision: Decision) -> Self;
    fn accepted(self, when: &str) -> Self;
    fn rejected(self, when: &str, attribution: Attribution) -> Self;
    fn withdrawn(self, when: &str, reason: WithdrawnReason) -> Self;
    fn cycle(self, cycle: u32) -> Self;
}

impl Then for HandoffFact {
    fn ended(self, when: &str, decision: Decision) -> Self {
        Self { end: Some(End { at: at(when), decision }), ..self }
    }

    fn accepted(self, when: &str) -> Self {
        self.ended(when, Decision::Accepted(Acceptance::Sales))
    }

    fn rejected(self, when: &str, attribution: Attribution) -> Self {
        self.ended(when, Decision::Rejected { reason: "OTHER".into(), attribution })
    }

    fn withdrawn(self, when: &str, reason: WithdrawnReason) -> Self {
        self.ended(when, Decision::Withdrawn(reason))
    }

    /// Another cycle of the same lead; its hand-over is another one.
    fn cycle(self, cycle: u32) -> Self {
        let handoff =
            self.handoff.map(|id| HandoffId(Uuid::from_u128(id.0.as_u128() + u128::from(cycle) * 1_000)));
        Self { cycle, handoff, ..self }
    }
}

/// A running DECIDE clock of the hand-over with this number.
pub(crate) fn decide_clock(number: u128, promised: &str, started: &str, due: &str) -> ClockFact {
    ClockFact {
        clock: ClockId(Uuid::from_u128(number)),
        kind: ClockKind::Decide,
        handoff: HandoffId(Uuid::from_u128(number)),
        target: target(promised),
        started_at: at(started),
        due_at: at(due),
        stop: None,
        breached_at: None,
    }
}

/// The clock, stopped with what sla logged.
pub(crate) fn stopped(clock: ClockFact, when: &str, kind: StopKind, elapsed: Elapsed) -> ClockFact {
    ClockFact { stop: Some(Stop { at: at(when), kind, elapsed }), ..clock }
}
