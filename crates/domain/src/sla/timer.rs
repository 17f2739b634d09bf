//! Deadlines that pass.

use chrono::{DateTime, Utc};

use super::State;
use super::event::Event;
use super::handoff::breach;

/// The breaches of all clocks whose deadline lies before `until`, in the order of deadlines. A deadline at `until`
/// itself waits: a decision of that very instant would still be in time.
pub(super) fn fire(state: &State, until: DateTime<Utc>) -> Vec<Event> {
    let due = state.running().into_iter().take_while(|clock| clock.due_at < until);
    due.filter(|clock| clock.breached_at.is_none()).map(breach).collect()
}
