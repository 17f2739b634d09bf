//! The velocity report and the verdict on the SLA (R32).

use chrono_tz::Tz;
use handoff_proto::reporting::v1::{
    GetVelocityReportResponse, Milestone, SlaVerdict, VelocityRow, Verdict, VerdictStatistic,
};
use rust_decimal::Decimal;

use super::report::{basis_notes, key_cells, key_columns, report_zone};
use super::{Cell, Column, Grid, View, quantity};
use crate::word::{self, Word as _};

impl View for GetVelocityReportResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let unit = self.time_unit();
        let in_unit = |name: &str| format!("{name}\n{}", quantity::show_unit(unit));
        let rows = || self.rows.iter().chain(&self.total);
        let any = |is_there: fn(&VelocityRow) -> bool| rows().any(is_there);
        let mut columns = key_columns(self.basis.as_ref());
        columns.extend([
            Column::number("n", "sample_count"),
            Column::number("left out\n(end < start)", "invalid_count")
                .shown_if(any(|row| row.invalid_count != 0)),
            Column::number(in_unit("mean"), "mean"),
            Column::number(in_unit("median"), "median"),
            Column::number("p75", "p75").shown_if(false),
            Column::number(in_unit("p90"), "p90"),
            Column::number(in_unit("max"), "max"),
            Column::number("within", "within_counts").shown_if(any(|row| !row.within_counts.is_empty())),
            Column::number("still\nwaiting", "open_count"),
            Column::number(in_unit("oldest waits"), "open_oldest")
                .shown_if(any(|row| row.open_oldest.is_some())),
            Column::number("median with\nthe waiting", "median_with_waiting").shown_if(false),
            Column::ratio("kept\nof due", "sla_attainment"),
            Column::text("SLA", "verdicts"),
        ]);
        let mut grid = Grid::new(columns);
        for row in rows() {
            let time = |value: &Option<String>| quantity::measured(value.as_deref(), unit);
            let mut cells = key_cells(row.key.as_ref());
            cells.extend([
                quantity::count(row.sample_count),
                quantity::count(row.invalid_count),
                time(&row.mean),
                time(&row.median),
                time(&row.p75),
                time(&row.p90),
                time(&row.max),
                within(row),
                quantity::count(row.open_count),
                time(&row.open_oldest),
                time(&row.median_with_waiting),
                quantity::percentage(row.sla_attainment.as_ref()),
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
