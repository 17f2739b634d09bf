//! What a part of the benchmark found: tables, claims held against their goals, and remarks. As text for people and as
//! JSON for programs, both made from the same values.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::rounds::Rounds;

/// What a part found.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) tables: Vec<Table>,
    pub(crate) claims: Vec<Claim>,
    /// What was seen besides, a sentence each.
    pub(crate) remarks: Vec<String>,
}

/// Rows under named columns.
#[derive(Debug)]
pub(crate) struct Table {
    title: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

/// A value of a table.
#[derive(Debug)]
pub(crate) enum Cell {
    Word(String),
    Number { value: f64, decimals: usize },
    Spread { rounds: Rounds, decimals: usize },
}

/// A figure that is promised.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) figure: String,
    pub(crate) value: Rounds,
    pub(crate) decimals: usize,
    pub(crate) goal: f64,
    pub(crate) floor: f64,
    pub(crate) better: Better,
}

/// Which way a figure gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    Higher,
    Lower,
}

impl Outcome {
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for table in &self.tables {
            text.push_str(&table.to_text());
            text.push('\n');
        }
        for claim in &self.claims {
            text.push_str(&claim.to_text());
            text.push('\n');
        }
        for remark in &self.remarks {
            text.push_str(&format!("  {remark}\n"));
        }
        text
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "tables": self.tables.iter().map(Table::to_json).collect::<Vec<_>>(),
            "claims": self.claims.iter().map(Claim::to_json).collect::<Vec<_>>(),
            "remarks": self.remarks,
        })
    }
}

impl Table {
    pub(crate) fn new(title: &'static str, columns: &'static [&'static str]) -> Self {
        Self { title, columns, rows: Vec::new() }
    }

    /// Adds a row, a cell per column.
    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }

    fn to_text(&self) -> String {
        let cells: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(Cell::to_text).collect()).collect();
        let width = |column: usize, name: &str| {
            let widest = cells.iter().filter_map(|row| row.get(column)).map(String::len).max();
            widest.unwrap_or_default().max(name.len())
        };
        let widths: Vec<usize> =
            self.columns.iter().enumerate().map(|(column, name)| width(column, name)).collect();
        let mut text = format!("  {}\n", self.title);
        let head: Vec<String> = self.columns.iter().map(|name| (*name).to_owned()).collect();
        for row in std::iter::once(&head).chain(&cells) {
            for (cell, width) in row.iter().zip(&widths) {
                write!(text, "  {cell:>width$}").expect("a string can be written to");
            }
            text.push('\n');
        }
        text
    }

    fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let named = self.columns.iter().zip(row);
            Value::Object(
                named.map(|(name, cell)| ((*name).to_owned(), cell.to_json())).collect::<Map<_, _>>(),
            )
        });
        json!({ "title": self.title, "rows": rows.collect::<Vec<_>>() })
    }
}

impl Cell {
    pub(crate) fn word(word: impl ToString) -> Self {
        Self::Word(word.to_string())
    }

    pub(crate) fn number(value: f64, decimals: usize) -> Self {
        Self::Number { value, decimals }
    }

    pub(crate) fn spread(rounds: &Rounds, decimals: usize) -> Self {
        Self::Spread { rounds: rounds.clone(), decimals }
    }

    fn to_text(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Number { value, decimals } => format!("{value:.decimals$}"),
            Self::Spread { rounds, decimals } => format!("{rounds:.decimals$}"),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Word(word) => json!(word),
            Self::Number { value, .. } => json!(value),
            Self::Spread { rounds, .. } => rounds.to_json(),
        }
    }
}

impl Claim {
    fn verdict(&self) -> &'static str {
        let reaches = |mark: f64| match self.better {
            Better::Higher => self.value.median() >= mark,
            Better::Lower => self.value.median() <= mark,
        };
        match (reaches(self.goal), reaches(self.floor)) {
            (true, _) => "GOAL",
            (false, true) => "FLOOR",
            (false, false) => "MISSED",
        }
    }

    fn to_text(&self) -> String {
        let Self { figure, value, decimals, goal, floor, .. } = self;
        format!("  {:<6} {figure}: {value:.decimals$}; goal {goal}, floor {floor}", self.verdict())
    }

    fn to_json(&self) -> Value {
        json!({
            "figure": self.figure,
            "value": self.value.to_json(),
            "goal": self.goal,
            "floor": self.floor,
            "verdict": self.verdict(),
        })
    }
}
