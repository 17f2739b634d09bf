//! A mapping bound to a file's header, and what it makes of a row.

use std::collections::BTreeMap;
use std::sync::Arc;

use handoff_proto::qualification::v1::{ImportRequest, import_request::Subject};
use prost_types::Timestamp;

use super::entry::EntryPlan;
use super::field::{Bound, Places};
use super::header::Header;
use super::key::KeyPlan;
use super::lead::LeadPlan;
use super::lookup::{LookupFields, LookupTable, Unknown};
use super::mapping::{Kind, Mapping, MappingError};
use super::row::{Problem, Row, shown};
use crate::word::{self, Word};

/// A mapping bound to a header.
#[derive(Debug)]
pub struct Plan {
    kind: Kind,
    key: KeyPlan,
    lookups: Vec<LookupPlan>,
    lead: LeadPlan,
    entries: Vec<EntryPlan>,
    columns: Columns,
}

/// What a row tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// What is sent.
    pub request: ImportRequest,
    /// The place in the mapping of each entry of the history.
    entries: Vec<usize>,
}

/// Which column fills a field: (the entry's place in the mapping, or none for the lead; the field's last name).
type Columns = BTreeMap<(Option<usize>, String), String>;

impl Plan {
    /// Binds a mapping to a header.
    ///
    /// # Errors
    /// Every column that the file lacks, by the place in the mapping that names it.
    pub(crate) fn bind(mapping: &Mapping, header: &Header) -> Result<Self, MappingError> {
        let places = Places { header, file: &mapping.file, lookups: &mapping.lookup };
        let mut binder = Binder { places, errors: Vec::new(), entry: None, columns: Columns::new() };
        let key = KeyPlan::bind(&mapping.source, mapping.kind, &mapping.key, header)
            .map_err(|errors| binder.errors.extend(errors.iter().map(|error| format!("key: {error}"))));
        let lookups = LookupPlan::bind_all(&mapping.lookup, &mut binder);
        let lead = LeadPlan::bind(&mapping.lead, &mut binder);
        let events = mapping.activity.iter().chain(&mapping.history);
        let entries = EntryPlan::bind_all(events, mapping.kind, &mut binder);
        match key {
            Ok(key) if binder.errors.is_empty() => {
                Ok(Self { kind: mapping.kind, key, lookups, lead, entries, columns: binder.columns })
            }
            _ => Err(MappingError(binder.errors)),
        }
    }

    /// What a row tells; `None` when it tells nothing (a history none of whose dates is there).
    pub(crate) fn item(&self, row: Row<'_>) -> Result<Option<Item>, Vec<Problem>> {
        let mut cells = Cells { row, problems: Vec::new() };
        let source_key = self.key.of(row).unwrap_or_else(|problem| {
            cells.problems.push(problem);
            String::new()
        });
        self.lookups.iter().for_each(|lookup| lookup.check(&mut cells));
        let mut request = ImportRequest { source_key, ..ImportRequest::default() };
        if self.kind == Kind::Leads {
            let (lead, captured) = self.lead.described(&mut cells);
            request.subject = Some(Subject::Lead(lead));
            request.capture_time = captured;
        } else {
            request.subject = Some(Subject::LeadRef(self.lead.referred(&mut cells)));
        }
        let mut entries = Vec::new();
        for (place, plan) in self.entries.iter().enumerate() {
            if let Some(entry) = plan.entry(&request.source_key, &mut cells) {
                request.history.push(entry);
                entries.push(place);
            }
        }
        if !cells.problems.is_empty() {
            return Err(cells.problems);
        }
        if self.kind != Kind::Leads && entries.is_empty() {
            return Ok(None);
        }
        Ok(Some(Item { line: row.line, request, entries }))
    }

    /// The column behind a path that the service refused, such as `history[2].assigned.owner`.
    pub fn column_of(&self, item: &Item, path: &str) -> Option<&str> {
        let entry = match path.strip_prefix("history[") {
            Some(rest) => Some(*item.entries.get(rest.split(']').next()?.parse::<usize>().ok()?)?),
            None => None,
        };
        let name = path.trim_end_matches(']').rsplit(['.', '[']).next()?;
        let name = match name {
            "occur_time" => "at",
            "capture_time" => "captured",
            other => other,
        };
        self.columns.get(&(entry, name.to_owned())).map(String::as_str)
    }
}

/// A look-up that every row must pass.
#[derive(Debug)]
struct LookupPlan {
    by: Bound,
    table: Arc<LookupTable>,
}

