//! Criteria: what a good fit is, fixed beforehand (R15) and agreed by both sides (R16). Fit is apart from behaviour
//! (R10): GATE criteria must hold, WEIGHTED ones give points, and an explanation adds up exactly.
//!
//! An UNKNOWN answer is never a silent zero: each criterion says whether it is NEUTRAL, BLOCKs or PENALISEs. Everything
//! is a function of (criteria, profile, rates, day); nothing here knows which criteria are in effect.

mod check;
mod explain;
mod judge;
mod lines;

use crate::points::Points;
use crate::predicate::Predicate;
use crate::profile::AttributeKey;
use crate::qualification::record::LeadKind;

pub use explain::{Fit, Line, evaluate};
pub use judge::{decide, next_change};

/// The criteria for one kind of lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriteriaSet {
    /// B2B or B2C.
    pub kind: LeadKind,
    /// In the order in which people read them; it changes no result.
    pub criteria: Vec<Criterion>,
}

impl CriteriaSet {
    /// The most criteria of a set.
    pub const MAX_CRITERIA: usize = 100;
}

/// One question about one attribute, and what the answer is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// Its name within the set, as an attribute's: `company_size`.
    pub key: String,
    /// What people call it, of 1 to 100 characters.
    pub label: String,
    /// The attribute that it asks about.
    pub attribute: AttributeKey,
    /// The question.
    pub predicate: Predicate,
    /// What the answer is for.
    pub role: Role,
    /// What an UNKNOWN answer does.
    pub on_unknown: OnUnknown,
    /// Demands freshness: a value that was last verified more than so many months before the day is UNKNOWN, and so is
    /// one that nobody verified. The date on which it was verified is that of UTC.
    pub max_age_months: Option<u16>,
    /// That the attribute is legally sensitive (slip 6): must be said of such an attribute, so that it stands in what
    /// both sides sign, and in every explanation.
    pub sensitive: bool,
}

impl Criterion {
    /// The most that a criterion gives or takes.
    pub const MAX_POINTS: Points = Points::whole(10_000);
    /// The longest freshness: ten years.
    pub const MAX_AGE_MONTHS: u16 = 120;
}

/// What the answer of a criterion is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// NO_MATCH stands in the way of becoming an MQL. Gives no points.
    Gate,
    /// MATCH gives points, NO_MATCH none.
    Weighted {
        /// Below zero for what speaks against a lead.
        points: Points,
    },
}

/// What an UNKNOWN answer does, whatever the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnUnknown {
    /// Nothing: a GATE lets it pass, and a WEIGHTED criterion gives no points.
    Neutral,
    /// Stands in the way of becoming an MQL until the answer is known.
    Block,
    /// Costs points; a GATE lets it pass.
    Penalise {
        /// Below zero.
        points: Points,
    },
}
