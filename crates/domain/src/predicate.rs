//! Predicates: a question about one value, with the answer MATCH, NO_MATCH or UNKNOWN. Criteria ask them of attributes,
//! scoring rules of the properties of an activity.
//!
//! UNKNOWN is never turned into a number here: what it is worth is said by whoever asks (domain model, criteria).
//!
//! Texts are equal when they differ in case alone: both are trimmed and compared character by character in Unicode lower
//! case, without a language's own rules. Accents count, and so do blanks within. Money in another currency is converted
//! at the rate that the caller gives, rounded half away from zero to a billionth, as finely as money is carried; without
//! a rate the answer is UNKNOWN (edge case 32).

mod ask;
mod check;
mod domain;
mod fold;
mod operator;
mod sentence;

use rust_decimal::Decimal;

use crate::money::Currency;
use crate::value::Value;

pub use check::Misfit;
pub use operator::{Answer, Operator};

/// A question about one value. [`Predicate::violations`] says what is wrong with it; one that breaks a rule is answered
/// nevertheless, mostly with UNKNOWN.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Predicate {
    /// Is it this value? For every type but LIST.
    Equals(Value),
    /// Is it one of these? For TEXT, NUMBER and DATE.
    In(Vec<Value>),
    /// Is it none of these? For TEXT, NUMBER and DATE.
    NotIn(Vec<Value>),
    /// Does it lie between two bounds? For NUMBER, MONEY and DATE.
    Range(Range),
    /// Does one of these texts occur in the text, or is one of them an item of the list? For TEXT and LIST.
    Contains(Vec<String>),
    /// Is the domain of the e-mail address, web address or domain name one of these, or below one of them? For TEXT.
    MatchesDomain(Vec<String>),
    /// Is there a value at all? For every type; the only one that never answers UNKNOWN.
    Exists,
}

/// Two bounds, of which one may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Range {
    /// The lower bound.
    pub min: Option<Bound>,
    /// The upper bound; for money in the currency of the lower one.
    pub max: Option<Bound>,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bound {
    /// A number, an amount or a date.
    pub value: Value,
    /// Whether the value itself lies within.
    pub inclusive: bool,
}

impl Predicate {
    /// The most values, texts or domains to compare with.
    pub const MAX_ITEMS: usize = 200;
    /// The most texts of CONTAINS, each of which is searched for everywhere in a text.
    pub const MAX_CONTAINED: usize = 20;
    /// The longest text to compare with, in characters.
    pub const MAX_TEXT_CHARS: usize = 100;

    /// Its operator.
    pub fn operator(&self) -> Operator {
        match self {
            Self::Equals(_) => Operator::Equals,
            Self::In(_) => Operator::In,
            Self::NotIn(_) => Operator::NotIn,
            Self::Range(_) => Operator::Range,
            Self::Contains(_) => Operator::Contains,
            Self::MatchesDomain(_) => Operator::MatchesDomain,
            Self::Exists => Operator::Exists,
        }
    }

    /// The currencies of the amounts that it compares with.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        let amounts = match self {
            Self::Equals(value) => [Some(value), None],
            Self::Range(Range { min, max }) => {
                [min, max].map(|bound| bound.as_ref().map(|bound| &bound.value))
            }
            _ => [None, None],
        };
        amounts.into_iter().flatten().filter_map(Value::currency)
    }

    /// Answers for `value`; `rate` is how much of the second currency one unit of the first is worth. Allocates nothing.
    ///
    /// An absent value is UNKNOWN, but EXISTS answers NO_MATCH. So is a value of another type than the question's, and
    /// a text in which MATCHES_DOMAIN finds no domain.
    pub fn test(
        &self,
        value: Option<&Value>,
        rate: &dyn Fn(Currency, Currency) -> Option<Decimal>,
    ) -> Answer {
        match (self, value) {
            (Self::Exists, value) => Answer::from(value.is_some()),
            (_, None) => Answer::Unknown,
            (predicate, Some(value)) => ask::ask(predicate, value, rate),
        }
    }
}

impl Bound {
    /// At `value` and on.
    pub fn inclusive(value: Value) -> Self {
        Self { value, inclusive: true }
    }

    /// Beyond `value`.
    pub fn exclusive(value: Value) -> Self {
        Self { value, inclusive: false }
    }
}
