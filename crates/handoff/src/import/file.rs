//! A file, row by row. A byte-order mark is skipped; rows must have as many cells as the header; a row that cannot
//! be read is a problem of that row only.

use std::fmt;

use super::mapping::{Mapping, MappingError};
use super::plan::{Item, Plan};
use super::row::{Problem, Row};

/// A file that is being read.
pub struct Reader<R> {
    rows: csv::Reader<R>,
    record: csv::StringRecord,
    plan: Plan,
    columns: usize,
    failed: bool,
}

/// What came of a row.
#[derive(Debug)]
pub enum Read {
    /// Something to send.
    Item(Box<Item>),
    /// Nothing: none of its dates is there.
    Nothing,
    /// It cannot be understood.
    Problems(Vec<Problem>),
}

/// Why a file cannot be read at all.
#[derive(Debug)]
pub enum ReaderError {
    /// The mapping and the header do not fit.
    Mapping(MappingError),
    /// The file itself.
    File(csv::Error),
}

impl fmt::Display for ReaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mapping(error) => error.fmt(f),
            Self::File(error) => write!(f, "it has no header that can be read: {error}"),
        }
    }
}

impl std::error::Error for ReaderError {}

impl<R: std::io::Read> Reader<R> {
    /// Reads the header and binds the mapping to it.
    ///
    /// # Errors
    /// When there is no header, or the mapping names columns that it lacks.
    pub fn new(file: R, mapping: &Mapping) -> Result<Self, ReaderError> {
        let mut rows = csv::ReaderBuilder::new()
            // Checked by the mapping to be ASCII.
            .delimiter(u8::try_from(mapping.file.delimiter).unwrap_or(b','))
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(file);
        let header = rows.headers().map_err(ReaderError::File)?.clone();
        let plan = Plan::bind(mapping, &header).map_err(ReaderError::Mapping)?;
        Ok(Self { rows, record: csv::StringRecord::new(), plan, columns: header.len(), failed: false })
    }

    /// The mapping, bound to the header.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many bytes have been read, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.rows.position().byte()
    }

    /// The next row; `None` at the end.
    pub fn read(&mut self) -> Option<Read> {
        if self.failed {
            return None;
        }
        match self.rows.read_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => Some(self.understand()),
            Err(error) => {
                let line = error.position().map_or_else(|| self.rows.position().line(), csv::Position::line);
                // A row that is not UTF-8 is behind us; after anything else no further row can be trusted.
                let reason = match error.kind() {
                    csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8".to_owned(),
                    _ => {
                        self.failed = true;
                        format!("the file cannot be read any further: {error}")
                    }
                };
                Some(Read::Problems(vec![Problem { line, column: None, reason }]))
            }
        }
    }

    fn understand(&self) -> Read {
        let line = self.record.position().map_or(0, csv::Position::line);
        if self.record.len() != self.columns {
            let reason = format!("{} cells, but the header has {}", self.record.len(), self.columns);
            return Read::Problems(vec![Problem { line, column: None, reason }]);
        }
        match self.plan.item(Row { line, cells: &self.record }) {
            Ok(Some(item)) => Read::Item(Box::new(item)),
            Ok(None) => Read::Nothing,
            Err(problems) => Read::Problems(problems),
        }
    }
}
