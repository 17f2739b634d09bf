//! M3 and M4: MQL efficiency, that is SQL ÷ MQL.
//!
//! The sources write it upside down ("MQLs divided by SQLs") and say in the same breath that closer to 100 % is
//! better (F1, F2): 40 accepted of 100 is 40 %, not 250 %.

use chrono::{DateTime, TimeDelta, Utc};

use super::Span;
use super::clock::{ClockFact, ClockKind};
use super::count::{Counting, mql_count, sql_count};
use super::exact::Exact;
use super::fact::HandoffFact;
use super::milestone::Milestone;
use super::quantile::Samples;
use super::ratio::Ratio;
use crate::rollup::histogram::Scale;

/// Who is too young to judge, and whether they are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maturity {
    /// W: how old a member must be. See [`maturity_window`].
    pub window: TimeDelta,
    /// Leave the immature out of both counts. They are counted in `n_immature` either way.
    pub matured_only: bool,
}

/// M3: of those that became an MQL in the span, the share that was accepted by `as_of`.
///
/// The facts are those of `as_of`. A lead counted as a LEAD is immature if any of its members is.
pub fn efficiency_of_cohort<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact>,
    span: &Span,
    counting: Counting,
    maturity: Maturity,
    as_of: DateTime<Utc>,
) -> Ratio {
    let (mut members, mut immature) = (Vec::new(), Vec::new());
    for fact in facts {
        let Some(mql_at) = counting.mql_at(fact).filter(|at| span.contains(at)) else { continue };
        let is_mature = as_of - mql_at >= maturity.window;
        if !is_mature {
            immature.push(fact);
        }
        if is_mature || !maturity.matured_only {
            members.push(fact);
        }
    }
    let accepted = members.iter().copied().filter(|fact| counting.accepted_at(fact).is_some());
    Ratio {
        numerator: counting.count(accepted),
        denominator: counting.count(members.iter().copied()),
        n_immature: counting.count(immature.into_iter()),
    }
}

/// M4: accepted in the span over MQLs of the span. The two are not the same leads, so it may exceed 100 %
/// (edge case 3): see [`Ratio::is_over_one`].
pub fn efficiency_of_period<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact, IntoIter: Clone>,
    span: &Span,
    counting: Counting,
) -> Ratio {
    let facts = facts.into_iter();
    Ratio::new(sql_count(facts.clone(), span, counting), mql_count(facts, span, counting))
}

/// W: the age from which a hand-over can be judged. The 90th percentile of the recorded decision times, and never less
/// than the longest time that a DECIDE clock was given: before its deadline nobody is late. Every length is rounded up
/// to an edge of the histogram of the rollups, so that facts and rollups give the same.
pub fn maturity_window<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact>,
    clocks: impl IntoIterator<Item = &'a ClockFact>,
) -> TimeDelta {
    let decision_times: Samples = facts
        .into_iter()
        .filter_map(|fact| {
            let recorded = |milestone| fact.reached(milestone).filter(|stamp| !stamp.implied);
            let taken = recorded(Milestone::Decided)?.at - recorded(Milestone::Mql)?.at;
            taken.num_microseconds().filter(|us| *us >= 0).map(|us| Scale::Time.round_up(us))
        })
        .collect();
    let decide = clocks.into_iter().filter(|it| it.kind == ClockKind::Decide);
    let given = decide.filter_map(|it| (it.due_at - it.started_at).num_microseconds()).max();
    window_of(&decision_times, given.unwrap_or(0))
}

/// W of decision times that are rounded up, and of the longest time that was given, both in microseconds.
pub fn window_of(decision_times: &Samples, longest_given: i64) -> TimeDelta {
    let p90 = decision_times.percentile(90).and_then(Exact::ceil).unwrap_or(0);
    TimeDelta::microseconds(Scale::Time.round_up(p90.max(longest_given)))
}
