//! A scoring model as people write and sign it.

use std::collections::BTreeSet;
use std::fmt;

use super::decay::Decay;
use super::thresholds::Thresholds;
use crate::points::Points;
use crate::predicate::Predicate;
use crate::value::ValueType;

/// What activities are worth, and how many points make a lead a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoringModel {
    /// What gives and takes points. Their order means nothing: see [`Self::canonical`].
    pub rules: Vec<Rule>,
    /// What is limited together.
    pub groups: Vec<Group>,
    /// The limits of the whole score, adjustments by hand included.
    pub total: Bounds,
    /// From where a lead is a candidate.
    pub thresholds: Thresholds,
    /// The types of activities that need the gates only, such as a demo request.
    pub fast_track: BTreeSet<String>,
    /// What happens to the leads of today when the model takes effect.
    pub publish: Publish,
}

/// Points for activities of some types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name in the model, a slug such as `demo-request`.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// The types of activities that it counts.
    pub types: BTreeSet<String>,
    /// What the activity's properties must be; every filter must match.
    pub filters: Vec<Filter>,
    /// What an activity gives on its day; negative ones count against the lead.
    pub points: Points,
    /// How that fades.
    pub decay: Decay,
    /// How many activities of a local day count; all of them if absent.
    pub repeat_cap: Option<u32>,
    /// The limits of all that it gives.
    pub bounds: Bounds,
    /// The key of the group that it belongs to. Rules without one are not limited together.
    pub group: Option<String>,
}

/// A property that must match. One that is absent or cannot be judged does not: points are never guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The property's name; a rule has one filter for it.
    pub property: String,
    /// The type as which the property's text is read.
    pub of: ValueType,
    /// What it must be.
    pub predicate: Predicate,
}

/// Rules whose points are limited together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name in the model, a slug.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// The limits of the sum of its rules.
    pub bounds: Bounds,
}

/// The limits of a sum of points, each optional.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// No more than this.
    pub cap: Option<Points>,
    /// No less than this.
    pub floor: Option<Points>,
}

impl Bounds {
    /// `points`, moved to the nearest limit.
    pub fn clamp(self, points: Points) -> Points {
        let capped = self.cap.map_or(points, |cap| points.min(cap));
        self.floor.map_or(capped, |floor| capped.max(floor))
    }
}

/// What happens to the leads of today when a model takes effect, so that sales is never flooded (edge case 31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Publish {
    /// A lead is judged by the model at its next event.
    NewEventsOnly,
    /// Leads are judged for a report, and nothing happens to them.
    Shadow,
    /// All leads are judged, and so many a business day may become MQLs of it.
    Capped {
        /// How many a business day.
        per_business_day: u32,
    },
}

/// `NEW_EVENTS_ONLY`, `SHADOW`, `CAPPED 50 a business day`.
impl fmt::Display for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewEventsOnly => f.write_str("NEW_EVENTS_ONLY"),
            Self::Shadow => f.write_str("SHADOW"),
            Self::Capped { per_business_day } => write!(f, "CAPPED {per_business_day} a business day"),
        }
    }
}

impl ScoringModel {
    /// At most so many rules.
    pub const MAX_RULES: usize = 100;
    /// At most so many groups.
    pub const MAX_GROUPS: usize = 50;
    /// At most so many types of activities in a rule, and on the fast track.
    pub const MAX_TYPES: usize = 50;
    /// At most so many filters in a rule.
    pub const MAX_FILTERS: usize = 20;
    /// The longest label, type or property name, in characters.
    pub const MAX_CHARS: usize = 200;
    /// The most that an activity gives or takes.
    pub const MAX_POINTS: Points = Points::whole(10_000);
    /// The largest cap, floor or threshold, and the smallest is its negative.
    pub const MAX_BOUND: Points = Points::whole(1_000_000);
    /// The largest repeat cap, and the most MQLs a business day that publishing may be held to.
    pub const MAX_COUNT: u32 = 1_000_000;

    /// The same model in the one order that a [`super::Scorer`] has: groups by key, rules by group and key, filters by
    /// property. A valid model means the same in any order.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        self.groups.sort_by(|a, b| a.key.cmp(&b.key));
        self.rules.sort_by(|a, b| (&a.group, &a.key).cmp(&(&b.group, &b.key)));
        for rule in &mut self.rules {
            rule.filters.sort_by(|a, b| a.property.cmp(&b.property));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 2^32 activities of a lead, each counted by every rule.
    #[test]
    fn the_limits_of_a_model_keep_every_sum_in_range() {
        let most = ScoringModel::MAX_POINTS.milli() as i128 * ScoringModel::MAX_RULES as i128 * (1 << 32);
        assert!(most + ScoringModel::MAX_BOUND.milli() as i128 <= i64::MAX as i128 / 2);
    }
}
