//! The SQL report.

use chrono_tz::Tz;
use handoff_proto::reporting::v1::{GetSqlReportResponse, SqlRow};

use super::report::{basis_notes, key_cells, key_columns, report_zone};
use super::{Cell, Column, Grid, View, quantity};

/// How many reasons a table shows; CSV and JSON have all.
const REASONS_SHOWN: usize = 3;

impl View for GetSqlReportResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let rows = || self.rows.iter().chain(&self.total);
        let any_expired = rows().any(|row| row.acceptance_rate != row.acceptance_rate_with_expired);
        let mut columns = key_columns(self.basis.as_ref());
        columns.extend([
            Column::number("SQLs", "sql_count"),
            Column::ratio("SQL ÷ MQL\nof the cohort", "cohort_efficiency"),
            Column::ratio("SQL ÷ MQL\nof the period", "period_efficiency"),
            Column::ratio("accepted\nof decided", "acceptance_rate"),
            Column::ratio("with\nexpired", "acceptance_rate_with_expired").shown_if(any_expired),
            Column::ratio("without\nrouting", "acceptance_rate_without_routing").shown_if(false),
            Column::text("rejected for", "rejections"),
            Column::ratio("lead to\ncustomer", "lead_to_customer"),
            Column::number("won", "won_count"),
            Column::number("worth", "won_amounts"),
        ]);
        let mut grid = Grid::new(columns);
        for row in rows() {
            let mut cells = key_cells(row.key.as_ref());
            cells.extend([
                quantity::count(row.sql_count),
                quantity::percentage(row.cohort_efficiency.as_ref()),
                quantity::percentage(row.period_efficiency.as_ref()),
                quantity::percentage(row.acceptance_rate.as_ref()),
                quantity::percentage(row.acceptance_rate_with_expired.as_ref()),
                quantity::percentage(row.acceptance_rate_without_routing.as_ref()),
                rejections(row),
                quantity::percentage(row.lead_to_customer.as_ref()),
                quantity::count(row.won_count),
                worth(row),
            ]);
            grid.push(cells);
        }
        grid
    }

    fn notes(&self, zone: Tz) -> Vec<String> {
        basis_notes(self.basis.as_ref(), report_zone(self.basis.as_ref(), zone))
    }
}

/// The most frequent reasons first.
fn rejections(row: &SqlRow) -> Cell {
    let mut counted: Vec<_> =
        row.rejections.iter().map(|rejection| (rejection.count, &rejection.reason)).collect();
    counted.sort_by_key(|(count, reason)| (std::cmp::Reverse(*count), *reason));
    let words: Vec<String> = counted.iter().map(|(count, reason)| format!("{reason} {count}")).collect();
    let mut shown = words.iter().take(REASONS_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if words.len() > REASONS_SHOWN {
        shown.push_str(" …");
    }
    Cell::new(shown, words.join("; "))
}

fn worth(row: &SqlRow) -> Cell {
    let amounts: Vec<String> = row.won_amounts.iter().map(quantity::show_money).collect();
    Cell::new(amounts.join("\n"), amounts.join("; "))
}
