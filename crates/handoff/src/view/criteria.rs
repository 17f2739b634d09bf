//! A criteria set as a page: a row for each criterion.

use handoff_proto::qualification::v1::criterion::Role;
use handoff_proto::qualification::v1::{CriteriaSet, Criterion, LeadKind, UnknownPolicy};

use super::predicate::show_predicate;
use super::{Cell, Column, Grid};
use crate::word;

/// The criteria, and what is to be said of all of them.
pub(crate) fn criteria_page(set: &CriteriaSet) -> (Grid, Vec<String>) {
    let has_age = set.criteria.iter().any(|criterion| criterion.max_age_months != 0);
    let has_sensitive = set.criteria.iter().any(|criterion| criterion.sensitive);
    let mut grid = Grid::new(vec![
        Column::text("Criterion", "label"),
        Column::text("Key", "key"),
        Column::text("Attribute", "attribute"),
        Column::text("Holds if it", "predicate"),
        Column::text("Worth", "worth"),
        Column::text("If nobody knows", "on_unknown"),
        Column::text("Verified within", "max_age_months").shown_if(has_age),
        Column::text("Sensitive", "sensitive").shown_if(has_sensitive),
    ]);
    for criterion in &set.criteria {
        let months = criterion.max_age_months;
        let age = match months {
            0 => Cell::new("", ""),
            1 => Cell::new("1 month", "1"),
            _ => Cell::new(format!("{months} months"), months.to_string()),
        };
        grid.push(vec![
            Cell::text(&criterion.label),
            Cell::text(&criterion.key),
            Cell::text(&criterion.attribute),
            Cell::text(show_predicate(criterion.predicate.as_ref())),
            Cell::text(worth(criterion)),
            Cell::text(if_unknown(criterion)),
            age,
            Cell::new(if criterion.sensitive { "yes" } else { "" }, criterion.sensitive.to_string()),
        ]);
    }
    (grid, vec![format!("Criteria for leads of kind {}", word::show::<LeadKind>(set.kind))])
}

fn worth(criterion: &Criterion) -> String {
    match &criterion.role {
        Some(Role::Points(points)) => format!("{points} points"),
        Some(Role::Gate(_)) => "must hold".to_owned(),
        None => String::new(),
    }
}

fn if_unknown(criterion: &Criterion) -> String {
    let policy = word::show::<UnknownPolicy>(criterion.on_unknown);
    if criterion.penalty.is_empty() { policy } else { format!("{policy}, {} points", criterion.penalty) }
}
