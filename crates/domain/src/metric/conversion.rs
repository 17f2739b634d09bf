//! M25: how many of the captured leads became customers.

use super::fact::LeadFact;
use super::ratio::Ratio;
use super::{Basis, Span};

/// M25. COHORT: of the leads captured in the span, those that are customers (the facts are those of `as_of`).
/// PERIOD: leads that became customers in the span over leads captured in it; it may exceed 100 %.
pub fn lead_to_customer<'a>(
    leads: impl IntoIterator<Item = &'a LeadFact>,
    span: &Span,
    basis: Basis,
) -> Ratio {
    let mut result = Ratio::default();
    for lead in leads {
        let is_captured = span.contains(&lead.captured_at);
        let is_converted = match basis {
            Basis::Cohort => is_captured && lead.customer_at.is_some(),
            Basis::Period => lead.customer_at.is_some_and(|at| span.contains(&at)),
        };
        result.denominator += u64::from(is_captured);
        result.numerator += u64::from(is_converted);
    }
    result
}
