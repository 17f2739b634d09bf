//! A text file as rows of cells, each with the line on which it begins. Cells are bytes: what they mean is for others to
//! say. A quote that is never closed is an error, and not a cell that holds the rest of the file.

use std::io::{self, BufRead, BufReader, Read};

use csv::ByteRecord;
use csv_core::ReadRecordResult;

use super::format::FileFormat;

/// The longest row. No item of the API is as long, so that a longer one is a quote that was not closed.
pub(crate) const ROW_BYTES_MAX: usize = 1024 * 1024;

/// Why no further row can be read.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The file itself.
    File { line: u64, error: io::Error },
    /// A quote is open at the end of the file.
    OpenQuote { line: u64 },
    /// More than [`ROW_BYTES_MAX`].
    TooLong { line: u64 },
}

impl Broken {
    /// The line on which the row begins that cannot be read.
    pub(crate) fn line(&self) -> u64 {
        match self {
            Self::File { line, .. } | Self::OpenQuote { line } | Self::TooLong { line } => *line,
        }
    }

    /// What is wrong.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::File { error, .. } => format!("the file cannot be read any further: {error}"),
            Self::OpenQuote { .. } => {
                "a quote is opened in this row and never closed; nothing after it was read. \
                 If quotes are ordinary characters in this file, say so: quote = \"\""
                    .to_owned()
            }
            Self::TooLong { .. } => {
                "the row is longer than 1 MiB; nothing after it was read. Is a quote in it not \
                 closed? If quotes are ordinary characters in this file, say so: quote = \"\""
                    .to_owned()
            }
        }
    }
}

/// The lines of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Where it begins, from 1.
    pub(crate) first: u64,
    /// Where it ends: another line if a cell holds line breaks.
    pub(crate) last: u64,
    /// Text follows a quote that ends a cell: most likely a quote was not closed, and this one opens the next cell.
    pub(crate) is_torn: bool,
}

/// A file that is read row by row.
pub(crate) struct Records<R> {
    input: BufReader<R>,
    splitter: Splitter,
    /// For rows that are written as one cell.
    inner: Option<Splitter>,
    line: u64,
    after_return: bool,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(input: R, format: &FileFormat) -> Self {
        Self {
            input: BufReader::new(input),
            splitter: Splitter::new(format),
            inner: format.quoted_rows.then(|| Splitter::new(format)),
            line: 1,
            after_return: false,
        }
    }

    pub(crate) fn get_ref(&self) -> &R {
        self.input.get_ref()
    }

    /// Passes over lines as they stand, without looking for quotes.
    pub(crate) fn skip_lines(&mut self, count: u64) -> io::Result<()> {
        let end = self.line + count;
        while self.line < end {
            let buffer = self.input.fill_buf()?;
            let Some(byte) = buffer.first().copied() else { return Ok(()) };
            self.pass(&[byte]);
            self.input.consume(1);
            // The second half of a line end belongs to it.
            if self.line == end && byte == b'\r' && self.input.fill_buf()?.first() == Some(&b'\n') {
                self.pass(b"\n");
                self.input.consume(1);
            }
        }
        Ok(())
    }

    /// The next row's cells; `None` at the end. Empty lines are no rows.
    pub(crate) fn read(&mut self, cells: &mut ByteRecord) -> Result<Option<Lines>, Broken> {
        let Some(lines) = self.next_row()? else { return Ok(None) };
        self.splitter.cells(cells);
        if let Some(inner) = &mut self.inner {
            // Only the rows that needed quotes may have got them, and a spreadsheet adds its own separators behind.
            let whole = cells.iter().skip(1).all(<[u8]>::is_empty).then(|| cells.get(0)).flatten();
            if whole.is_some_and(|whole| inner.split(whole)) {
                inner.cells(cells);
            }
        }
        Ok(Some(lines))
    }

