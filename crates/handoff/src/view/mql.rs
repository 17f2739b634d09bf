//! The MQL report.

use chrono_tz::Tz;
use handoff_proto::reporting::v1::{GetMqlReportResponse, MqlRow};

use super::report::{basis_notes, is_compared, key_cells, key_columns, report_zone};
use super::{Column, Grid, View, quantity};

impl View for GetMqlReportResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let rows = || self.rows.iter().chain(&self.total);
        let any = |count: fn(&MqlRow) -> i64| rows().any(|row| count(row) != 0);
        let is_compared = is_compared(self.basis.as_ref());
        let mut columns = key_columns(self.basis.as_ref());
        columns.extend([
            Column::number("MQLs", "mql_count").compared_if(is_compared),
            Column::number("for the\nfirst time", "first_time_mql_count")
                .compared_if(is_compared)
                .shown_if(rows().any(|row| row.first_time_mql_count != row.mql_count)),
            Column::number("implied", "implied_mql_count")
                .compared_if(is_compared)
                .shown_if(any(|row| row.implied_mql_count)),
            Column::ratio("SQL ÷ MQL\nof the cohort", "cohort_efficiency").compared_if(is_compared),
            Column::ratio("SQL ÷ MQL\nmatured only", "matured_cohort_efficiency").compared_if(is_compared),
            Column::ratio("SQL ÷ MQL\nof the period", "period_efficiency").compared_if(is_compared),
            Column::number("business\ndays", "business_days").compared_if(is_compared),
            Column::number("MQLs per\nbusiness day", "mql_per_business_day").compared_if(is_compared),
            Column::number("needed to\nhold", "growth_to_hold"),
        ]);
        let mut grid = Grid::new(columns);
        for row in rows() {
            let against = |cell, figure: &str| quantity::against(cell, &row.changes, figure);
            let mut cells = key_cells(row.key.as_ref(), self.basis.as_ref());
            cells.extend([
                against(quantity::count(row.mql_count), "mql_count"),
                against(quantity::count(row.first_time_mql_count), "first_time_mql_count"),
                against(quantity::count(row.implied_mql_count), "implied_mql_count"),
                against(quantity::percentage(row.cohort_efficiency.as_ref()), "cohort_efficiency"),
                against(
                    quantity::percentage(row.matured_cohort_efficiency.as_ref()),
                    "matured_cohort_efficiency",
                ),
                against(quantity::percentage(row.period_efficiency.as_ref()), "period_efficiency"),
                against(quantity::count(row.business_days), "business_days"),
                against(quantity::per_unit(row.mql_per_business_day.as_ref()), "mql_per_business_day"),
                quantity::change(row.growth_to_hold.as_deref()),
            ]);
            grid.push(cells);
        }
        grid
    }

    fn notes(&self, zone: Tz) -> Vec<String> {
        basis_notes(self.basis.as_ref(), report_zone(self.basis.as_ref(), zone))
    }
}
