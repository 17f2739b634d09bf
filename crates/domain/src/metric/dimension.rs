//! Breakdowns: the dimensions that a fact carries, and grouping by them or by time.
//!
//! A value that was never given is a row of its own (`None`), and stays distinct from a value that says "unknown":
//! real sources have both.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Span;

/// A property by which a report may be broken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// MARKETING, SALES, PARTNER …: which side of the house the lead came from, by its first touch.
    Origin,
    /// The source of the first touch.
    Source,
    /// The medium of the first touch.
    Medium,
    /// The campaign of the first touch.
    Campaign,
    /// B2B, B2C or UNKNOWN.
    Kind,
    /// The persona at the hand-over.
    Persona,
    /// The user who owns the hand-over.
    Owner,
    /// The owner's team.
    Team,
}

impl Dimension {
    /// Every dimension with its upper-case name.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Origin, "ORIGIN"),
        (Self::Source, "SOURCE"),
        (Self::Medium, "MEDIUM"),
        (Self::Campaign, "CAMPAIGN"),
        (Self::Kind, "KIND"),
        (Self::Persona, "PERSONA"),
        (Self::Owner, "OWNER"),
        (Self::Team, "TEAM"),
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The dimension with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, other)| *other == name).map(|(dimension, _)| *dimension)
    }
}

/// The values of a fact's dimensions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dimensions([Option<String>; Dimension::ALL.len()]);

impl Dimensions {
    /// The same with one value set; an empty text is no value.
    #[must_use]
    pub fn with(mut self, dimension: Dimension, value: impl Into<String>) -> Self {
        self.0[dimension as usize] = Some(value.into()).filter(|text| !text.is_empty());
        self
    }

    /// The value, or none if it was never given.
    pub fn get(&self, dimension: Dimension) -> Option<&str> {
        self.0[dimension as usize].as_deref()
    }

    /// The row of a breakdown by several dimensions that this fact falls into.
    pub fn row(&self, dimensions: &[Dimension]) -> Vec<Option<String>> {
        dimensions.iter().map(|dimension| self.get(*dimension).map(str::to_owned)).collect()
    }
}

/// Puts each fact into the one group that its key names. The groups are a partition: counts of handoffs add up.
pub fn group_by<'a, F, K: Ord>(
    facts: impl IntoIterator<Item = &'a F>,
    mut key: impl FnMut(&F) -> K,
) -> BTreeMap<K, Vec<&'a F>> {
    let mut groups = BTreeMap::<K, Vec<&F>>::new();
    for fact in facts {
        groups.entry(key(fact)).or_default().push(fact);
    }
    groups
}

/// Puts each fact into the span that holds its instant. `spans` are in order of time and do not overlap; facts
/// without an instant, or with one outside all spans, are left out. One group for each span, empty ones too.
pub fn by_span<'a, F>(
    facts: impl IntoIterator<Item = &'a F>,
    spans: &[Span],
    mut at: impl FnMut(&F) -> Option<DateTime<Utc>>,
) -> Vec<Vec<&'a F>> {
    let mut groups = vec![Vec::new(); spans.len()];
    for fact in facts {
        let Some(instant) = at(fact) else { continue };
        let index = spans.partition_point(|span| span.end <= instant);
        if spans.get(index).is_some_and(|span| span.contains(&instant)) {
            groups[index].push(fact);
        }
    }
    groups
}
