//! W, the age from which a hand-over of a report can be judged (M3).
//!
//! It is one for the whole report and does not depend on its filters and its breakdown, so that a row of a value and a
//! report filtered by that value say the same.

use chrono::TimeDelta;
use handoff_domain::metric::efficiency::maturity_window;
use handoff_domain::metric::fact::HandoffFact;

use super::Ground;

/// The window of a report over these hand-overs, of which those count that became an MQL or were decided in its range.
/// `longest_given` is the longest time that a DECIDE clock of the range was given, in microseconds.
pub(crate) fn window(facts: &[HandoffFact], longest_given: Option<i64>, ground: &Ground) -> TimeDelta {
    let span = ground.span();
    let counts = |fact: &&HandoffFact| {
        let ends = [fact.mql.map(|stamp| stamp.at), fact.end.as_ref().map(|end| end.at)];
        ends.iter().flatten().any(|at| span.contains(at))
    };
    let decided = maturity_window(facts.iter().filter(counts), []);
    decided.max(TimeDelta::microseconds(longest_given.unwrap_or(0)))
}
