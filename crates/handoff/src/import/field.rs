//! Where a value comes from: a column, or a constant of the mapping, with what "missing" means, translations and
//! date formats. `"Email"` is short for `{ column = "Email" }`.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

use super::date::{DateFormat, parse_time};
use super::mapping::FileFormat;
use super::row::Row;

/// A value as the mapping writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    column: Option<String>,
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

    /// Binds it to a header: every column must be there, once.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong, without the field's name.
    pub(crate) fn bind(&self, header: &csv::StringRecord, file: &FileFormat) -> Result<Bound, Vec<String>> {
        let mut errors = Vec::new();
        let source = match (&self.written.column, &self.written.constant) {
            (Some(column), None) => bind_column(column, header).map_err(|error| errors.push(error)).ok(),
            (None, Some(constant)) => Some(Origin::Constant(constant.clone())),
            _ => {
                errors.push("either `column` or `constant` is needed, and not both".to_owned());
                None
            }
        };
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

/// The place of `column` in the header.
pub(crate) fn bind_column(column: &str, header: &csv::StringRecord) -> Result<Origin, String> {
    let mut places = header.iter().enumerate().filter(|(_, name)| *name == column).map(|(index, _)| index);
    match (places.next(), places.next()) {
        (Some(index), None) => Ok(Origin::Cell { index, column: column.to_owned() }),
        (None, _) => Err(format!(
            "the file has no column {column:?}; it has {}",
            header.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
        )),
        (Some(_), Some(_)) => Err(format!("the file has the column {column:?} twice")),
    }
}

/// Where a bound value comes from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    Cell { index: usize, column: String },
    Constant(String),
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
            Origin::Constant(_) => None,
        }
    }

    /// The value in a row; `None` when it is missing there, or translated to nothing.
    pub(crate) fn text<'a>(&'a self, row: Row<'a>) -> Option<&'a str> {
        let cell = match &self.source {
            Origin::Constant(constant) => return Some(constant),
            Origin::Cell { index, .. } => row.cells.get(*index).unwrap_or_default(),
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
        f.write_str("a column's name, or a table with `column` or `constant`")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Field, E> {
        let written = Written { column: Some(name.to_owned()), ..Written::default() };
        Ok(Field { written: Box::new(written), short: Some(name.to_owned()) })
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
        only.value.bind(&csv::StringRecord::from(header.to_vec()), &FileFormat::default())
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
        assert_eq!(bind(r#""a""#, &["a", "a"]).unwrap_err(), ["the file has the column \"a\" twice"]);
        assert_eq!(
            bind(r#"{ column = "a", constant = "x" }"#, &["a"]).unwrap_err(),
            ["either `column` or `constant` is needed, and not both"]
        );
    }
}
