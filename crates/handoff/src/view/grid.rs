//! Rows and columns, for people as a table and for spreadsheets as CSV. A column may be one cell to people (`40.0 %
//! (40/100)`) and several to a spreadsheet (value, numerator, denominator).

use std::collections::HashMap;
use std::io;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use handoff_proto::common::v1::Side;
use handoff_proto::qualification::v1::{Stage, Tenant};

use crate::word;

/// Rows of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// One thing rather than many: a table shows it as a line per column.
    is_record: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// For people; `\n` breaks the line.
    title: String,
    /// In CSV.
    names: Vec<String>,
    /// In CSV, what the value is compared with, and the change.
    compared_names: Vec<String>,
    is_number: bool,
    is_shown: bool,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    /// For people.
    pub(crate) shown: String,
    /// In CSV: one per name of the column.
    pub(crate) raw: Vec<String>,
    /// In CSV of a column that is compared: what it is compared with, and the change.
    pub(crate) compared: Vec<String>,
    /// What it means, if the tenant may have a word of its own for that.
    meaning: Option<Meaning>,
}

/// What a tenant may have its own word for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Meaning {
    Stage(Stage),
    Side(Side),
}

/// A tenant's own words (R5).
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels(HashMap<Meaning, String>);

impl Labels {
    /// Those of a tenant.
    pub(crate) fn of(tenant: &Tenant) -> Self {
        let stages = tenant.stage_labels.iter().map(|it| (Meaning::Stage(it.stage()), it.label.clone()));
        let sides = tenant.side_labels.iter().map(|it| (Meaning::Side(it.side()), it.label.clone()));
        Self(stages.chain(sides).collect())
    }
}

impl Column {
    /// A column of texts.
    pub(crate) fn text(title: impl Into<String>, name: &str) -> Self {
        Self::new(title, vec![name.to_owned()], false)
    }

    /// A column of numbers.
    pub(crate) fn number(title: impl Into<String>, name: &str) -> Self {
        Self::new(title, vec![name.to_owned()], true)
    }

    /// A column of ratios: in CSV the value and both counts.
    pub(crate) fn ratio(title: impl Into<String>, name: &str) -> Self {
        let names = vec![name.to_owned(), format!("{name}_numerator"), format!("{name}_denominator")];
        Self::new(title, names, true)
    }

    /// A column that says in words what other columns of the CSV say as numbers: tables have it alone.
    pub(crate) fn in_table_only(title: impl Into<String>) -> Self {
        Self::new(title, Vec::new(), true)
    }

    fn new(title: impl Into<String>, names: Vec<String>, is_number: bool) -> Self {
        Self { title: title.into(), names, compared_names: Vec::new(), is_number, is_shown: true }
    }

    /// The same column, held against the period before: in tables in a line of its own, in CSV by two columns more.
    pub(crate) fn compared_if(mut self, is_compared: bool) -> Self {
        if let Some(name) = self.names.first().filter(|_| is_compared) {
            self.compared_names = vec![format!("{name}_previous"), format!("{name}_change")];
        }
        self
    }

    /// The same column, in tables only if `is_shown`; in CSV it always stands.
    pub(crate) fn shown_if(mut self, is_shown: bool) -> Self {
        self.is_shown = is_shown;
        self
    }
}

impl Cell {
    /// The same to people and spreadsheets.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::split(text.clone(), vec![text])
    }

    /// For people, and for spreadsheets.
    pub(crate) fn new(shown: impl Into<String>, raw: impl Into<String>) -> Self {
        Self::split(shown, vec![raw.into()])
    }

    /// For people in one, for spreadsheets in several.
    pub(crate) fn split(shown: impl Into<String>, raw: Vec<String>) -> Self {
        Self { shown: shown.into(), raw, compared: Vec::new(), meaning: None }
    }

    /// A stage: to people in the tenant's word, to spreadsheets by its name.
    pub(crate) fn stage(stage: i32) -> Self {
        let meaning = Stage::try_from(stage).ok().map(Meaning::Stage);
        Self { meaning, ..Self::text(word::show::<Stage>(stage)) }
    }

    /// A side, in the same way.
    pub(crate) fn side(side: i32) -> Self {
        let meaning = Side::try_from(side).ok().map(Meaning::Side);
        Self { meaning, ..Self::text(word::show::<Side>(side)) }
    }
}