impl LookupPlan {
    fn bind_all(lookups: &BTreeMap<String, LookupFields>, binder: &mut Binder<'_>) -> Vec<Self> {
        let strict = lookups.iter().filter(|(_, lookup)| lookup.unknown == Unknown::Refuse);
        let plan = |(name, lookup): (&String, &LookupFields)| {
            let by = binder.bind(&format!("lookup.{name}"), "by", &Some(lookup.by.clone()))?;
            Some(Self { by, table: lookup.table.clone()? })
        };
        strict.filter_map(plan).collect()
    }

    fn check(&self, cells: &mut Cells<'_>) {
        let missing = self.by.text(cells.row).filter(|value| self.table.row(value).is_none());
        if let Some(value) = missing {
            let reason = format!("{} is not in {}", shown(value), self.table.place);
            cells.refuse(self.by.column(), reason);
        }
    }
}

/// Gathers what is wrong with a mapping for a header, and which column fills what.
pub(crate) struct Binder<'a> {
    pub(crate) places: Places<'a>,
    pub(crate) errors: Vec<String>,
    /// The entry that is being bound.
    pub(crate) entry: Option<usize>,
    columns: Columns,
}

impl Binder<'_> {
    pub(crate) fn bind(
        &mut self,
        place: &str,
        name: &str,
        field: &Option<super::field::Field>,
    ) -> Option<Bound> {
        match field.as_ref()?.bind(self.places) {
            Ok(bound) => {
                if let Some(column) = bound.column() {
                    self.columns.insert((self.entry, name.to_owned()), column.to_owned());
                }
                Some(bound)
            }
            Err(errors) => {
                self.errors.extend(errors.iter().map(|error| format!("{place}.{name}: {error}")));
                None
            }
        }
    }

    pub(crate) fn bind_map(
        &mut self,
        place: &str,
        fields: &BTreeMap<String, super::field::Field>,
    ) -> Vec<(String, Bound)> {
        let bound = fields.iter().map(|(name, field)| (name, self.bind(place, name, &Some(field.clone()))));
        bound.filter_map(|(name, bound)| Some((name.clone(), bound?))).collect()
    }
}

/// Reads a row's cells and gathers what is wrong with them.
pub(crate) struct Cells<'a> {
    row: Row<'a>,
    problems: Vec<Problem>,
}

impl<'a> Cells<'a> {
    pub(crate) fn row(&self) -> Row<'a> {
        self.row
    }

    pub(crate) fn refuse(&mut self, column: Option<&str>, reason: String) {
        self.problems.push(Problem { line: self.row.line, column: column.map(str::to_owned), reason });
    }

    /// The text; empty when it is missing.
    pub(crate) fn text(&self, field: &Option<Bound>) -> String {
        field.as_ref().and_then(|field| field.text(self.row)).unwrap_or_default().to_owned()
    }

    pub(crate) fn texts(&self, fields: &[(String, Bound)]) -> BTreeMap<String, String> {
        let present =
            |(name, field): &(String, Bound)| Some((name.clone(), field.text(self.row)?.to_owned()));
        fields.iter().filter_map(present).collect()
    }

    pub(crate) fn required_text(&mut self, field: &Bound) -> String {
        field.text(self.row).map(str::to_owned).unwrap_or_else(|| {
            self.refuse(field.column(), "a value is needed".to_owned());
            String::new()
        })
    }

    pub(crate) fn word<T: Word>(&mut self, field: &Option<Bound>) -> T {
        self.parsed(field, word::parse::<T>).unwrap_or_default()
    }

    /// What `parse` makes of the text, if there is one.
    pub(crate) fn parsed<T>(
        &mut self,
        field: &Option<Bound>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let field = field.as_ref()?;
        parse(field.text(self.row)?).map_err(|reason| self.refuse(field.column(), reason)).ok()
    }

    pub(crate) fn time(&mut self, field: &Bound) -> Option<Timestamp> {
        let time = field.time(self.row).unwrap_or_else(|reason| {
            self.refuse(field.column(), reason);
            None
        })?;
        Some(Timestamp { seconds: time.timestamp(), nanos: time.timestamp_subsec_nanos().cast_signed() })
    }

    pub(crate) fn required_time(&mut self, field: &Option<Bound>) -> Option<Timestamp> {
        let field = field.as_ref()?;
        if field.text(self.row).is_none() {
            self.refuse(field.column(), "a time is needed".to_owned());
        }
        self.time(field)
    }
}
