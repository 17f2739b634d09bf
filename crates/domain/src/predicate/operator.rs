//! The words of predicates: operators, which types they are for, and answers.

use crate::value::ValueType;
use crate::word::words;

words! {
    /// What a predicate does with its value.
    pub enum Operator {
        /// Equal to one value.
        Equals = "EQUALS",
        /// Equal to one of several.
        In = "IN",
        /// Equal to none of several.
        NotIn = "NOT_IN",
        /// Between two bounds.
        Range = "RANGE",
        /// Contains one of several texts.
        Contains = "CONTAINS",
        /// Lies in one of several domains.
        MatchesDomain = "MATCHES_DOMAIN",
        /// Is there.
        Exists = "EXISTS",
    }

    /// What a predicate says of a value.
    pub enum Answer {
        /// It holds.
        Match = "MATCH",
        /// It does not hold.
        NoMatch = "NO_MATCH",
        /// Nobody can say: the value, its type or a rate is missing.
        Unknown = "UNKNOWN",
    }
}

impl Operator {
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

impl Answer {
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
