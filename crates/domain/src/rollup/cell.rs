//! What a cell is called, and sets of cells that can be added to and taken from.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::pair::Pair;
use crate::metric::dimension::{Dimension, Dimensions};

/// What a cell counts. See [`super`] for the keys of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Hand-overs, leads and clocks by day.
    Counts,
    /// Rejections by reason.
    Rejections,
    /// Amounts won by currency.
    Amounts,
    /// Clocks by the day of their start and that of their deadline.
    Started,
    /// How long DECIDE clocks were given.
    Given,
    /// Lengths of a pair by the day of its end.
    ByEnd(Pair),
    /// Lengths of a pair by the day of its start.
    ByStart(Pair),
    /// Pairs that have no end yet, by the hour of their start.
    Waiting(Pair),
}

impl Part {
    /// The name in the store.
    pub fn name(self) -> String {
        match self {
            Self::Counts => "COUNTS".to_owned(),
            Self::Rejections => "REJECTIONS".to_owned(),
            Self::Amounts => "AMOUNTS".to_owned(),
            Self::Started => "STARTED".to_owned(),
            Self::Given => "GIVEN".to_owned(),
            Self::ByEnd(pair) => format!("{} BY END", pair.as_str()),
            Self::ByStart(pair) => format!("{} BY START", pair.as_str()),
            Self::Waiting(pair) => format!("{} WAITING", pair.as_str()),
        }
    }
}

/// How much of time a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// A local date.
    Day,
    /// A month of local dates.
    Month,
}

impl Grain {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Month => "MONTH",
        }
    }

    /// The first date of the cell that holds a date.
    pub fn start_of(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => date,
            Self::Month => date.with_day(1).unwrap_or(date),
        }
    }
}

/// The name of a cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// Of which dimension; none is the total of all.
    pub dimension: Option<Dimension>,
    /// What it counts.
    pub part: Part,
    /// How much of time.
    pub grain: Grain,
    /// Its first date.
    pub start: NaiveDate,
    /// The dimension's value; empty for records without one and for the total.
    pub value: String,
    /// What else tells it from others: a currency, a reason, a target.
    pub detail: String,
}

impl CellKey {
    /// The name of a dimension in the store.
    pub fn dimension_name(dimension: Option<Dimension>) -> &'static str {
        dimension.map_or("TOTAL", Dimension::as_str)
    }
}

/// The counters of a cell by their keys; a counter of zero is none.
pub type Counters = BTreeMap<i32, i64>;

/// Cells by their names; a cell without counters is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells(BTreeMap<CellKey, Counters>);

/// What one record adds to one counter of one part, in every dimension that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it counts.
    pub part: Part,
    /// How much of time the cell holds.
    pub grain: Grain,
    /// The cell's first date.
    pub start: NaiveDate,
    /// What else tells the cell from others.
    pub detail: String,
    /// The counter.
    pub key: i32,
    /// How much.
    pub n: i64,
    /// In the total only, not by dimension.
    pub total_only: bool,
}

/// What one record adds to the cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contribution {
    /// By which values it is broken down.
    pub dimensions: Dimensions,
    /// It is a lead's: leads have no owner and no team.
    pub is_lead: bool,
    /// The counters.
    pub entries: Vec<Entry>,
}

/// An entry without its number.
type Change<'e> = (Part, Grain, NaiveDate, &'e str, i32, bool);

impl Contribution {
    fn has_cells_of(&self, other: &Self) -> bool {
        self.is_lead == other.is_lead && self.dimensions == other.dimensions
    }
}

impl Cells {
    /// Adds a contribution.
    pub fn add(&mut self, contribution: &Contribution) {
        self.apply(contribution, 1);
    }

    /// Takes a contribution away again.
    pub fn take(&mut self, contribution: &Contribution) {
        self.apply(contribution, -1);
    }

    /// Replaces what a record contributed by what it contributes.
    pub fn change(&mut self, before: &Contribution, after: &Contribution) {
        if before.entries.is_empty() || after.entries.is_empty() || !before.has_cells_of(after) {
            self.take(before);
            self.add(after);
            return;
        }
        // Most of it is as it was: what cancels out is in no cell's way.
        let mut changes: BTreeMap<Change<'_>, i64> = BTreeMap::new();
        for (contribution, sign) in [(before, -1), (after, 1)] {
            for entry in &contribution.entries {
                let change = (
                    entry.part,
                    entry.grain,
                    entry.start,
                    entry.detail.as_str(),
                    entry.key,
                    entry.total_only,
                );
                *changes.entry(change).or_default() += sign * entry.n;
            }
        }
        let entries = changes.into_iter().filter(|(_, n)| *n != 0);
        let entries = entries.map(|((part, grain, start, detail, key, total_only), n)| Entry {
            part,
            grain,
            start,
            detail: detail.to_owned(),
            key,
            n,
            total_only,
        });
        let entries = entries.collect();
        self.add(&Contribution { dimensions: after.dimensions.clone(), is_lead: after.is_lead, entries });
    }

    /// Adds to one counter.
    pub fn count(&mut self, cell: CellKey, key: i32, n: i64) {
        let counters = self.0.entry(cell).or_default();
        let counter = counters.entry(key).or_default();
        *counter += n;
        if *counter == 0 {
            counters.remove(&key);
        }
    }

    fn apply(&mut self, contribution: &Contribution, sign: i64) {
        let dimensions = || Dimension::ALL.iter().map(|(dimension, _)| *dimension);
        let is_had =
            |dimension| !contribution.is_lead || !matches!(dimension, Dimension::Owner | Dimension::Team);
        for entry in &contribution.entries {
            let by = dimensions().filter(|dimension| !entry.total_only && is_had(*dimension)).map(Some);
            for dimension in std::iter::once(None).chain(by) {
                let value = dimension.and_then(|dimension| contribution.dimensions.get(dimension));
                let cell = CellKey {
                    dimension,
                    part: entry.part,
                    grain: entry.grain,
                    start: entry.start,
                    value: value.unwrap_or_default().to_owned(),
                    detail: entry.detail.clone(),
                };
                self.count(cell, entry.key, entry.n * sign);
            }
        }
    }

    /// Those cells whose counters are not all zero.
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.0.retain(|_, counters| !counters.is_empty());
        self
    }

    /// Whether nothing is in any of them.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(BTreeMap::is_empty)
    }

    /// The cells in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&CellKey, &Counters)> {
        self.0.iter()
    }
}

impl IntoIterator for Cells {
    type Item = (CellKey, Counters);
    type IntoIter = std::collections::btree_map::IntoIter<CellKey, Counters>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
