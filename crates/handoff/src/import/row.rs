//! A row of a file and what can be wrong with it.

use std::fmt;

/// A row, with the line on which it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// From 1.
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

/// The longest part of a value that a message shows.
const SHOWN_CHARS_MAX: usize = 60;

/// A value in quotes, cut where it is too long for a message.
pub(crate) fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN_CHARS_MAX) {
        None => format!("{value:?}"),
        Some((end, _)) => format!("{:?}… ({} characters)", &value[..end], value.chars().count()),
    }
}
