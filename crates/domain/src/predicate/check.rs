//! What is wrong with a predicate: said when a document is drafted, every fault at once.

use std::fmt;

use super::ask::compare;
use super::domain::is_domain;
use super::{Bound, Operator, Predicate, Range};
use crate::error::Violation;
use crate::value::{Value, ValueType};

/// The operator cannot be asked of values of the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit {
    /// The operator.
    pub operator: Operator,
    /// The type.
    pub of: ValueType,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitting = Operator::ALL.iter().filter(|operator| operator.fits(self.of));
        let fitting: Vec<&str> = fitting.map(|operator| operator.as_str()).collect();
        write!(f, "{} does not fit {}; what does: {}", self.operator, self.of, fitting.join(", "))
    }
}

impl std::error::Error for Misfit {}

impl Predicate {
    /// Whether its operator can be asked of values of a type.
    ///
    /// # Errors
    /// [`Misfit`], which names those that can.
    pub fn check_type(&self, of: ValueType) -> Result<(), Misfit> {
        let operator = self.operator();
        if operator.fits(of) { Ok(()) } else { Err(Misfit { operator, of }) }
    }

    /// Everything that is wrong with it as the value of `field`, asked of values of a type. Paths are those of requests:
    /// `predicate.in.values[1]`.
    pub fn violations(&self, field: &str, of: ValueType) -> Vec<Violation> {
        if let Err(misfit) = self.check_type(of) {
            return vec![Violation { field: field.to_owned(), description: misfit.to_string() }];
        }
        let field = format!("{field}.{}", self.operator().as_str().to_lowercase());
        let mut check = Check { field, of, violations: Vec::new() };
        match self {
            Self::Equals(value) => check.operand("", value),
            Self::In(values) | Self::NotIn(values) => {
                check.each(values, Self::MAX_ITEMS, |check, field, value| check.operand(field, value));
            }
            Self::Range(range) => check.range(range),
            Self::Contains(texts) => {
                check.each(texts, Self::MAX_CONTAINED, |check, field, text| check.text(field, text));
            }
            Self::MatchesDomain(domains) => {
                let wrong = "is no domain: write acme.com, without an address before it or a path behind";
                check.each(domains, Self::MAX_ITEMS, |check, field, domain| {
                    check.that(is_domain(domain), field, wrong);
                });
            }
            Self::Exists => {}
        }
        check.violations
    }
}

struct Check {
    /// The test within the predicate.
    field: String,
    of: ValueType,
    violations: Vec<Violation>,
}

impl Check {
    /// `field` is what stands behind the test, such as `.min`.
    fn that(&mut self, holds: bool, field: &str, otherwise: impl Into<String>) {
        if !holds {
            let field = format!("{}{field}", self.field);
            self.violations.push(Violation { field, description: otherwise.into() });
        }
    }

    /// Checks how many items there are, every one of them, and that none comes twice.
    fn each<T: PartialEq>(&mut self, items: &[T], most: usize, check: impl Fn(&mut Self, &str, &T)) {
        self.that((1..=most).contains(&items.len()), ".values", format!("has 1 to {most} of them"));
        for (index, item) in items.iter().enumerate().take(Predicate::MAX_ITEMS) {
            let field = format!(".values[{index}]");
            check(self, &field, item);
            self.that(!items[..index].contains(item), &field, "is there twice: leave one out");
        }
    }

    fn text(&mut self, field: &str, text: &str) {
        let most = Predicate::MAX_TEXT_CHARS;
        let fits = (1..=most).contains(&text.chars().count()) && text.trim() == text;
        self.that(fits, field, format!("has 1 to {most} characters, without blanks around them"));
    }

    fn operand(&mut self, field: &str, value: &Value) {
        let wrong = format!("is of another type than what it is compared with, {}", self.of);
        self.that(value.value_type() == self.of, field, wrong);
        match value {
            Value::Text(text) => self.text(field, text),
            // Values that were not parsed may be longer than is kept, or not be read back as what they are.
            other => {
                if let Err(invalid) = Value::parse(other.value_type(), &other.to_text()) {
                    self.that(false, field, invalid.to_string());
                }
            }
        }
    }

    fn range(&mut self, range: &Range) {
        let Range { min, max } = range;
        self.that(
            min.is_some() || max.is_some(),
            ".min",
            "a range has a lower bound, an upper bound, or both",
        );
        min.iter().for_each(|bound| self.operand(".min", &bound.value));
        max.iter().for_each(|bound| self.operand(".max", &bound.value));
        if let (Some(min), Some(max)) = (min, max) {
            self.order(min, max);
        }
    }

    fn order(&mut self, min: &Bound, max: &Bound) {
        if let (Value::Money(low), Value::Money(high)) = (&min.value, &max.value) {
            let one = low.currency() == high.currency();
            self.that(one, ".max", "is in another currency than the lower bound: use one for both");
        }
        let Some(order) = compare(&min.value, &max.value, &|_, _| None) else { return };
        let holds = order.is_lt() || (order.is_eq() && min.inclusive && max.inclusive);
        self.that(holds, ".max", "nothing lies between the bounds: the upper one is the larger");
    }
}