impl Grid {
    /// Rows of these columns.
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new(), is_record: false }
    }

    /// One row, shown as a line per column.
    pub(crate) fn record(fields: Vec<(Column, Cell)>) -> Self {
        let (columns, row) = fields.into_iter().unzip();
        Self { columns, rows: vec![row], is_record: true }
    }

    /// Adds a row, with a cell for each column.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len(), "a cell for each column");
        self.rows.push(row);
    }

    /// The same in the tenant's own words, as people read it.
    pub(crate) fn labelled(mut self, labels: &Labels) -> Self {
        for cell in self.rows.iter_mut().flatten() {
            if let Some(label) = cell.meaning.and_then(|meaning| labels.0.get(&meaning)) {
                cell.shown.clone_from(label);
            }
        }
        self
    }

    /// As a table, without a line break at its end.
    pub(crate) fn to_table(&self) -> String {
        let shown = |index: &usize| self.columns.get(*index).is_some_and(|column| column.is_shown);
        let places: Vec<usize> = (0..self.columns.len()).filter(shown).collect();
        let mut table = Table::new();
        table.load_style(STYLE).force_no_tty();
        if self.is_record {
            for index in places {
                let cells = self.rows.iter().map(|row| row[index].shown.as_str());
                table.add_row([self.columns[index].title.as_str()].into_iter().chain(cells));
            }
        } else {
            table.set_header(places.iter().map(|index| self.columns[*index].title.as_str()));
            for row in &self.rows {
                table.add_row(places.iter().map(|index| row[*index].shown.as_str()));
            }
            for (position, index) in places.iter().enumerate() {
                if let Some(column) = table.column_mut(position).filter(|_| self.columns[*index].is_number) {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.trim_fmt()
    }

    /// As CSV, with a header.
    pub(crate) fn write_csv(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        let names = self.columns.iter().flat_map(|column| column.names.iter().chain(&column.compared_names));
        writer.write_record(names)?;
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns).flat_map(|(cell, column)| {
                // A value that is not there leaves all its cells empty.
                let parts = |names: &[String], parts| {
                    (0..names.len())
                        .map(move |index| <[String]>::get(parts, index).map_or("", String::as_str))
                };
                parts(&column.names, &cell.raw).chain(parts(&column.compared_names, &cell.compared))
            });
            writer.write_record(cells)?;
        }
        writer.flush()
    }

    /// As a JSON list of objects with texts, for rows that are no message of the API.
    pub(crate) fn to_json(&self) -> serde_json::Result<String> {
        let objects: Vec<serde_json::Map<String, serde_json::Value>> = self
            .rows
            .iter()
            .map(|row| {
                let names = self.columns.iter().flat_map(|column| column.names.iter().cloned());
                let values = row.iter().flat_map(|cell| cell.raw.iter().cloned().map(Into::into));
                names.zip(values).collect()
            })
            .collect();
        serde_json::to_string_pretty(&objects)
    }
}

/// A line under the header and nothing else: it reads well and can be copied.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

#[cfg(test)]
mod tests {
    use handoff_proto::qualification::v1::StageLabel;

    use super::*;

    fn grid() -> Grid {
        let mut grid = Grid::new(vec![
            Column::text("Period", "period"),
            Column::ratio("SQL ÷ MQL\ncohort", "efficiency"),
            Column::text("Etag", "etag").shown_if(false),
        ]);
        let ratio = Cell::split("40.0 % (40/100)", vec!["0.4".into(), "40".into(), "100".into()]);
        grid.push(vec![Cell::text("2026-01"), ratio, Cell::text("x")]);
        grid.push(vec![Cell::text("2026-02"), Cell::new("–", ""), Cell::text("y, \"z\"")]);
        grid
    }

    #[test]
    fn a_table_is_plain() {
        insta::assert_snapshot!(grid().to_table());
    }

    #[test]
    fn csv_splits_what_people_read_together() {
        let mut csv = Vec::new();
        grid().write_csv(&mut csv).unwrap();
        insta::assert_snapshot!(String::from_utf8(csv).unwrap());
    }

    #[test]
    fn a_stage_is_shown_in_the_tenants_word_and_told_to_programs_by_its_name() {
        let mut grid = Grid::new(vec![Column::text("Stage", "stage"), Column::text("Side", "side")]);
        grid.push(vec![Cell::stage(Stage::Mql.into()), Cell::side(Side::Sales.into())]);
        let tenant = Tenant {
            stage_labels: vec![StageLabel { stage: Stage::Mql.into(), label: "Qualified".into() }],
            ..Tenant::default()
        };
        let grid = grid.labelled(&Labels::of(&tenant));
        let table = grid.to_table();
        let row: Vec<&str> = table.lines().last().unwrap_or_default().split_whitespace().collect();
        assert_eq!(row, ["Qualified", "SALES"], "{table}");
        let mut csv = Vec::new();
        grid.write_csv(&mut csv).unwrap();
        assert_eq!(String::from_utf8(csv).unwrap(), "stage,side\nMQL,SALES\n");
    }

    #[test]
    fn a_record_is_a_line_per_column() {
        let record = Grid::record(vec![
            (Column::text("Name", "name"), Cell::text("tenants/acme")),
            (Column::text("Time zone", "time_zone"), Cell::text("Europe/Rome")),
        ]);
        insta::assert_snapshot!(record.to_table());
    }
}
