//! The rows of a report: its periods, by the values of its breakdown. A fact is put into the few rows that it can count
//! in, so that a row is computed from its own facts and never from all of them. Whether it does count is for the metric
//! to say, which looks at the row's span again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use handoff_domain::error::Error;
use handoff_domain::metric::dimension::{Dimension, Dimensions};
use handoff_domain::metric::{Span, span_of};
use handoff_domain::period::Period;
use handoff_proto::reporting::v1 as pb;

use super::Ground;

/// The most rows of an answer, the total not counted.
const ROWS_MAX: usize = 5_000;

/// The periods of a report and the values of its breakdown.
#[derive(Debug)]
pub(crate) struct Grid {
    periods: Vec<(Period, Span)>,
    breakdown: Option<Dimension>,
    /// Each value's place; without a breakdown one for everything.
    values: BTreeMap<Option<String>, usize>,
}

/// A row of a report.
#[derive(Debug)]
pub(crate) struct Row<'g> {
    /// Its place among the rows.
    pub(crate) index: usize,
    pub(crate) period: Period,
    pub(crate) span: &'g Span,
    /// The period before it, if the report has it.
    pub(crate) previous: Option<Period>,
    /// The place of its value.
    pub(crate) value_index: usize,
    value: Option<&'g Option<String>>,
}

impl Grid {
    /// The rows that these facts need.
    ///
    /// # Errors
    /// `Invalid` for more rows than an answer may have.
    pub(crate) fn new<'f>(
        ground: &Ground,
        facts: impl Iterator<Item = &'f Dimensions>,
    ) -> Result<Self, Error> {
        let breakdown = ground.query.breakdown;
        let values: BTreeSet<Option<&str>> = match breakdown {
            Some(dimension) => facts.map(|dimensions| dimensions.get(dimension)).collect(),
            None => BTreeSet::from([None]),
        };
        let periods = ground.query.range.split(ground.query.kind);
        if periods.len() * values.len() > ROWS_MAX {
            let found = format!(
                "gives {} values in each of {} periods, which is more than {ROWS_MAX} rows: filter, or take longer \
                 periods",
                values.len(),
                periods.len()
            );
            return Err(Error::invalid("query.breakdown", found));
        }
        let values = values.into_iter().map(|value| value.map(str::to_owned));
        let periods = periods.into_iter().map(|period| (period, span_of(&period, ground.zone)));
        Ok(Self { periods: periods.collect(), breakdown, values: values.zip(0..).collect() })
    }

    /// The rows in the order of period and value; records without a value come first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.periods.iter().enumerate().flat_map(move |(at, (period, span))| {
            let previous = at.checked_sub(1).map(|before| self.periods[before].0);
            self.values.iter().map(move |(value, value_index)| Row {
                index: at * self.values.len() + value_index,
                period: *period,
                span,
                previous,
                value_index: *value_index,
                value: self.breakdown.map(|_| value),
            })
        })
    }

    /// Puts each fact into the rows of its value that hold one of its instants.
    pub(crate) fn sort<'f, F, const N: usize>(
        &self,
        facts: impl IntoIterator<Item = &'f F>,
        dimensions: impl Fn(&'f F) -> &'f Dimensions,
        instants: impl Fn(&'f F) -> [Option<DateTime<Utc>>; N],
    ) -> Vec<Vec<&'f F>> {
        let mut rows = vec![Vec::new(); self.periods.len() * self.values.len()];
        for fact in facts {
            let Some(value) = self.value_index(dimensions(fact)) else { continue };
            let mut periods = instants(fact).map(|instant| instant.and_then(|at| self.period_index(at)));
            periods.sort_unstable();
            let mut last = None;
            for period in periods.into_iter().flatten() {
                if last.replace(period) != Some(period) {
                    rows[period * self.values.len() + value].push(fact);
                }
            }
        }
        rows
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

    fn value_index(&self, dimensions: &Dimensions) -> Option<usize> {
        match self.breakdown {
            // A look-up by a borrowed text is not to be had for an optional one.
            Some(dimension) => self.values.get(&dimensions.get(dimension).map(str::to_owned)).copied(),
            None => Some(0),
        }
    }

    fn period_index(&self, at: DateTime<Utc>) -> Option<usize> {
        let index = self.periods.partition_point(|(_, span)| span.end <= at);
        self.periods.get(index).filter(|(_, span)| span.contains(&at)).map(|_| index)
    }
}

impl Row<'_> {
    /// The key on the wire. A record without a value has the empty one; a row of a whole period has none.
    pub(crate) fn key(&self) -> pb::RowKey {
        let value = self.value.map(|value| value.clone().unwrap_or_default());
        key(&self.period, self.period.label(), value)
    }
}

/// The key of the total.
pub(crate) fn total_key(range: &Period) -> pb::RowKey {
    key(range, "total".to_owned(), None)
}

fn key(period: &Period, label: String, value: Option<String>) -> pb::RowKey {
    pb::RowKey {
        period: label,
        start_date: period.start().to_string(),
        end_date: period.end().to_string(),
        value,
    }
}
