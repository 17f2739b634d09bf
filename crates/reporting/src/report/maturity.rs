//! W, the age from which a hand-over of a report can be judged (M3).
//!
//! It is one for the whole report and does not depend on its filters and its breakdown, so that a row of a value and a
//! report filtered by that value say the same.

use chrono::TimeDelta;
use handoff_domain::metric::efficiency::maturity_window;
use handoff_domain::metric::fact::HandoffFact;
use handoff_domain::rollup::histogram::Scale;

use super::Ground;

/// The window of a report over these hand-overs, of which those count that were decided in its range. `longest_given` is
/// the longest time that a DECIDE clock due in the range was given, in microseconds.
pub(crate) fn window(facts: &[HandoffFact], longest_given: Option<i64>, ground: &Ground) -> TimeDelta {
    let span = ground.span();
    let is_decided = |fact: &&HandoffFact| fact.end.as_ref().is_some_and(|end| span.contains(&end.at));
    let decided = maturity_window(facts.iter().filter(is_decided), []);
    decided.max(TimeDelta::microseconds(Scale::Time.round_up(longest_given.unwrap_or(0))))
}
