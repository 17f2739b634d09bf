//! The columns of a file: their names, and the places that a mapping means by a name or a number.

use std::fmt;

use csv::StringRecord;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::row::shown;

/// A column as a mapping names it: by its name, or by its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ColumnName {
    Name(String),
    Number(usize),
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for ColumnName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ColumnVisitor)
    }
}

struct ColumnVisitor;

impl Visitor<'_> for ColumnVisitor {
    type Value = ColumnName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column's name, or its number from 1")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<ColumnName, E> {
        Ok(ColumnName::Name(name.to_owned()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<ColumnName, E> {
        column_number(number).map_err(E::custom)
    }
}

/// A column meant by its number.
pub(crate) fn column_number(number: i64) -> Result<ColumnName, String> {
    usize::try_from(number)
        .ok()
        .filter(|number| *number >= 1)
        .map(ColumnName::Number)
        .ok_or_else(|| format!("{number} is no column: they are counted from 1"))
}

/// The columns of a file.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    names: StringRecord,
}

impl Header {
    /// The names as the file or the mapping gives them; a nameless column is empty.
    pub(crate) fn new(names: StringRecord) -> Self {
        Self { names }
    }

    /// Columns that have numbers only.
    pub(crate) fn nameless(columns: usize) -> Self {
        Self { names: std::iter::repeat_n("", columns).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// How many columns a row must have: nameless ones at the end come from a separator at the line's end.
    pub(crate) fn needed(&self) -> usize {
        let named = (1..=self.len()).rev().find(|count| !self.names[count - 1].is_empty());
        named.unwrap_or(self.len())
    }

    /// What to call the column at `index`.
    pub(crate) fn label(&self, index: usize) -> String {
        let name = self.names.get(index).filter(|name| !name.is_empty());
        name.map_or_else(|| (index + 1).to_string(), str::to_owned)
    }

    /// The place of a column.
    ///
    /// # Errors
    /// A sentence: it is not there, or twice.
    pub(crate) fn find(&self, column: &ColumnName) -> Result<usize, String> {
        match column {
            ColumnName::Number(number) if *number <= self.len() => Ok(number - 1),
            ColumnName::Number(number) => {
                Err(format!("the file has no column {number}; it has {}", self.len()))
            }
            ColumnName::Name(name) => self.find_name(name),
        }
    }

    fn find_name(&self, name: &str) -> Result<usize, String> {
        let places = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
            self.names.iter().enumerate().filter(|(_, name)| fits(name)).map(|(index, _)| index).collect()
        };
        match places(&|other| other == name)[..] {
            [index] => return Ok(index),
            [] => {}
            [first, second, ..] => {
                return Err(format!(
                    "the file has the column {name:?} twice; name the one that is meant by its number: {} or {}",
                    first + 1,
                    second + 1
                ));
            }
        }
        let plain = |text: &str| {
            text.chars().filter(|char| char.is_alphanumeric()).collect::<String>().to_lowercase()
        };
        let alike = places(&|other| !other.is_empty() && plain(other) == plain(name));
        let meant = match alike.first().and_then(|index| self.names.get(*index)) {
            Some(alike) => format!("is {alike:?} meant?"),
            None if self.names.iter().all(str::is_empty) => {
                format!(
                    "it has {} without names: give their numbers, or their names by `file.header`",
                    self.len()
                )
            }
            None => format!("it has {}", self.names.iter().map(shown).collect::<Vec<_>>().join(", ")),
        };
        Err(format!("the file has no column {name:?}; {meant}"))
    }

    /// What the mapping should say if the header is one long name.
    pub(crate) fn way_out(&self, delimiter: char) -> Option<String> {
        let first = self.names.get(0)?;
        if let Some(rest) = first.strip_prefix("sep=") {
            let mark = written(rest.chars().next().unwrap_or(delimiter));
            return Some(format!(
                "the first line is a note for a spreadsheet: say delimiter = {mark} and skip_lines = 1"
            ));
        }
        if self.needed() != 1 {
            return None;
        }
        if first.contains(delimiter) {
            return Some("the whole header is one quoted cell: say quoted_rows = true".to_owned());
        }
        let others = [';', '\t', ',', '|'].into_iter().filter(|other| *other != delimiter);
        let most =
            others.max_by_key(|other| first.matches(*other).count()).filter(|most| first.contains(*most))?;
        Some(format!(
            "the header is one cell with {} in it: say delimiter = {}",
            written(most),
            written(most)
        ))
    }
}

/// A character as TOML writes it.
fn written(char: char) -> String {
    format!("{:?}", char.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Header {
        Header::new(StringRecord::from(names.to_vec()))
    }

    #[track_caller]
    fn check(names: &[&str], name: &str, found: Result<usize, &str>) {
        let column = name.parse().map_or_else(|_| ColumnName::Name(name.to_owned()), ColumnName::Number);
        assert_eq!(header(names).find(&column), found.map_err(str::to_owned), "{name} in {names:?}");
    }

    #[test]
    fn a_column_is_found_by_its_name_or_its_number() {
        check(&["id", "at"], "at", Ok(1));
        check(&["id", "at"], "1", Ok(0));
        check(&["id", "at"], "3", Err("the file has no column 3; it has 2"));
        check(&["id", "E-Mail"], "e mail", Err("the file has no column \"e mail\"; is \"E-Mail\" meant?"));
        check(&["id", "at"], "on", Err("the file has no column \"on\"; it has \"id\", \"at\""));
        check(
            &["id", "at", "at"],
            "at",
            Err("the file has the column \"at\" twice; name the one that is meant by its number: 2 or 3"),
        );
        check(
            &["", ""],
            "at",
            Err(
                "the file has no column \"at\"; it has 2 without names: give their numbers, or their names by \
                 `file.header`",
            ),
        );
    }

    #[test]
    fn a_wrong_separator_is_recognised_by_the_header() {
        let way_out = |name: &str| header(&[name]).way_out(',').unwrap_or_default();
        assert_eq!(way_out("id;at;x"), "the header is one cell with \";\" in it: say delimiter = \";\"");
        assert_eq!(way_out("id\tat"), "the header is one cell with \"\\t\" in it: say delimiter = \"\\t\"");
        assert_eq!(way_out("id,at"), "the whole header is one quoted cell: say quoted_rows = true");
        assert_eq!(
            way_out("sep=;"),
            "the first line is a note for a spreadsheet: say delimiter = \";\" and skip_lines = 1"
        );
        assert_eq!(way_out("id"), "");
    }
}
