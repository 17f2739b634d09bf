//! The clocks of a report's hand-overs. Clocks and hand-overs come from two logs; a clock whose hand-over the report
//! does not see, because it is filtered out, a test, or not heard of yet, is in no figure.

use std::collections::HashMap;

use handoff_domain::id::HandoffId;
use handoff_domain::metric::clock::ClockFact;
use handoff_domain::metric::fact::HandoffFact;

use super::Ground;

/// Clocks, found by their hand-over.
#[derive(Debug)]
pub(crate) struct Clocks<'f> {
    by_handoff: HashMap<HandoffId, (&'f HandoffFact, Vec<ClockFact>)>,
}

impl<'f> Clocks<'f> {
    /// The clocks of these hand-overs, as they stood at the report's instant.
    pub(crate) fn of(facts: &'f [HandoffFact], clocks: Vec<ClockFact>, ground: &Ground) -> Self {
        let handoffs = facts.iter().filter_map(|fact| Some((fact.handoff?, (fact, Vec::new()))));
        let mut by_handoff: HashMap<_, (_, Vec<_>)> = handoffs.collect();
        for clock in clocks.into_iter().filter_map(|clock| clock.as_of(ground.as_of)) {
            if let Some((_, of)) = by_handoff.get_mut(&clock.handoff) {
                of.push(clock);
            }
        }
        by_handoff.retain(|_, (_, clocks)| !clocks.is_empty());
        Self { by_handoff }
    }

    /// All clocks.
    pub(crate) fn all(&self) -> impl Iterator<Item = &ClockFact> + Clone {
        self.by_handoff.values().flat_map(|(_, clocks)| clocks)
    }

    /// The hand-over that a clock is about.
    pub(crate) fn handoff_of(&self, clock: &ClockFact) -> Option<&'f HandoffFact> {
        self.by_handoff.get(&clock.handoff).map(|(fact, _)| *fact)
    }
}
