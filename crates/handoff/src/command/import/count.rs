//! How many rows came to what.

use std::ops::AddAssign;

use handoff_proto::qualification::v1::{ImportEffect, ImportedItem};
use serde::{Deserialize, Serialize};

use crate::view::{Cell, Column, Grid, show_count};

/// Every row of the file is counted once, in one of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    /// With a new lead.
    pub(super) created: i64,
    /// With something new about a known lead.
    pub(super) changed: i64,
    /// Known before.
    pub(super) unchanged: i64,
    /// In, but whether they were new is not known: their first answer was lost with a connection.
    pub(super) resent: i64,
    /// Without anything to tell.
    pub(super) nothing: i64,
    /// Not in.
    pub(super) refused: i64,
}

impl Counts {
    /// Counts a row that is in.
    pub(super) fn imported(&mut self, item: &ImportedItem, sent_again: bool) {
        match item.effect() {
            ImportEffect::Created => self.created += 1,
            ImportEffect::Changed => self.changed += 1,
            ImportEffect::Unchanged | ImportEffect::Unspecified if sent_again => self.resent += 1,
            ImportEffect::Unchanged | ImportEffect::Unspecified => self.unchanged += 1,
        }
    }

    /// The rows that are in.
    pub(super) fn are_in(&self) -> i64 {
        self.created + self.changed + self.unchanged + self.resent
    }

    /// All rows.
    pub(super) fn rows(&self) -> i64 {
        self.are_in() + self.nothing + self.refused
    }

    pub(super) fn to_grid(self) -> Grid {
        let count = |count: i64| Cell::new(show_count(count), count.to_string());
        let resent = Column::number("Rows that were in when they were sent again", "resent");
        Grid::record(vec![
            (Column::number("Rows with a new lead", "created"), count(self.created)),
            (Column::number("Rows with something new about a known lead", "changed"), count(self.changed)),
            (Column::number("Rows that were known", "unchanged"), count(self.unchanged)),
            (resent.shown_if(self.resent > 0), count(self.resent)),
            (Column::number("Rows that tell nothing", "nothing"), count(self.nothing)),
            (Column::number("Rows refused", "refused"), count(self.refused)),
        ])
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.resent += other.resent;
        self.nothing += other.nothing;
        self.refused += other.refused;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_whose_first_answer_was_lost_is_not_counted_as_known() {
        let unchanged = ImportedItem { effect: ImportEffect::Unchanged.into(), ..ImportedItem::default() };
        let created = ImportedItem { effect: ImportEffect::Created.into(), ..ImportedItem::default() };
        let mut counts = Counts::default();
        counts.imported(&unchanged, false);
        counts.imported(&unchanged, true);
        counts.imported(&created, true);
        assert_eq!(counts, Counts { created: 1, unchanged: 1, resent: 1, ..Counts::default() });
        assert_eq!((counts.are_in(), counts.rows()), (3, 3));
    }
}
