//! A set of criteria as lines of text, by path: what is hashed, signed and compared. Two sets without a violation are
//! equal exactly if their lines are.

use std::collections::BTreeMap;
use std::fmt;

use super::{CriteriaSet, OnUnknown, Role};

impl CriteriaSet {
    /// What the set says, by path: `criteria.company_size.predicate` is `is at least 50 and at most 500`.
    pub fn lines(&self) -> BTreeMap<String, String> {
        let mut lines = BTreeMap::new();
        lines.insert("kind".to_owned(), self.kind.to_string());
        let order: Vec<&str> = self.criteria.iter().map(|criterion| criterion.key.as_str()).collect();
        lines.insert("criteria".to_owned(), order.join(", "));
        for criterion in &self.criteria {
            let mut add = |name: &str, value: String| {
                lines.insert(format!("criteria.{}.{name}", criterion.key), value);
            };
            add("label", criterion.label.clone());
            add("attribute", criterion.attribute.to_string());
            add("predicate", criterion.predicate.to_string());
            add("role", criterion.role.to_string());
            add("on_unknown", criterion.on_unknown.to_string());
            if let Some(months) = criterion.max_age_months {
                add("max_age", format!("{months} months"));
            }
            if criterion.sensitive {
                add("sensitive", "yes".to_owned());
            }
        }
        lines
    }
}

/// `GATE`, or `WEIGHTED, 12.5 points`.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gate => f.write_str("GATE"),
            Self::Weighted { points } => write!(f, "WEIGHTED, {points} points"),
        }
    }
}

/// `NEUTRAL`, `BLOCK`, or `PENALISE, -5 points`.
impl fmt::Display for OnUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Neutral => f.write_str("NEUTRAL"),
            Self::Block => f.write_str("BLOCK"),
            Self::Penalise { points } => write!(f, "PENALISE, {points} points"),
        }
    }
}
