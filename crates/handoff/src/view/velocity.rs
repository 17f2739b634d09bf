//! The velocity report and the verdict on the SLA (R32).

use chrono_tz::Tz;
use handoff_proto::reporting::v1::{
    GetVelocityReportResponse, Milestone, SlaVerdict, VelocityRow, Verdict, VerdictStatistic,
};
use rust_decimal::Decimal;

use super::report::{basis_notes, is_compared, key_cells, key_columns, report_zone};
use super::{Cell, Column, Grid, View, quantity};
use crate::word::{self, Word as _};

impl View for GetVelocityReportResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let unit = self.time_unit();
        let in_unit = |name: &str| format!("{name}\n{}", quantity::show_unit(unit));
        let rows = || self.rows.iter().chain(&self.total).chain(&self.cohort_total);
        let any = |is_there: fn(&VelocityRow) -> bool| rows().any(is_there);
        let is_compared = is_compared(self.basis.as_ref());
        let mut columns = key_columns(self.basis.as_ref());
        columns.extend([
            Column::number("n", "sample_count").compared_if(is_compared),
            Column::number("left out\n(end < start)", "invalid_count")
                .compared_if(is_compared)
                .shown_if(any(|row| row.invalid_count != 0)),
            Column::number(in_unit("mean"), "mean").compared_if(is_compared),
            Column::number(in_unit("median"), "median").compared_if(is_compared),
            Column::number("p75", "p75").compared_if(is_compared).shown_if(false),
            Column::number(in_unit("p90"), "p90").compared_if(is_compared),
            Column::number(in_unit("max"), "max").compared_if(is_compared),
            Column::number("within", "within_counts").shown_if(any(|row| !row.within_counts.is_empty())),
            Column::number("still\nwaiting", "open_count").compared_if(is_compared),
            Column::number(in_unit("oldest waits"), "open_oldest")
                .compared_if(is_compared)
                .shown_if(any(|row| row.open_oldest.is_some())),
            Column::number("median with\nthe waiting", "median_with_waiting")
                .compared_if(is_compared)
                .shown_if(false),
            Column::ratio("kept\nof due", "sla_attainment").compared_if(is_compared),
            Column::text("SLA", "verdicts"),
        ]);
        let mut grid = Grid::new(columns);
        for row in rows() {
            let time = |value: &Option<String>| quantity::measured(value.as_deref(), unit);
            let against = |cell, figure: &str| quantity::against(cell, &row.changes, figure);
            let mut cells = key_cells(row.key.as_ref(), self.basis.as_ref());
            cells.extend([
                against(quantity::count(row.sample_count), "sample_count"),
                against(quantity::count(row.invalid_count), "invalid_count"),
                against(time(&row.mean), "mean"),
                against(time(&row.median), "median"),
                against(time(&row.p75), "p75"),
                against(time(&row.p90), "p90"),
                against(time(&row.max), "max"),
                within(row),
                against(quantity::count(row.open_count), "open_count"),
                against(time(&row.open_oldest), "open_oldest"),
                against(time(&row.median_with_waiting), "median_with_waiting"),
                against(quantity::percentage(row.sla_attainment.as_ref()), "sla_attainment"),
                verdicts(&row.verdicts),
            ]);
            grid.push(cells);
        }
        grid
    }

    fn notes(&self, zone: Tz) -> Vec<String> {
        let mut notes = vec![format!(
            "From {} to {}, in {}",
            word::show::<Milestone>(self.start_milestone),
            word::show::<Milestone>(self.end_milestone),
            quantity::show_unit(self.time_unit()),
        )];
        notes.extend(basis_notes(self.basis.as_ref(), report_zone(self.basis.as_ref(), zone)));
        notes
    }
}

fn within(row: &VelocityRow) -> Cell {
    let counts: Vec<String> = row.within_counts.iter().map(ToString::to_string).collect();
    Cell::new(counts.join(" / "), counts.join("; "))
}

fn verdicts(verdicts: &[SlaVerdict]) -> Cell {
    let words: Vec<String> = verdicts.iter().map(verdict).collect();
    Cell::new(words.join("\n"), words.join("; "))
}

/// `NOT ADHERING +50.0 %: mean 3.0 against 2 business days`.
fn verdict(verdict: &SlaVerdict) -> String {
    let word = match verdict.verdict() {
        Verdict::Unspecified => return quantity::NONE.to_owned(),
        known => known.word().replace('_', " "),
    };
    let number = |text: &str| text.parse::<Decimal>().ok();
    let over = verdict
        .overshoot
        .as_deref()
        .and_then(number)
        .filter(|over| over.is_sign_positive() && !over.is_zero());
    let over = over.map(|over| format!(" {}", quantity::show_change(over))).unwrap_or_default();
    let statistic = match verdict.statistic() {
        VerdictStatistic::P90 => "p90",
        VerdictStatistic::Mean | VerdictStatistic::Unspecified => "mean",
    };
    let unit = verdict.time_unit();
    let value = verdict.statistic_value.as_deref().and_then(number);
    let value = value.map_or(quantity::NONE.to_owned(), |value| quantity::show_measured(value, unit));
    format!("{word}{over}: {statistic} {value} against {}", quantity::show_target(verdict.target.as_ref()))
}
