//! A second file whose columns belong to the rows of the first: the accounts of an export of opportunities. It is read
//! whole before the first row; one bad row in it refuses all of it, for nobody could say which rows of the export it
//! would have changed.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use csv::StringRecord;
use serde::Deserialize;

use super::field::Field;
use super::file::Table;
use super::format::FileFormat;
use super::header::{ColumnName, Header};
use super::row::{Problem, shown};

/// `[lookup.NAME]` of a mapping.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookupFields {
    /// The file; it lies beside the export unless its path is absolute.
    pub(crate) file: String,
    /// The column of that file by which a row is found.
    key: ColumnName,
    /// The value of an export's row that is looked for.
    pub(crate) by: Field,
    /// What a value means that is not there.
    #[serde(default)]
    pub(crate) unknown: Unknown,
    /// How the file is written; as the export unless given.
    pub(crate) format: Option<FileFormat>,
    /// What was read.
    #[serde(skip)]
    pub(crate) table: Option<Arc<LookupTable>>,
}

/// What is done with a row whose value is not in the file. A row without a value is never looked up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unknown {
    /// It is refused.
    #[default]
    Refuse,
    /// All columns of the file are missing.
    Missing,
}

/// A file to look up in.
#[derive(Debug)]
pub(crate) struct LookupTable {
    pub(crate) header: Header,
    rows: HashMap<String, StringRecord>,
    /// `accounts.csv (column "account")`, for messages.
    pub(crate) place: String,
}

impl LookupFields {
    /// Reads the file, which lies in `folder`.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong, with file and line.
    pub(crate) fn open(&mut self, folder: &Path, export: &FileFormat) -> Result<(), Vec<String>> {
        let path = folder.join(&self.file);
        let file =
            File::open(&path).map_err(|error| vec![format!("cannot read {}: {error}", path.display())])?;
        self.read(file, export)
    }

    /// Reads a file's text.
    pub(crate) fn read(&mut self, file: impl std::io::Read, export: &FileFormat) -> Result<(), Vec<String>> {
        let name = &self.file;
        let format = self.format.as_ref().unwrap_or(export);
        let mut table = Table::new(file, format).map_err(|error| vec![format!("{name}: {error}")])?;
        let key = table.header.find(&self.key).map_err(|error| {
            let way_out = table.header.way_out(format.delimiter);
            vec![format!("{name}: {}", way_out.unwrap_or(error))]
        })?;
        let column = table.header.label(key);
        let mut rows: HashMap<String, StringRecord> = HashMap::new();
        let mut problems = Vec::new();
        let mut refuse = |problem: &Problem| problems.push(format!("{name}:{problem}"));
        while let Some(read) = table.read() {
            let (line, cells) = match read {
                Ok((line, Some(cells))) => (line, cells),
                Ok((_, None)) => continue,
                Err(problem) => {
                    refuse(&problem);
                    continue;
                }
            };
            let value = cells.get(key).unwrap_or_default().to_owned();
            let reason = if value.is_empty() {
                Some("a row to be looked up needs a value here".to_owned())
            } else {
                let twice = format!("{} stands in an earlier row too", shown(&value));
                rows.insert(value, cells).map(|_| twice)
            };
            if let Some(reason) = reason {
                refuse(&Problem { line, column: Some(column.clone()), reason });
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let place = format!("{name} (column {column:?})");
        self.table = Some(Arc::new(LookupTable { header: table.header, rows, place }));
        Ok(())
    }
}

impl LookupTable {
    /// The row of a value.
    pub(crate) fn row(&self, value: &str) -> Option<&StringRecord> {
        self.rows.get(value)
    }
}
