//! M5: how many of the decided hand-overs sales accepted, and what else became of the rest.

use super::Span;
use super::fact::{Acceptance, Decision, HandoffFact};
use super::ratio::Ratio;
use crate::qualification::rejection::Attribution;

/// Variants of the rate. The default is accepted ÷ (accepted + rejected).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AcceptanceOptions {
    /// Count an expiry as not accepted: silence is an answer.
    pub expired_as_not_accepted: bool,
    /// Leave out rejections attributed to ROUTING: right lead, wrong owner, so the criteria were not at fault.
    pub without_routing: bool,
    /// Count a rejection that was overturned as accepted, from then until sales has decided anew: whoever resolved the dispute
    /// has said what the lead was worth.
    pub overturned_as_accepted: bool,
}

/// What became of the hand-overs that ended in a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AcceptanceRate {
    /// Accepted by people of sales.
    pub accepted: u64,
    /// Rejected, for whatever reason.
    pub rejected: u64,
    /// Of `rejected`, those attributed to ROUTING.
    pub rejected_for_routing: u64,
    /// Taken back by the silence rule.
    pub expired: u64,
    /// Accepted by the silence rule. Shown apart and in no rate: that nobody spoke says nothing of the lead.
    pub auto_accepted: u64,
    /// Overturned, and not decided anew: in no rate unless it is asked for.
    pub overturned: u64,
    /// The rate by the options asked for.
    pub rate: Ratio,
}

/// M5, over the hand-overs that were decided in the span. Acceptances implied by a skipped stage are no decisions.
pub fn acceptance_rate<'a>(
    facts: impl IntoIterator<Item = &'a HandoffFact>,
    span: &Span,
    options: AcceptanceOptions,
) -> AcceptanceRate {
    let mut result = AcceptanceRate::default();
    for fact in facts {
        result.overturned += u64::from(fact.overturned().is_some_and(|at| span.contains(&at)));
        let Some(end) = fact.end.as_ref().filter(|end| span.contains(&end.at)) else { continue };
        match &end.decision {
            Decision::Accepted(Acceptance::Sales) => result.accepted += 1,
            Decision::Accepted(Acceptance::Auto) => result.auto_accepted += 1,
            Decision::Accepted(Acceptance::Implied) | Decision::Withdrawn(_) => {}
            Decision::Rejected { attribution, .. } => {
                result.rejected += 1;
                result.rejected_for_routing += u64::from(*attribution == Attribution::Routing);
            }
            Decision::Expired => result.expired += 1,
        }
    }
    result.rate = result.rate_by(options);
    result
}

impl AcceptanceRate {
    /// The rate of these counts by other options.
    pub fn rate_by(&self, options: AcceptanceOptions) -> Ratio {
        let left_out = if options.without_routing { self.rejected_for_routing } else { 0 };
        let silent = if options.expired_as_not_accepted { self.expired } else { 0 };
        let overturned = if options.overturned_as_accepted { self.overturned } else { 0 };
        let accepted = self.accepted + overturned;
        Ratio::new(accepted, accepted + self.rejected - left_out + silent)
    }
}
