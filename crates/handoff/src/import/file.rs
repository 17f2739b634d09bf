//! A file, row by row. A row that cannot be read is a problem of that row only; what the mapping does not say about how
//! the file is written is refused, with the line, the column and the key that would say it.

use std::fmt;
use std::io;

use csv::{ByteRecord, StringRecord};

use super::encoding::Decoded;
use super::format::{FileFormat, HeaderSource};
use super::header::Header;
use super::mapping::{Mapping, MappingError};
use super::plan::{Item, Plan};
use super::record::{Lines, Records};
use super::row::{Problem, Row, shown};

/// A file that is being read.
pub struct Reader<R> {
    table: Table<R>,
    plan: Plan,
}

/// What came of a row.
#[derive(Debug)]
pub enum Read {
    /// Something to send.
    Item(Box<Item>),
    /// Nothing: it is empty, or none of its dates is there.
    Nothing,
    /// It cannot be understood.
    Problems(Vec<Problem>),
}

/// Why a file cannot be read at all.
#[derive(Debug)]
pub enum ReaderError {
    /// The mapping and the header do not fit.
    Mapping(MappingError),
    /// The header cannot be read.
    Header(Problem),
    /// The file itself.
    File(io::Error),
    /// There is nothing in it.
    Empty,
}

impl fmt::Display for ReaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mapping(error) => error.fmt(f),
            Self::Header(problem) => problem.fmt(f),
            Self::File(error) => write!(f, "it cannot be read: {error}"),
            Self::Empty => f.write_str("it is empty: not even a header is there"),
        }
    }
}

impl std::error::Error for ReaderError {}

impl<R: io::Read> Reader<R> {
    /// Reads the header and binds the mapping to it.
    ///
    /// # Errors
    /// When there is no header, or the mapping names columns that it lacks.
    pub fn new(file: R, mapping: &Mapping) -> Result<Self, ReaderError> {
        let table = Table::new(file, &mapping.file)?;
        let plan = Plan::bind(mapping, &table.header).map_err(|MappingError(mut errors)| {
            // One wrong separator is a mistake for every column; the way out comes first.
            if let Some(way_out) = table.header.way_out(mapping.file.delimiter) {
                errors.insert(0, format!("file: {way_out}"));
            }
            ReaderError::Mapping(MappingError(errors))
        })?;
        Ok(Self { table, plan })
    }

    /// The mapping, bound to the header.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many bytes have been read, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.table.records.get_ref().bytes_read()
    }

    /// The next row; `None` at the end.
    pub fn read(&mut self) -> Option<Read> {
        Some(match self.table.read()? {
            Err(problem) => Read::Problems(vec![problem]),
            Ok((_, None)) => Read::Nothing,
            Ok((line, Some(cells))) => match self.plan.item(Row { line, cells: &cells }) {
                Ok(Some(item)) => Read::Item(Box::new(item)),
                Ok(None) => Read::Nothing,
                Err(problems) => Read::Problems(each_once(problems)),
            },
        })
    }
}

/// Two fields that are read from one cell have the same to say of it.
fn each_once(problems: Vec<Problem>) -> Vec<Problem> {
    let mut told = Vec::with_capacity(problems.len());
    for problem in problems {
        if !told.contains(&problem) {
            told.push(problem);
        }
    }
    told
}

/// A file as a table: a header, and rows with as many cells.
pub(crate) struct Table<R> {
    records: Records<Decoded<R>>,
    pub(crate) header: Header,
    cells: ByteRecord,
    /// A row that was read to learn how many columns there are.
    pending: Option<Lines>,
    short_rows: bool,
    failed: bool,
}

impl<R: io::Read> Table<R> {
    pub(crate) fn new(file: R, format: &FileFormat) -> Result<Self, ReaderError> {
        // Checked by the mapping.
        let encoding = format.encoding().ok_or(ReaderError::Empty)?;
        let decoded = Decoded::new(file, encoding).map_err(ReaderError::File)?;
        let mut records = Records::new(decoded, format);
        records.skip_lines(format.skip_lines).map_err(ReaderError::File)?;
        let mut cells = ByteRecord::new();
        let mut pending = None;
        let header = match &format.header {
            HeaderSource::Given(names) => Header::new(names.iter().map(|name| name.trim()).collect()),
            HeaderSource::FirstRow | HeaderSource::Nowhere => {
                let lines = records.read(&mut cells).map_err(|broken| {
                    let (line, reason) = (broken.line(), broken.reason());
                    ReaderError::Header(Problem { line, column: None, reason })
                })?;
                let lines = lines.ok_or(ReaderError::Empty)?;
                if format.header == HeaderSource::Nowhere {
                    pending = Some(lines);
                    Header::nameless(cells.len())
                } else {
                    let nameless = Header::nameless(cells.len());
                    let names = texts(std::mem::take(&mut cells), lines, &nameless, records.get_ref());
                    Header::new(names.map_err(ReaderError::Header)?)
                }
            }
        };
        Ok(Self { records, header, cells, pending, short_rows: format.short_rows, failed: false })
    }

