//! The SQL report.

use chrono_tz::Tz;
use handoff_proto::reporting::v1::{GetSqlReportResponse, SqlRow};

use super::report::{basis_notes, is_compared, key_cells, key_columns, report_zone};
use super::{Cell, Column, Grid, View, quantity};

/// How many reasons a table shows; CSV and JSON have all.
const REASONS_SHOWN: usize = 3;

impl View for GetSqlReportResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let rows = || self.rows.iter().chain(&self.total).chain(&self.cohort_total);
        let any_expired = rows().any(|row| row.acceptance_rate != row.acceptance_rate_with_expired);
        let any_overturned = rows().any(|row| {
            row.acceptance_rate_with_overturned
                .as_ref()
                .is_some_and(|it| Some(it) != row.acceptance_rate.as_ref())
        });
        let is_compared = is_compared(self.basis.as_ref());
        let mut columns = key_columns(self.basis.as_ref());
        columns.extend([
            Column::number("SQLs", "sql_count").compared_if(is_compared),
            Column::ratio("SQL ÷ MQL\nof the cohort", "cohort_efficiency").compared_if(is_compared),
            Column::ratio("SQL ÷ MQL\nof the period", "period_efficiency").compared_if(is_compared),
            Column::ratio("accepted\nof decided", "acceptance_rate").compared_if(is_compared),
            Column::ratio("with\nexpired", "acceptance_rate_with_expired")
                .compared_if(is_compared)
                .shown_if(any_expired),
            Column::ratio("without\nrouting", "acceptance_rate_without_routing")
                .compared_if(is_compared)
                .shown_if(false),
            Column::ratio("with\noverturned", "acceptance_rate_with_overturned")
                .compared_if(is_compared)
                .shown_if(any_overturned),
            Column::text("rejected for", "rejections"),
            Column::ratio("lead to\ncustomer", "lead_to_customer").compared_if(is_compared),
            Column::number("won", "won_count").compared_if(is_compared),
            Column::number("worth", "won_amounts"),
        ]);
        let mut grid = Grid::new(columns);
        for row in rows() {
            let against = |cell, figure: &str| quantity::against(cell, &row.changes, figure);
            let mut cells = key_cells(row.key.as_ref(), self.basis.as_ref());
            cells.extend([
                against(quantity::count(row.sql_count), "sql_count"),
                against(quantity::percentage(row.cohort_efficiency.as_ref()), "cohort_efficiency"),
                against(quantity::percentage(row.period_efficiency.as_ref()), "period_efficiency"),
                against(quantity::percentage(row.acceptance_rate.as_ref()), "acceptance_rate"),
                against(
                    quantity::percentage(row.acceptance_rate_with_expired.as_ref()),
                    "acceptance_rate_with_expired",
                ),
                against(
                    quantity::percentage(row.acceptance_rate_without_routing.as_ref()),
                    "acceptance_rate_without_routing",
                ),
                against(
                    quantity::percentage(row.acceptance_rate_with_overturned.as_ref()),
                    "acceptance_rate_with_overturned",
                ),
                rejections(row),
                against(quantity::percentage(row.lead_to_customer.as_ref()), "lead_to_customer"),
                against(quantity::count(row.won_count), "won_count"),
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
