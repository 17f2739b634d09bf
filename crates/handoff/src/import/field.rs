//! Where a value comes from: a column, or a constant of the mapping, with what "missing" means, translations and
//! date formats. `"Email"` is short for `{ column = "Email" }`, and `3` for `{ column = 3 }`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use super::date::{DateFormat, parse_time};
use super::format::FileFormat;
use super::header::{ColumnName, Header, column_number};
use super::lookup::{LookupFields, LookupTable};
use super::row::Row;

/// A value as the mapping writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    column: Option<ColumnName>,
    lookup: Option<String>,
    constant: Option<String>,
    missing: Option<Vec<String>>,
    default: Option<String>,
    translate: BTreeMap<String, String>,
    otherwise: Option<String>,
    formats: Option<Vec<String>>,
    zone: Option<String>,
}

/// A value of a mapping, not yet bound to a file's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    written: Box<Written>,
    /// The text of the short form.
    short: Option<String>,
}

impl Field {
    /// The text, if it is a text alone and no table.
    pub(crate) fn short_form(&self) -> Option<&str> {
        self.short.as_deref()
    }

    /// Binds it to the columns that are there: every one must be, once.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong, without the field's name.
    pub(crate) fn bind(&self, places: Places<'_>) -> Result<Bound, Vec<String>> {
        let mut errors = Vec::new();
        let file = places.file;
        let source = self.origin(places).map_err(|error| errors.extend(error)).ok();
        let formats = self.written.formats.as_ref().unwrap_or(&file.date_formats);
        let formats = formats
            .iter()
            .filter_map(|text| DateFormat::from_mapping(text).map_err(|error| errors.push(error)).ok())
            .collect();
        let zone = self.written.zone.as_ref().unwrap_or(&file.zone);
        let zone = zone.parse().map_err(|_| errors.push(format!("{zone:?} is no IANA time zone"))).ok();
        match (source, zone, errors.is_empty()) {
            (Some(source), Some(zone), true) => Ok(Bound {
                source,
                missing: self.written.missing.clone().unwrap_or_else(|| file.missing.clone()),
                default: self.written.default.clone(),
                translate: self.written.translate.clone(),
                otherwise: self.written.otherwise.clone(),
                formats,
                zone,
            }),
            _ => Err(errors),
        }
    }
}

impl Field {
    fn origin(&self, places: Places<'_>) -> Result<Origin, Vec<String>> {
        let written = &self.written;
        match (&written.column, &written.constant, &written.lookup) {
            (Some(column), None, None) => {
                let index = places.header.find(column).map_err(|error| vec![error])?;
                Ok(Origin::Cell { index, column: places.header.label(index) })
            }
            (Some(column), None, Some(name)) => {
                let lookup =
                    places.lookups.get(name).ok_or_else(|| vec![format!("there is no [lookup.{name}]")])?;
                // Only a mapping whose files were not opened has none.
                let table =
                    lookup.table.clone().ok_or_else(|| vec![format!("{} was not read", lookup.file)])?;
                let index =
                    table.header.find(column).map_err(|error| vec![format!("{}: {error}", lookup.file)])?;
                Ok(Origin::Looked { by: Box::new(lookup.by.bind(places.without_lookups())?), table, index })
            }
            (None, Some(constant), None) => Ok(Origin::Constant(constant.clone())),
            _ => Err(vec!["either `column` or `constant` is needed, and not both".to_owned()]),
        }
    }
}

/// Where the columns of a mapping are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) header: &'a Header,
    pub(crate) file: &'a FileFormat,
    pub(crate) lookups: &'a BTreeMap<String, LookupFields>,
}

impl<'a> Places<'a> {
    /// For the value that is looked up: it is the row's own.
    pub(crate) fn without_lookups(self) -> Self {
        static NONE: BTreeMap<String, LookupFields> = BTreeMap::new();
        Self { lookups: &NONE, ..self }
    }
}

/// Where a bound value comes from.
#[derive(Debug, Clone)]
enum Origin {
    Cell {
        index: usize,
        column: String,
    },
    Constant(String),
    /// A cell of another file, in the row that `by` finds.
    Looked {
        by: Box<Bound>,
        table: Arc<LookupTable>,
        index: usize,
    },
}

/// A value of a mapping, bound to a header.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    source: Origin,
    missing: Vec<String>,
    default: Option<String>,
    translate: BTreeMap<String, String>,
    otherwise: Option<String>,
    formats: Vec<DateFormat>,
    zone: Tz,
}

