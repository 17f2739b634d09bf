//! M1 and M2: how many leads marketing passed, and how many sales accepted.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::fact::{Decision, HandoffFact, WithdrawnReason};
use super::milestone::{Milestone, Stamp};
use super::{CountUnit, SkipPolicy, Span};
use crate::id::LeadId;

/// What counts as a member of M1–M4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Counting {
    /// Hand-overs or distinct leads.
    pub unit: CountUnit,
    /// Only first cycles: leads that were never handed over before.
    pub first_time: bool,
    /// Whether stages that a source skipped count as passed.
    pub skip_policy: SkipPolicy,
}

impl Default for Counting {
    /// Every hand-over, skipped stages implied.
    fn default() -> Self {
        Self { unit: CountUnit::Handoff, first_time: false, skip_policy: SkipPolicy::ImplyPassed }
    }
}

impl Counting {
    /// When the fact became an MQL, if it counts as one: withdrawn as MERGED or TEST, it never should have been.
    pub fn mql_at(self, fact: &HandoffFact) -> Option<DateTime<Utc>> {
        let void = fact.end.as_ref().is_some_and(|end| {
            matches!(end.decision, Decision::Withdrawn(WithdrawnReason::Merged | WithdrawnReason::Test))
        });
        self.admit(fact, fact.mql).filter(|_| !void)
    }

    /// When the fact became an SQL, if it counts as one.
    pub fn accepted_at(self, fact: &HandoffFact) -> Option<DateTime<Utc>> {
        self.admit(fact, fact.reached(Milestone::Accepted))
    }

    fn admit(self, fact: &HandoffFact, stamp: Option<Stamp>) -> Option<DateTime<Utc>> {
        let stamp = stamp.filter(|stamp| !stamp.implied || self.skip_policy == SkipPolicy::ImplyPassed)?;
        (!self.first_time || fact.cycle == 1).then_some(stamp.at)
    }

    /// How many hand-overs or distinct leads these facts are.
    pub(super) fn count<'a>(self, members: impl Iterator<Item = &'a HandoffFact>) -> u64 {
        match self.unit {
            CountUnit::Handoff => members.count() as u64,
            CountUnit::Lead => members.map(|fact| fact.lead).collect::<BTreeSet<LeadId>>().len() as u64,
        }
    }
}

/// M1: became an MQL in the span, without those withdrawn as MERGED or TEST.
pub fn mql_count<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact>,
    span: &Span,
    counting: Counting,
) -> u64 {
    counting
        .count(facts.into_iter().filter(|fact| counting.mql_at(fact).is_some_and(|at| span.contains(&at))))
}

/// M2: accepted in the span, whenever it became an MQL (edge case 2).
pub fn sql_count<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact>,
    span: &Span,
    counting: Counting,
) -> u64 {
    let accepted = |fact: &&HandoffFact| counting.accepted_at(fact).is_some_and(|at| span.contains(&at));
    counting.count(facts.into_iter().filter(accepted))
}