    /// The next row and its line; no cells if all of them are empty; `None` at the end.
    pub(crate) fn read(&mut self) -> Option<Result<(u64, Option<StringRecord>), Problem>> {
        if self.failed {
            return None;
        }
        let lines = match self.pending.take().map(Some).map_or_else(|| self.records.read(&mut self.cells), Ok)
        {
            Ok(lines) => lines?,
            Err(broken) => {
                self.failed = true;
                let (line, reason) = (broken.line(), broken.reason());
                return Some(Err(Problem { line, column: None, reason }));
            }
        };
        Some(self.fitted(lines).map(|cells| (lines.first, cells)))
    }

    /// The cells, as many as the header has.
    fn fitted(&mut self, lines: Lines) -> Result<Option<StringRecord>, Problem> {
        let mut cells = std::mem::take(&mut self.cells);
        if cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
            return Ok(None);
        }
        let columns = self.header.len();
        let surplus = cells.iter().skip(columns).position(|cell| !cell.trim_ascii().is_empty());
        let too_short = cells.len() < if self.short_rows { 0 } else { self.header.needed() };
        let mut wrong = None;
        if lines.is_torn {
            let reason = "text follows a quote that ends a cell; a quote within a cell is written twice";
            wrong = Some(reason.to_owned());
        } else if let Some(surplus) = surplus {
            let place = columns + surplus;
            let cell = String::from_utf8_lossy(cells.get(place).unwrap_or_default()).into_owned();
            wrong = Some(format!(
                "cell {} ({}) lies beyond the {columns} columns of the header; a cell that holds the separator must \
                 stand in quotes",
                place + 1,
                shown(&cell)
            ));
        } else if too_short {
            wrong = Some(format!(
                "{} cells, but the header has {columns}; if cells that are missing at the end are empty, say \
                 short_rows = true",
                cells.len()
            ));
        }
        if let Some(mut reason) = wrong {
            if lines.last > lines.first {
                reason.push_str(&format!(
                    ". The row reaches to line {}, because quoted cells may hold line breaks: is a quote in it not closed?",
                    lines.last
                ));
            }
            return Err(Problem { line: lines.first, column: None, reason });
        }
        cells.truncate(columns);
        while cells.len() < columns {
            cells.push_field(b"");
        }
        texts(cells, lines, &self.header, self.records.get_ref()).map(Some)
    }
}

/// The cells as trimmed texts; the first that is none is told.
fn texts<R: io::Read>(
    cells: ByteRecord,
    lines: Lines,
    header: &Header,
    file: &Decoded<R>,
) -> Result<StringRecord, Problem> {
    let refuse = |index: usize, reason: String| Problem {
        line: lines.first,
        column: Some(header.label(index)),
        reason,
    };
    let mut texts = StringRecord::from_byte_record(cells).map_err(|error| {
        let index = error.utf8_error().field();
        let cells = error.into_byte_record();
        let cell = cells.get(index).unwrap_or_default();
        let byte = cell.utf8_chunks().find_map(|chunk| chunk.invalid().first().copied()).unwrap_or_default();
        let reason = format!(
            "the byte 0x{byte:02X} is not UTF-8; if the file is in another encoding, say which: \
             encoding = \"windows-1252\""
        );
        refuse(index, reason)
    })?;
    texts.trim();
    for (index, text) in texts.iter().enumerate() {
        if text.contains('\0') {
            let way_out =
                "a NUL byte, which no text holds; a file of UTF-16 says so: encoding = \"utf-16le\"";
            return Err(refuse(index, way_out.to_owned()));
        }
        if let Some(encoding) = file.decoded_from().filter(|_| text.contains('\u{fffd}')) {
            return Err(refuse(index, format!("{} is not {encoding} throughout", shown(text))));
        }
    }
    Ok(texts)
}