impl Bound {
    /// The column to blame.
    pub(crate) fn column(&self) -> Option<&str> {
        match &self.source {
            Origin::Cell { column, .. } => Some(column),
            Origin::Looked { by, .. } => by.column(),
            Origin::Constant(_) => None,
        }
    }

    /// The value in a row; `None` when it is missing there, or translated to nothing.
    pub(crate) fn text<'a>(&'a self, row: Row<'a>) -> Option<&'a str> {
        let cell = match &self.source {
            Origin::Constant(constant) => return Some(constant),
            Origin::Cell { index, .. } => row.cells.get(*index).unwrap_or_default(),
            Origin::Looked { by, table, index } => {
                let found = by.text(row).and_then(|value| table.row(value));
                found.and_then(|cells| cells.get(*index)).unwrap_or_default()
            }
        };
        let value = if cell.is_empty() || self.missing.iter().any(|missing| missing == cell) {
            self.default.as_deref()?
        } else if let Some(translated) = self.translate.get(cell) {
            translated
        } else {
            self.otherwise.as_deref().unwrap_or(cell)
        };
        Some(value).filter(|value| !value.is_empty())
    }

    /// The time in a row.
    pub(crate) fn time(&self, row: Row<'_>) -> Result<Option<DateTime<Utc>>, String> {
        self.text(row).map(|text| parse_time(text, &self.formats, self.zone)).transpose()
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

/// By hand, because an untagged enum would lose the place of an error.
struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column's name or number, or a table with `column` or `constant`")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Field, E> {
        let column = Some(ColumnName::Name(name.to_owned()));
        let written = Written { column, ..Written::default() };
        Ok(Field { written: Box::new(written), short: Some(name.to_owned()) })
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Field, E> {
        let column = Some(column_number(number).map_err(E::custom)?);
        Ok(Field { written: Box::new(Written { column, ..Written::default() }), short: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
        Written::deserialize(MapAccessDeserializer::new(map))
            .map(|written| Field { written: Box::new(written), short: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Only {
        value: Field,
    }

    fn bind(mapping: &str, header: &[&str]) -> Result<Bound, Vec<String>> {
        let only: Only = toml::from_str(&format!("value = {mapping}")).unwrap();
        let header = Header::new(csv::StringRecord::from(header.to_vec()));
        let (file, lookups) = (FileFormat::default(), BTreeMap::new());
        only.value.bind(Places { header: &header, file: &file, lookups: &lookups })
    }

    fn check(mapping: &str, cell: &str, expected: Option<&str>) {
        let bound = bind(mapping, &["a"]).unwrap();
        let cells = csv::StringRecord::from(vec![cell]);
        assert_eq!(bound.text(Row { line: 2, cells: &cells }), expected, "{mapping} of {cell:?}");
    }

    #[test]
    fn a_value_is_a_cell_or_a_constant() {
        check(r#""a""#, "x", Some("x"));
        check(r#"{ column = "a" }"#, "x", Some("x"));
        check("1", "x", Some("x"));
        check("{ column = 1 }", "x", Some("x"));
        check(r#"{ constant = "B2B" }"#, "x", Some("B2B"));
    }

    #[test]
    fn missing_is_what_the_mapping_says() {
        check(r#""a""#, "", None);
        check(r#"{ column = "a", missing = ["Select", "n/a"] }"#, "Select", None);
        check(r#"{ column = "a", missing = ["Select"], default = "other" }"#, "Select", Some("other"));
        check(r#"{ column = "a" }"#, "Select", Some("Select"));
    }

    #[test]
    fn values_are_translated() {
        let mapping = r#"{ column = "a", translate = { "Google" = "google", "-" = "" } }"#;
        check(mapping, "Google", Some("google"));
        check(mapping, "-", None);
        check(mapping, "Bing", Some("Bing"));
        check(r#"{ column = "a", translate = { yes = "B2B" }, otherwise = "B2C" }"#, "no", Some("B2C"));
    }

    #[test]
    fn what_the_file_lacks_is_named() {
        let errors = bind(r#"{ column = "b", zone = "Rome", formats = ["yy"] }"#, &["a", "c"]).unwrap_err();
        insta::assert_snapshot!(errors.join("\n"), @r#"
        the file has no column "b"; it has "a", "c"
        "yy" is no format: give RFC3339, UNIX_SECONDS, UNIX_MILLIS or a pattern such as "%Y-%m-%d %H:%M:%S"
        "Rome" is no IANA time zone
        "#);
        assert_eq!(
            bind(r#"{ column = "a", constant = "x" }"#, &["a"]).unwrap_err(),
            ["either `column` or `constant` is needed, and not both"]
        );
    }
}
