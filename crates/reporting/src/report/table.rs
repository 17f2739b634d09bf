//! The rows of a report and its totals: every cell of the grid and the whole range, by each basis that was asked for,
//! and held against the period before where that was asked for. Where the figures come from is for the caller to know:
//! they are a function of a part of the report and a basis, which is called once for each.

use std::collections::BTreeSet;

use handoff_domain::error::Error;
use handoff_domain::metric::exact::Exact;
use handoff_domain::metric::{Basis, Span};
use handoff_domain::period::Period;
use handoff_proto::reporting::v1 as pb;

use super::Ground;
use super::grid::{Cell, Grid};
use crate::convert::figure::decimal;

/// What a row says.
pub(crate) trait Figures {
    /// The figures that can be compared: the name of the row's field, and the value where there is one.
    fn named(&self) -> Vec<(String, Option<Exact>)>;
}

/// What a row is about: a cell, or a whole range whatever the values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'g> {
    pub(crate) cell: Option<Cell<'g>>,
    pub(crate) period: &'g Period,
    pub(crate) span: &'g Span,
}

/// A row or a total.
#[derive(Debug)]
pub(crate) struct Line<F> {
    pub(crate) key: pb::RowKey,
    pub(crate) figures: F,
    pub(crate) changes: Vec<pb::Change>,
}

/// All of a report's figures.
#[derive(Debug)]
pub(crate) struct Table<F> {
    /// In the order of period, value and basis.
    pub(crate) rows: Vec<Line<F>>,
    /// The whole range, by the first basis that was asked for.
    pub(crate) total: Line<F>,
    /// The whole range by the second.
    pub(crate) second_total: Option<Line<F>>,
}

/// The bases of a query whose figures depend on it, each with its word on the wire.
pub(crate) fn bases(ground: &Ground) -> Vec<(Basis, pb::Basis)> {
    ground.query.bases.iter().map(|basis| (*basis, crate::convert::word::to_basis(*basis))).collect()
}

impl<F: Figures> Table<F> {
    /// The table of a report whose `figures` are by some `bases`, each with its word on the wire.
    pub(crate) fn compute<B>(
        ground: &Ground,
        grid: &Grid,
        bases: &[(B, pb::Basis)],
        figures: impl Fn(Part<'_>, &B) -> Result<F, Error>,
    ) -> Result<Self, Error> {
        let mut computed = Vec::new();
        for cell in grid.cells() {
            let part = Part { cell: Some(cell), period: cell.period, span: cell.span };
            for (basis, shown) in bases {
                computed.push((part, *shown, figures(part, basis)?));
            }
        }
        // One period is hidden, if any: the same row of the period before stands so many places earlier.
        let hidden = grid.hidden_cells() * bases.len();
        let is_compared = ground.query.before.is_some();
        let changes = (hidden..computed.len()).map(|place| match is_compared {
            true => changes(&computed[place - hidden].2, &computed[place].2),
            false => Vec::new(),
        });
        let changes: Vec<_> = changes.collect();
        let shown = computed.into_iter().skip(hidden).zip(changes);
        let line =
            |((part, basis, figures), changes)| Line { key: key(ground, part, basis), figures, changes };
        let mut totals =
            bases.iter().map(|(basis, shown)| total(ground, *shown, |part| figures(part, basis)));
        Ok(Self {
            rows: shown.map(line).collect(),
            total: totals.next().ok_or(Error::Internal)??,
            second_total: totals.next().transpose()?,
        })
    }
}

/// The whole range, and the range before it.
fn total<F: Figures>(
    ground: &Ground,
    basis: pb::Basis,
    figures: impl Fn(Part<'_>) -> Result<F, Error>,
) -> Result<Line<F>, Error> {
    let of = |period: &Period| {
        let span = ground.span_of(period);
        let part = Part { cell: None, period, span: &span };
        Ok((key(ground, part, basis), figures(part)?))
    };
    let (key, figures) = of(&ground.query.range)?;
    let before = ground.query.before.as_ref().map(of).transpose()?;
    let changes = before.map(|(_, before)| changes(&before, &figures)).unwrap_or_default();
    Ok(Line { key, figures, changes })
}

/// The key on the wire. A record without a value has the empty one; a row of a whole period has none.
fn key(ground: &Ground, part: Part<'_>, basis: pb::Basis) -> pb::RowKey {
    pb::RowKey {
        period: part.cell.map_or_else(|| "total".to_owned(), |cell| cell.period.label()),
        start_date: part.period.start().to_string(),
        end_date: part.period.end().to_string(),
        value: part.cell.and_then(|cell| cell.value).map(|value| value.unwrap_or_default().to_owned()),
        basis: basis.into(),
        running: ground.as_of < part.span.end,
    }
}

/// Every figure against the one before it, in the order of the row's fields.
fn changes<F: Figures>(before: &F, now: &F) -> Vec<pb::Change> {
    let (before, now) = (before.named(), now.named());
    let mut seen = BTreeSet::new();
    let names = now.iter().chain(&before).map(|(name, _)| name).filter(|name| seen.insert(*name));
    // What only one of the two names, such as a currency, is nothing in the other.
    let value = |figures: &[(String, Option<Exact>)], name: &str| {
        figures.iter().find(|(it, _)| it == name).map_or(Some(Exact::whole(0)), |(_, value)| *value)
    };
    let change = |name: &String| {
        let (previous, current) = (value(&before, name), value(&now, name));
        let change = current.zip(previous).and_then(|(current, previous)| current.excess_over(previous));
        pb::Change {
            figure: name.clone(),
            previous: previous.map(decimal),
            current: current.map(decimal),
            change: change.map(decimal),
        }
    };
    names.map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sample(Vec<(&'static str, Option<i64>)>);

    impl Figures for Sample {
        fn named(&self) -> Vec<(String, Option<Exact>)> {
            self.0.iter().map(|(name, value)| ((*name).to_owned(), value.map(Exact::whole))).collect()
        }
    }

    fn check(before: Option<i64>, now: Option<i64>, change: Option<&str>) {
        let found = changes(&Sample(vec![("n", before)]), &Sample(vec![("n", now)])).remove(0);
        let text = |value: Option<i64>| value.map(|value| value.to_string());
        assert_eq!((found.previous, found.current), (text(before), text(now)));
        assert_eq!(found.change.as_deref(), change, "{before:?} to {now:?}");
    }

    #[test]
    fn a_change_is_relative_and_needs_two_values_of_which_the_first_is_not_zero() {
        check(Some(20), Some(23), Some("0.15"));
        check(Some(3), Some(4), Some("0.333333333333"));
        check(Some(3), Some(0), Some("-1"));
        check(Some(-2), Some(2), Some("-2"));
        check(Some(0), Some(3), None);
        check(Some(0), Some(0), None);
        check(None, Some(3), None);
        check(Some(3), None, None);
    }

    #[test]
    fn what_one_of_two_rows_does_not_name_is_nothing_there() {
        let euros = Sample(vec![("n", Some(1)), ("won_amounts.EUR", Some(10))]);
        let dollars = Sample(vec![("n", Some(1)), ("won_amounts.USD", Some(20))]);
        let found = changes(&euros, &dollars);
        let shown =
            found.iter().map(|it| (it.figure.as_str(), it.previous.as_deref(), it.current.as_deref()));
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                ("n", Some("1"), Some("1")),
                ("won_amounts.USD", Some("0"), Some("20")),
                ("won_amounts.EUR", Some("10"), Some("0")),
            ]
        );
    }
}
