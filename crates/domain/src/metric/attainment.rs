//! M8: how many of the clocks that came due were met.

use chrono::{DateTime, Utc};

use super::Span;
use super::clock::{ClockFact, ClockKind, StopKind};
use super::ratio::Ratio;

/// The clocks of one kind that came due in a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Attainment {
    /// Stopped at the deadline or before (edge case 16).
    pub met: u64,
    /// Ever breached: stopped late, open and overdue, or cancelled after the breach, which a later cancellation
    /// does not undo.
    pub breached: u64,
    /// Of `breached`, those still open: overdue now.
    pub overdue: u64,
}

impl Attainment {
    /// Met ÷ (met + breached).
    pub fn rate(&self) -> Ratio {
        Ratio::new(self.met, self.met + self.breached)
    }
}

/// M8 for the clocks of `kind` with a deadline in the span, as of `as_of` (the facts are those of that instant).
///
/// Clocks not yet due are left out even if they were met already: counting the early ones only would flatter.
/// Clocks cancelled before their deadline promised nothing any more and are left out too.
pub fn attainment<'a>(
    clocks: impl IntoIterator<Item = &'a ClockFact>,
    kind: ClockKind,
    span: &Span,
    as_of: DateTime<Utc>,
) -> Attainment {
    let mut result = Attainment::default();
    let due =
        |clock: &&ClockFact| clock.kind == kind && span.contains(&clock.due_at) && clock.due_at <= as_of;
    for clock in clocks.into_iter().filter(due) {
        match clock.stop.map(|stop| stop.kind) {
            Some(StopKind::Met) => result.met += 1,
            Some(StopKind::MetLate) => result.breached += 1,
            Some(StopKind::Cancelled) => result.breached += u64::from(clock.breached_at.is_some()),
            // A breach is a fact about time: it needs no worker that noticed it.
            None => {
                result.breached += 1;
                result.overdue += 1;
            }
        }
    }
    result
}
