//! What the reports share: what they rest on (`ground`), which facts they see, how they cut them (`grid`), and how rows,
//! totals, bases and comparisons come out of it (`table`); what of it the rollups have (`served`, `counts`, `lengths`). `mql`, `sql` and `velocity` are what a row of each says.

mod clocks;
pub(crate) mod counts;
mod grid;
mod ground;
pub(crate) mod lengths;
mod maturity;
pub(crate) mod mql;
mod served;
pub(crate) mod sql;
mod table;
pub(crate) mod velocity;

use chrono::{DateTime, Utc};
use handoff_domain::metric::Span;
use handoff_domain::metric::dimension::Dimension;
use handoff_domain::metric::fact::{HandoffFact, LeadFact};

pub(crate) use clocks::Clocks;
pub(crate) use grid::Grid;
pub(crate) use ground::Ground;
pub(crate) use maturity::window;
pub(crate) use served::Served;
pub(crate) use table::{Figures, Line, Part, Table, bases};

/// All of time: the span of a cohort's members once they have been picked.
pub(crate) const EVER: Span = DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC;

/// The hand-overs as they stood at the report's instant.
pub(crate) fn see_handoffs(facts: Vec<HandoffFact>, ground: &Ground) -> Vec<HandoffFact> {
    facts.into_iter().map(|fact| fact.as_of(ground.as_of)).collect()
}

/// Leaves those only that match the report's filters.
pub(crate) fn filter_handoffs(facts: &mut Vec<HandoffFact>, ground: &Ground) {
    facts.retain(|fact| ground.is_kept(&fact.dimensions));
}

/// The leads of a report: as they stood at its instant, and those only that match its filters.
pub(crate) fn see_leads(facts: Vec<LeadFact>, ground: &Ground) -> Vec<LeadFact> {
    let seen = facts.into_iter().filter_map(|fact| fact.as_of(ground.as_of));
    seen.filter(|fact| ground.is_kept(&fact.dimensions)).collect()
}

/// Whether one of these instants lies in the rows of a report, or in what its first ones are compared with.
pub(crate) fn has_a_row(ground: &Ground, instants: impl IntoIterator<Item = Option<DateTime<Utc>>>) -> bool {
    let span = ground.span_of_cells();
    instants.into_iter().flatten().any(|at| span.contains(&at))
}

/// Whether a dimension is one that leads have: a lead that is not handed over has no owner and no team.
pub(crate) fn is_of_leads(dimension: Dimension) -> bool {
    !matches!(dimension, Dimension::Owner | Dimension::Team)
}
