//! The tables of the reporting service: facts in versions, and what else a report needs to know of a tenant. They take
//! and give the domain's facts; what a fact is and when it changes is the reporting service's.
//!
//! A version is known from the recording of the event that made it until the recording of the one that changed it.
//! Loads for the projector give the versions that hold now, each key looked up by itself in a lateral subquery, so that
//! no plan ever scans a tenant's part. Loads for reports give the versions that held at an instant of knowledge: of
//! those that hold now the ones that were known by then, and of those superseded since the ones that held then. Saves
//! take many versions at once and write them by `unnest`.

pub mod calendar_version;
pub mod clock_fact;
pub mod contract_version;
pub mod handoff_fact;
pub mod lead_fact;
pub mod log_seen;
pub mod rollup_cell;
pub mod rollup_state;
pub mod rollup_unmeasured;
pub mod tenant_setting;

use chrono::{DateTime, Utc};

use handoff_domain::metric::Span;
use handoff_domain::metric::dimension::{Dimension, Dimensions};

/// A version of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// When the event that made it was recorded.
    pub from: DateTime<Utc>,
    /// When the event that changed it was recorded; none while it holds.
    pub to: Option<DateTime<Utc>>,
    /// The fact.
    pub fact: T,
}

/// Which facts a report is about.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The span of the report.
    pub span: Span,
    /// Only what had been recorded by then.
    pub known_at: DateTime<Utc>,
}

/// The values of one dimension as a column.
fn column<'a>(rows: impl Iterator<Item = &'a Dimensions>, dimension: Dimension) -> Vec<Option<&'a str>> {
    rows.map(|dimensions| dimensions.get(dimension)).collect()
}

/// The dimensions of a row; a null was never given.
fn dimensions(values: impl IntoIterator<Item = (Dimension, Option<String>)>) -> Dimensions {
    values.into_iter().fold(Dimensions::default(), |all, (dimension, value)| match value {
        Some(value) => all.with(dimension, value),
        None => all,
    })
}
