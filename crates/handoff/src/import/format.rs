//! How a file is written: the mapping's `[file]`. Nothing of it is guessed; what looks like a wrong guess of ours is
//! told together with the key that says it right.

use std::fmt;

use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer};

use super::amount::NumberFormat;
use super::date::DateFormat;
use super::encoding::FileEncoding;

/// How a file is written; a field may differ in `missing`, date formats and zone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FileFormat {
    /// A name as browsers know it; a byte-order mark in the file decides over it.
    pub(crate) encoding: String,
    /// Between cells: one ASCII character.
    pub(crate) delimiter: char,
    /// Around cells: one ASCII character, or none.
    pub(crate) quote: Quote,
    /// Lines before the header, such as a title or `sep=;`.
    pub(crate) skip_lines: u64,
    /// Where the columns' names come from.
    pub(crate) header: HeaderSource,
    /// Whole rows are written as one quoted cell.
    pub(crate) quoted_rows: bool,
    /// Cells that are missing at the end of a row are empty.
    pub(crate) short_rows: bool,
    /// Values that mean "missing", besides the empty one.
    pub(crate) missing: Vec<String>,
    /// Ways of writing a time; those that fit must agree.
    pub(crate) date_formats: Vec<String>,
    /// The IANA zone of times without an offset.
    pub(crate) zone: String,
    /// Between whole units and their parts.
    pub(crate) decimal_mark: Option<char>,
    /// Between groups of three digits.
    pub(crate) thousands_mark: Option<char>,
    /// What may stand around an amount: `€`, `USD`.
    pub(crate) amount_marks: Vec<String>,
}

impl Default for FileFormat {
    fn default() -> Self {
        Self {
            encoding: "utf-8".to_owned(),
            delimiter: ',',
            quote: Quote(Some('"')),
            skip_lines: 0,
            header: HeaderSource::FirstRow,
            quoted_rows: false,
            short_rows: false,
            missing: Vec::new(),
            date_formats: vec!["RFC3339".to_owned()],
            zone: "UTC".to_owned(),
            decimal_mark: None,
            thousands_mark: None,
            amount_marks: Vec::new(),
        }
    }
}

impl FileFormat {
    /// What is wrong with it, a sentence each.
    pub(crate) fn contradictions(&self, place: &str) -> Vec<String> {
        let mut errors = Vec::new();
        let mut refuse = |wrong: bool, reason: String| {
            if wrong {
                errors.push(format!("{place}.{reason}"));
            }
        };
        let unknown = self.encoding().is_none();
        refuse(unknown, format!("encoding: {:?} is none: \"windows-1252\", \"utf-16le\" …", self.encoding));
        let separates = self.delimiter.is_ascii() && !matches!(self.delimiter, '\r' | '\n');
        refuse(!separates, "delimiter: one ASCII character is needed".to_owned());
        let quotes = self.quote.0.is_none_or(|quote| quote.is_ascii() && quote != self.delimiter);
        refuse(
            !quotes,
            "quote: one ASCII character is needed, and not the delimiter; \"\" for none".to_owned(),
        );
        let has_quote = self.quote.0.is_some();
        refuse(self.quoted_rows && !has_quote, "quoted_rows: there is no quote".to_owned());
        refuse(self.date_formats.is_empty(), "date_formats: at least one is needed".to_owned());
        errors_of(&self.date_formats, DateFormat::from_mapping, |error| {
            refuse(true, format!("date_formats: {error}"));
        });
        refuse(self.zone.parse::<Tz>().is_err(), format!("zone: {:?} is no IANA time zone", self.zone));
        let same = self.thousands_mark == Some(self.decimal_mark.unwrap_or('.'));
        refuse(
            same,
            "thousands_mark: it is the decimal mark too; say decimal_mark = \",\" or the like".to_owned(),
        );
        if let HeaderSource::Given(names) = &self.header {
            refuse(names.is_empty(), "header: a list of names needs at least one".to_owned());
        }
        errors
    }

    pub(crate) fn encoding(&self) -> Option<FileEncoding> {
        FileEncoding::from_mapping(&self.encoding)
    }

    pub(crate) fn numbers(&self) -> NumberFormat {
        NumberFormat {
            decimal_mark: self.decimal_mark,
            thousands_mark: self.thousands_mark,
            marks: self.amount_marks.clone(),
        }
    }
}

fn errors_of<T>(texts: &[String], parse: impl Fn(&str) -> Result<T, String>, told: impl FnMut(String)) {
    texts.iter().filter_map(|text| parse(text).err()).for_each(told);
}

/// The character around cells; `""` for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quote(pub(crate) Option<char>);

impl<'de> Deserialize<'de> for Quote {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (quote, None) => Ok(Self(quote)),
            _ => Err(de::Error::custom("one character is needed, or \"\" for none")),
        }
    }
}

/// Where the columns' names come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeaderSource {
    /// `true`: the first row.
    FirstRow,
    /// `false`: there are none, and columns are meant by their numbers.
    Nowhere,
    /// A list: the mapping gives them, and every row is a row of data.
    Given(Vec<String>),
}

impl<'de> Deserialize<'de> for HeaderSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = HeaderSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, or a list of the columns' names")
    }

    fn visit_bool<E: de::Error>(self, is_there: bool) -> Result<HeaderSource, E> {
        Ok(if is_there { HeaderSource::FirstRow } else { HeaderSource::Nowhere })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<HeaderSource, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(names)).map(HeaderSource::Given)
    }
}