    fn next_row(&mut self) -> Result<Option<Lines>, Broken> {
        let file = |line: u64| move |error| Broken::File { line, error };
        loop {
            let buffer = self.input.fill_buf().map_err(file(self.line))?;
            match buffer.first().copied() {
                None => return Ok(None),
                Some(byte @ (b'\r' | b'\n')) => {
                    self.pass(&[byte]);
                    self.input.consume(1);
                }
                Some(_) => break,
            }
        }
        let line = self.line;
        self.splitter.begin();
        loop {
            let buffer = self.input.fill_buf().map_err(file(line))?;
            // The last row may have no line end; that it ends where one would be shows that its quotes are closed.
            let (input, at_end) = if buffer.is_empty() { (&b"\n"[..], true) } else { (buffer, false) };
            let (read, is_whole) = self.splitter.feed(input);
            let mut last = self.line;
            if !at_end {
                let passed = &buffer[..read];
                let before_end = passed.len() - usize::from(is_whole);
                (self.line, self.after_return) = count(self.line, self.after_return, &passed[..before_end]);
                last = self.line;
                (self.line, self.after_return) = count(self.line, self.after_return, &passed[before_end..]);
                self.input.consume(read);
            }
            if self.splitter.written > ROW_BYTES_MAX {
                return Err(Broken::TooLong { line });
            }
            if is_whole {
                return Ok(Some(Lines { first: line, last, is_torn: self.splitter.place == Place::Torn }));
            }
            if at_end {
                return Err(Broken::OpenQuote { line });
            }
        }
    }

    fn pass(&mut self, bytes: &[u8]) {
        (self.line, self.after_return) = count(self.line, self.after_return, bytes);
    }
}

/// The line after `bytes`: a line ends with LF, CR, or both.
fn count(mut line: u64, mut after_return: bool, bytes: &[u8]) -> (u64, bool) {
    for byte in bytes {
        line += u64::from(*byte == b'\r' || (*byte == b'\n' && !after_return));
        after_return = *byte == b'\r';
    }
    (line, after_return)
}

/// Where in a row a byte stands. The parser is lenient about quotes; this is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Plain,
    Quoted,
    Closed,
    Torn,
}

/// Takes one row after another apart.
struct Splitter {
    parser: csv_core::Reader,
    delimiter: u8,
    quote: Option<u8>,
    place: Place,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    written: usize,
    ended: usize,
}

impl Splitter {
    fn new(format: &FileFormat) -> Self {
        // Checked by the mapping to be ASCII.
        let ascii = |char: char| u8::try_from(char).unwrap_or(b',');
        let mut builder = csv_core::ReaderBuilder::new();
        builder.delimiter(ascii(format.delimiter));
        match format.quote.0 {
            Some(quote) => builder.quote(ascii(quote)),
            None => builder.quoting(false),
        };
        Self {
            parser: builder.build(),
            delimiter: ascii(format.delimiter),
            quote: format.quote.0.map(ascii),
            place: Place::Start,
            bytes: vec![0; 1024],
            ends: vec![0; 64],
            written: 0,
            ended: 0,
        }
    }

    fn begin(&mut self) {
        (self.written, self.ended) = (0, 0);
        self.place = Place::Start;
    }

    fn place_after(&self, byte: u8) -> Place {
        let is_quote = Some(byte) == self.quote;
        match self.place {
            Place::Torn => Place::Torn,
            Place::Start if is_quote => Place::Quoted,
            Place::Quoted if !is_quote => Place::Quoted,
            Place::Quoted => Place::Closed,
            // A quote within a cell is written twice.
            Place::Closed if is_quote => Place::Quoted,
            _ if byte == self.delimiter => Place::Start,
            Place::Closed if !matches!(byte, b'\r' | b'\n') => Place::Torn,
            _ => Place::Plain,
        }
    }

    /// Reads on until the row or the input is at its end: how many bytes it read, and whether the row is whole.
    fn feed(&mut self, input: &[u8]) -> (usize, bool) {
        let mut read = 0;
        loop {
            let (bytes, ends) = (&mut self.bytes[self.written..], &mut self.ends[self.ended..]);
            let (result, now_read, written, ended) = self.parser.read_record(&input[read..], bytes, ends);
            for byte in &input[read..read + now_read] {
                self.place = self.place_after(*byte);
            }
            read += now_read;
            self.written += written;
            self.ended += ended;
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => return (read, true),
                ReadRecordResult::InputEmpty => return (read, false),
                ReadRecordResult::OutputFull => self.bytes.resize(2 * self.bytes.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
            }
        }
    }

    /// Takes a text apart that is one row; `false` if it is none.
    fn split(&mut self, text: &[u8]) -> bool {
        self.begin();
        self.parser.reset();
        !text.is_empty() && !self.feed(text).1 && self.feed(b"\n").1 && self.place != Place::Torn
    }

    fn cells(&self, cells: &mut ByteRecord) {
        cells.clear();
        let mut start = 0;
        for end in &self.ends[..self.ended] {
            cells.push_field(&self.bytes[start..*end]);
            start = *end;
        }
    }
}
