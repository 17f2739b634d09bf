//! The words of predicates: operators, which types they are for, and answers.

use std::fmt;

use crate::value::ValueType;

/// What a predicate does with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// Equal to one value.
    Equals,
    /// Equal to one of several.
    In,
    /// Equal to none of several.
    NotIn,
    /// Between two bounds.
    Range,
    /// Contains one of several texts.
    Contains,
    /// Lies in one of several domains.
    MatchesDomain,
    /// Is there.
    Exists,
}

impl Operator {
    /// Every operator, in the order of declaration.
    pub const ALL: &'static [Self] = &[
        Self::Equals,
        Self::In,
        Self::NotIn,
        Self::Range,
        Self::Contains,
        Self::MatchesDomain,
        Self::Exists,
    ];

    /// The upper-case name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "EQUALS",
            Self::In => "IN",
            Self::NotIn => "NOT_IN",
            Self::Range => "RANGE",
            Self::Contains => "CONTAINS",
            Self::MatchesDomain => "MATCHES_DOMAIN",
            Self::Exists => "EXISTS",
        }
    }

    /// The operator with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.as_str() == name)
    }

    /// Whether it can be asked of values of a type.
    pub fn fits(self, of: ValueType) -> bool {
        use ValueType::{Date, List, Money, Number, Text};
        match self {
            Self::Equals => of != List,
            Self::In | Self::NotIn => matches!(of, Text | Number | Date),
            Self::Range => matches!(of, Number | Money | Date),
            Self::Contains => matches!(of, Text | List),
            Self::MatchesDomain => of == Text,
            Self::Exists => true,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a predicate says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It holds.
    Match,
    /// It does not hold.
    NoMatch,
    /// Nobody can say: the value, its type or a rate is missing.
    Unknown,
}

impl Answer {
    /// Every answer, in the order of declaration.
    pub const ALL: &'static [Self] = &[Self::Match, Self::NoMatch, Self::Unknown];

    /// The upper-case name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "MATCH",
            Self::NoMatch => "NO_MATCH",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The answer with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|answer| answer.as_str() == name)
    }

    /// MATCH if both hold, NO_MATCH as soon as one does not.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::NoMatch, _) | (_, Self::NoMatch) => Self::NoMatch,
            (Self::Match, Self::Match) => Self::Match,
            _ => Self::Unknown,
        }
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Self::Match } else { Self::NoMatch }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
