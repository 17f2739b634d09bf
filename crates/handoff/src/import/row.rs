//! A row of a file and what can be wrong with it.

use std::fmt;

/// A row, with the line on which it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// From 1; the header is line 1.
    pub(crate) line: u64,
    /// The cells, trimmed, as many as the header has.
    pub(crate) cells: &'a csv::StringRecord,
}

/// What is wrong with a row: it is left out, and the rest goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// What is wrong and, where it helps, what would be right.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.line)?;
        if let Some(column) = &self.column {
            write!(f, "column {column:?}: ")?;
        }
        f.write_str(&self.reason)
    }
}
