//! The cells of a report: its periods, by the values of its breakdown. A fact is put into the few cells that it can
//! count in, so that a row is computed from its own facts and never from all of them. Whether it does count is for the
//! metric to say, which looks at the cell's span again.
//!
//! Where figures are compared, the period before the first has cells too: they are computed like all others, and not
//! shown.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use handoff_domain::error::Error;
use handoff_domain::metric::dimension::{Dimension, Dimensions};
use handoff_domain::metric::{Span, span_of};
use handoff_domain::period::Period;

use super::Ground;

/// The most cells of an answer.
const CELLS_MAX: usize = 5_000;

/// The periods of a report and the values of its breakdown.
#[derive(Debug)]
pub(crate) struct Grid {
    periods: Vec<(Period, Span)>,
    /// How many of the periods are there to be compared with, and not shown.
    hidden: usize,
    breakdown: Option<Dimension>,
    /// Each value's place; without a breakdown one for everything.
    values: BTreeMap<Option<String>, usize>,
}

/// A period and a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'g> {
    /// Its place among the cells.
    pub(crate) index: usize,
    /// The place of its value.
    pub(crate) value_index: usize,
    pub(crate) period: &'g Period,
    pub(crate) span: &'g Span,
    /// The period before it, if that is shown too.
    pub(crate) previous: Option<&'g Period>,
    /// The value, where there is a breakdown; in it none for records without one.
    pub(crate) value: Option<Option<&'g str>>,
}

impl Grid {
    /// The cells that these facts need. Which facts need one is for the report to say.
    ///
    /// # Errors
    /// `Invalid` for more rows than an answer may have.
    pub(crate) fn new<'f>(
        ground: &Ground,
        facts: impl Iterator<Item = &'f Dimensions>,
    ) -> Result<Self, Error> {
        let dimension = ground.query.breakdown;
        Self::of_values(ground, facts.map(|it| dimension.and_then(|dimension| it.get(dimension))))
    }

    /// The cells of these values; without a breakdown there is one for everything.
    ///
    /// # Errors
    /// `Invalid` for more rows than an answer may have.
    pub(crate) fn of_values<'v>(
        ground: &Ground,
        values: impl IntoIterator<Item = Option<&'v str>>,
    ) -> Result<Self, Error> {
        let breakdown = ground.query.breakdown;
        let values: BTreeSet<Option<&str>> = match breakdown {
            Some(_) => values.into_iter().collect(),
            None => BTreeSet::from([None]),
        };
        let shown = ground.query.range.split(ground.query.kind);
        bounded(values.len(), shown.len())?;
        let hidden = ground.period_before_the_first();
        let values = values.into_iter().map(|value| value.map(str::to_owned));
        Ok(Self {
            hidden: usize::from(hidden.is_some()),
            periods: hidden
                .into_iter()
                .chain(shown)
                .map(|period| (period, span_of(&period, ground.zone)))
                .collect(),
            breakdown,
            values: values.zip(0..).collect(),
        })
    }

    /// How many of the cells, at their beginning, are there to be compared with, and not shown.
    pub(crate) fn hidden_cells(&self) -> usize {
        self.hidden * self.values.len()
    }

    /// The cells in the order of period and value; records without a value come first.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.periods.iter().enumerate().flat_map(move |(at, (period, span))| {
            let before = at.checked_sub(1).filter(|before| *before >= self.hidden);
            self.values.iter().map(move |(value, value_index)| Cell {
                index: at * self.values.len() + value_index,
                value_index: *value_index,
                period,
                span,
                previous: before.map(|before| &self.periods[before].0),
                value: self.breakdown.map(|_| value.as_deref()),
            })
        })
    }

    /// Puts each fact into the cells of its value that hold one of its instants.
    pub(crate) fn sort<'f, F, const N: usize>(
        &self,
        facts: impl IntoIterator<Item = &'f F>,
        dimensions: impl Fn(&'f F) -> &'f Dimensions,
        instants: impl Fn(&'f F) -> [Option<DateTime<Utc>>; N],
    ) -> Vec<Vec<&'f F>> {
        let mut cells = vec![Vec::new(); self.periods.len() * self.values.len()];
        for fact in facts {
            let Some(value) = self.value_index(dimensions(fact)) else { continue };
            let mut periods = instants(fact).map(|instant| instant.and_then(|at| self.period_index(at)));
            periods.sort_unstable();
            let mut last = None;
            for period in periods.into_iter().flatten() {
                if last.replace(period) != Some(period) {
                    cells[period * self.values.len() + value].push(fact);
                }
            }
        }
        cells
    }

    /// Puts each fact to its value.
    pub(crate) fn by_value<'f, F>(
        &self,
        facts: impl IntoIterator<Item = &'f F>,
        dimensions: impl Fn(&'f F) -> &'f Dimensions,
    ) -> Vec<Vec<&'f F>> {
        let mut values = vec![Vec::new(); self.values.len()];
        for fact in facts {
            if let Some(value) = self.value_index(dimensions(fact)) {
                values[value].push(fact);
            }
        }
        values
    }

    /// How many cells there are.
    pub(crate) fn count(&self) -> usize {
        self.periods.len() * self.values.len()
    }

    /// How many cells a period has.
    pub(crate) fn cells_of_a_period(&self) -> usize {
        self.values.len()
    }

    /// The place of a value; without a breakdown all have the one.
    pub(crate) fn value_of(&self, value: Option<&str>) -> Option<usize> {
        match self.breakdown {
            // A look-up by a borrowed text is not to be had for an optional one.
            Some(_) => self.values.get(&value.map(str::to_owned)).copied(),
            None => Some(0),
        }
    }

    /// The place of the cell of a value and a local date.
    pub(crate) fn cell_of(&self, value: Option<&str>, date: NaiveDate) -> Option<usize> {
        let period = self.periods.partition_point(|(period, _)| period.end() <= date);
        self.periods.get(period).filter(|(period, _)| period.contains(date))?;
        Some(period * self.values.len() + self.value_of(value)?)
    }

    fn value_index(&self, dimensions: &Dimensions) -> Option<usize> {
        self.value_of(self.breakdown.and_then(|dimension| dimensions.get(dimension)))
    }

    fn period_index(&self, at: DateTime<Utc>) -> Option<usize> {
        let index = self.periods.partition_point(|(_, span)| span.end <= at);
        self.periods.get(index).filter(|(_, span)| span.contains(&at)).map(|_| index)
    }
}

fn bounded(values: usize, periods: usize) -> Result<(), Error> {
    if values * periods <= CELLS_MAX {
        return Ok(());
    }
    let found = format!(
        "gives {values} values in each of {periods} periods, which is more than {CELLS_MAX} rows: filter, or take \
         longer periods"
    );
    Err(Error::invalid("query.breakdown", found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_5000_rows_and_not_one_more() {
        for (values, periods, more) in
            [(5, 1_000, (1_667, 3)), (5_000, 1, (5_001, 1)), (1, 1_000, (6, 1_000))]
        {
            assert!(bounded(values, periods).is_ok(), "{values} x {periods}");
            let Err(Error::Invalid(found)) = bounded(more.0, more.1) else { panic!("{more:?}") };
            assert_eq!(found[0].field, "query.breakdown");
        }
    }
}
