//! The MQL report.

use chrono_tz::Tz;
use handoff_proto::reporting::v1::{GetMqlReportResponse, MqlRow};

use super::report::{basis_notes, key_cells, key_columns, report_zone};
use super::{Column, Grid, View, quantity};

impl View for GetMqlReportResponse {
    fn grid(&self, _zone: Tz) -> Grid {
        let rows = || self.rows.iter().chain(&self.total);
        let any = |count: fn(&MqlRow) -> i64| rows().any(|row| count(row) != 0);
        let mut columns = key_columns(self.basis.as_ref());
        columns.extend([
            Column::number("MQLs", "mql_count"),
            Column::number("for the\nfirst time", "first_time_mql_count")
                .shown_if(rows().any(|row| row.first_time_mql_count != row.mql_count)),
            Column::number("implied", "implied_mql_count").shown_if(any(|row| row.implied_mql_count)),
            Column::ratio("SQL ÷ MQL\nof the cohort", "cohort_efficiency"),
            Column::ratio("SQL ÷ MQL\nmatured only", "matured_cohort_efficiency"),
            Column::ratio("SQL ÷ MQL\nof the period", "period_efficiency"),
            Column::number("business\ndays", "business_days"),
            Column::number("MQLs per\nbusiness day", "mql_per_business_day"),
            Column::number("needed to\nhold", "growth_to_hold"),
        ]);
        let mut grid = Grid::new(columns);
        for row in rows() {
            let mut cells = key_cells(row.key.as_ref());
            cells.extend([
                quantity::count(row.mql_count),
                quantity::count(row.first_time_mql_count),
                quantity::count(row.implied_mql_count),
                quantity::percentage(row.cohort_efficiency.as_ref()),
                quantity::percentage(row.matured_cohort_efficiency.as_ref()),
                quantity::percentage(row.period_efficiency.as_ref()),
                quantity::count(row.business_days),
                quantity::per_unit(row.mql_per_business_day.as_ref()),
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
