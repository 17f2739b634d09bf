//! What the figures mean: the metrics M1–M9, M20, M21 and M25 as pure functions over slices of facts.
//!
//! A report loads facts, brings them to its instant with `as_of` and calls these functions; a rollup must give the
//! same numbers. Every answer is exact (counts and rationals); rounding happens once, in [`exact::Exact::to_decimal`].
//! Nothing here reads a clock, knows a store, or turns "no value" into a number: a zero denominator is an error, not
//! 0 %, 100 % or NaN.

pub mod acceptance;
pub mod attainment;
pub mod business_day;
pub mod clock;
pub mod conversion;
pub mod count;
pub mod definition;
pub mod dimension;
pub mod efficiency;
pub mod exact;
pub mod fact;
pub mod milestone;
pub mod quantile;
pub mod ratio;
pub mod ruler;
pub mod survival;
pub mod velocity;
pub mod verdict;

use std::ops::Range;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::period::Period;

pub use definition::{Definition, Metric, describe};

/// A half-open span of time `[start, end)`: a period of a report, already resolved from its zone to instants.
pub type Span = Range<DateTime<Utc>>;

/// The span of a period in a report's zone.
pub fn span_of(period: &Period, zone: Tz) -> Span {
    let (start, end) = period.bounds(zone);
    start..end
}

/// What places a member in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Its beginning: of those that entered in the period, whatever became of them by `as_of`.
    Cohort,
    /// Its end: whatever happened in the period, no matter when it had begun.
    Period,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountUnit {
    /// Hand-overs: a lead that comes again counts again.
    Handoff,
    /// Distinct leads: a lead that comes again in the same period counts once.
    Lead,
}

/// What a report makes of stages that a source system skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipPolicy {
    /// A skipped stage counts as passed at the instant of the skip, in M1–M4; never in M5–M9.
    ImplyPassed,
    /// Only entries that were recorded.
    Strict,
}
