//! Source keys: what makes a row the same row when its file is imported again.

use sha2::{Digest, Sha256};

use super::header::{ColumnName, Header};
use super::mapping::Kind;
use super::row::{Problem, Row};

/// The longest key that is kept readable: entries append to it, and the API's limit is 400 characters.
const KEY_CHARS_MAX: usize = 160;

/// How rows get their key.
#[derive(Debug, Clone)]
pub(crate) struct KeyPlan {
    /// `olist/leads/`: two files about the same leads must not share keys.
    prefix: String,
    /// The columns; the whole row when there are none.
    columns: Vec<(usize, String)>,
}

impl KeyPlan {
    /// Binds a mapping's key columns to a header.
    pub(crate) fn bind(
        source: &str,
        kind: Kind,
        columns: &[ColumnName],
        header: &Header,
    ) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let mut bound = Vec::new();
        for column in columns {
            match header.find(column) {
                Ok(index) => bound.push((index, header.label(index))),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            Ok(Self { prefix: format!("{source}/{kind}/"), columns: bound })
        } else {
            Err(errors)
        }
    }

    /// The key of a row.
    pub(crate) fn of(&self, row: Row<'_>) -> Result<String, Problem> {
        if self.columns.is_empty() {
            return Ok(self.hashed(row.cells.iter()));
        }
        let mut values = Vec::new();
        for (index, column) in &self.columns {
            let value = row.cells.get(*index).unwrap_or_default();
            if value.is_empty() {
                let reason = "a key column must not be empty".to_owned();
                return Err(Problem { line: row.line, column: Some(column.clone()), reason });
            }
            values.push(value);
        }
        // A slash within a value would let two rows share a key.
        let readable = !values.iter().any(|value| value.contains('/'));
        let key = format!("{}{}", self.prefix, values.join("/"));
        let key = if readable && key.chars().count() <= KEY_CHARS_MAX {
            key
        } else {
            self.hashed(values.into_iter())
        };
        Ok(key)
    }

    /// A key of the values' SHA-256, each with its length before it, so that a moved border is another row.
    fn hashed<'a>(&self, values: impl Iterator<Item = &'a str>) -> String {
        let mut hash = Sha256::new();
        for value in values {
            hash.update((value.len() as u64).to_be_bytes());
            hash.update(value.as_bytes());
        }
        let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}sha256:{digest}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(columns: &[&str], cells: &[&str]) -> Result<String, Problem> {
        let columns: Vec<_> = columns.iter().map(|&column| ColumnName::Name(column.to_owned())).collect();
        let header = Header::new(csv::StringRecord::from(vec!["id", "part", "x"]));
        let plan = KeyPlan::bind("crm", Kind::Leads, &columns, &header).unwrap();
        plan.of(Row { line: 2, cells: &csv::StringRecord::from(cells.to_vec()) })
    }

    #[test]
    fn key_columns_stay_readable() {
        assert_eq!(key(&["id", "part"], &["7", "b", ""]).unwrap(), "crm/leads/7/b");
    }

    #[test]
    fn an_empty_key_column_is_refused() {
        let problem = key(&["id", "part"], &["7", "", ""]).unwrap_err();
        assert_eq!(problem.to_string(), "2: column \"part\": a key column must not be empty");
    }

    #[test]
    fn different_rows_never_share_a_key() {
        let hashed = key(&[], &["a", "bc", ""]).unwrap();
        assert!(hashed.starts_with("crm/leads/sha256:"), "{hashed}");
        assert_eq!(hashed, key(&[], &["a", "bc", ""]).unwrap());
        assert_ne!(hashed, key(&[], &["ab", "c", ""]).unwrap());
        assert_ne!(
            key(&["id", "part"], &["a/b", "c", ""]).unwrap(),
            key(&["id", "part"], &["a", "b/c", ""]).unwrap()
        );
    }

    #[test]
    fn a_long_key_is_hashed() {
        let key = key(&["id"], &[&"x".repeat(500), "", ""]).unwrap();
        assert!(key.len() < 100, "{key}");
    }
}
