//! What is wrong with a set of criteria: said when it is drafted, everything at once.

use std::collections::HashSet;

use super::{CriteriaSet, Criterion, OnUnknown, Role};
use crate::error::{Error, Violation};
use crate::points::Points;
use crate::profile::{Catalogue, InvalidKey, LABEL, is_key, is_label};
use crate::qualification::record::LeadKind;

impl CriteriaSet {
    /// Whether the set may be drafted by a tenant with these attributes.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with it, by path as in a request:
    /// `criteria[2].predicate.range.min`.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), Error> {
        let mut check = Check { field: String::new(), violations: Vec::new() };
        check.that(self.kind != LeadKind::Unknown, "kind", "is B2B or B2C");
        let most = Self::MAX_CRITERIA;
        let count = format!("a set has 1 to {most} criteria");
        check.that((1..=most).contains(&self.criteria.len()), "criteria", count);
        let mut keys = HashSet::new();
        for (index, criterion) in self.criteria.iter().enumerate().take(most) {
            check.field = format!("criteria[{index}].");
            check.that(keys.insert(&criterion.key), "key", "another criterion has this key already");
            check.criterion(criterion, catalogue);
        }
        if check.violations.is_empty() { Ok(()) } else { Err(Error::Invalid(check.violations)) }
    }
}

struct Check {
    /// What stands before every field.
    field: String,
    violations: Vec<Violation>,
}

impl Check {
    fn that(&mut self, holds: bool, field: &str, otherwise: impl Into<String>) {
        if !holds {
            let field = format!("{}{field}", self.field);
            self.violations.push(Violation { field, description: otherwise.into() });
        }
    }

    fn criterion(&mut self, criterion: &Criterion, catalogue: &Catalogue) {
        self.that(is_key(&criterion.key), "key", InvalidKey.to_string());
        self.that(is_label(&criterion.label), "label", LABEL);
        self.worth(criterion);
        let most = Criterion::MAX_AGE_MONTHS;
        let age_fits = criterion.max_age_months.is_none_or(|months| (1..=most).contains(&months));
        self.that(age_fits, "max_age_months", format!("is 1 to {most} months"));
        let Some(attribute) = catalogue.get(&criterion.attribute) else {
            self.that(false, "attribute", "is no attribute of this tenant: define it first");
            return;
        };
        let field = format!("{}predicate", self.field);
        self.violations.extend(criterion.predicate.violations(&field, attribute.value_type));
        let way_out = "the attribute is legally sensitive: say so, and both sides sign for it";
        self.that(criterion.sensitive || !attribute.sensitive, "sensitive", way_out);
    }

    fn worth(&mut self, criterion: &Criterion) {
        let most = Criterion::MAX_POINTS;
        if let Role::Weighted { points } = criterion.role {
            let fits = points != Points::ZERO && (-most..=most).contains(&points);
            self.that(fits, "points", format!("is not 0, and from -{most} to {most} points"));
        }
        if let OnUnknown::Penalise { points } = criterion.on_unknown {
            let fits = (-most..Points::ZERO).contains(&points);
            let wrong = format!("is below 0, and at least -{most} points: it is a penalty");
            self.that(fits, "penalty", wrong);
        }
    }
}
